"""Serendipity against the same sum written out, and where it must be zero or as high as precision."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.evaluation.metrics.serendipity import serendipity

N = 9
ITEMS = st.lists(st.integers(0, N - 1), max_size=4, unique=True)


@given(
    st.lists(st.tuples(ITEMS, st.sets(st.integers(0, N - 1)), ITEMS), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_equals_the_sum_written_out(make_lists, people, seed):
    vectors = np.random.default_rng(seed).normal(size=(N, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::4] = 0  # no text
    ranked, relevant, past = zip(*people, strict=True)
    history = [dict.fromkeys(items, 2.5) for items in past]
    lists = make_lists(ranked, relevant, n=4, n_items=N, history=history, vectors=vectors)
    for value, (items, right, known) in zip(serendipity(lists, 4), people, strict=True):
        known = [item for item in known if item % 4]
        if not right or not known:
            assert np.isnan(value)
            continue
        hits = [item for item in items if item in right and item % 4]
        total = sum(1 - np.mean([vectors[hit] @ vectors[item] for item in known]) for hit in hits)
        assert value == pytest.approx(total / 4, abs=1e-6)


def test_the_familiar_is_no_surprise(make_lists):
    """Item 1 is worded as the past, item 2 has nothing of it, item 3 is not even right."""
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    lists = make_lists([[1, 3], [2, 3]], [{1}, {2}], n_items=4, history=[{0: 1}, {0: 1}], vectors=vectors)
    assert serendipity(lists, 2).tolist() == [0.0, 0.5]


def test_in_pieces_it_is_the_same(make_lists, monkeypatch):
    rng = np.random.default_rng(0)
    ranked = [rng.permutation(N)[:4].tolist() for _ in range(20)]
    lists = make_lists(
        ranked, [set(items[1:3]) for items in ranked], n_items=N,
        history=[{int(rng.integers(N)): 1.0} for _ in ranked],
        vectors=rng.normal(size=(N, 3)).astype(np.float32),
    )  # fmt: skip
    whole = serendipity(lists, 4)
    monkeypatch.setattr(sys.modules[serendipity.__module__], "_CELLS", 9)
    np.testing.assert_allclose(serendipity(lists, 4), whole)


def test_needs_vectors_and_history(make_lists):
    with pytest.raises(InputError, match="vectors"):
        serendipity(make_lists([[1]], [{1}]), 1)
    with pytest.raises(InputError, match="history"):
        serendipity(make_lists([[1]], [{1}], vectors=np.ones((30, 2), np.float32)), 1)
