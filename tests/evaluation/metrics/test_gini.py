"""Gini index against its definition: the mean difference of all pairs of items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.evaluation.metrics.gini import gini

N = 8


@given(st.lists(st.lists(st.integers(0, N - 1), max_size=4, unique=True), min_size=1, max_size=6))
def test_is_the_mean_difference_of_all_pairs(make_lists, ranked):
    found = gini(make_lists(ranked, [{0}] * len(ranked), n=4, n_items=N, n_candidates=N), 4)
    counts = np.bincount([item for items in ranked for item in items], minlength=N).astype(float)
    assert found.shape == ()
    if counts.sum() == 0:
        assert np.isnan(found)
    else:
        apart = np.abs(counts[:, None] - counts).sum()
        assert found == pytest.approx(apart / (2 * N * N * counts.mean()))


def test_by_hand(make_lists):
    """Counts 0, 1, 3 of three candidates: (2 x 3 + 0 x 1 - 2 x 0) / (3 x 4)."""
    lists = make_lists([[2, 1], [2], [2]], [{1}] * 3, n_items=3, n_candidates=3)
    assert gini(lists, 2) == pytest.approx(6 / 12)
    assert gini(lists, 1) == pytest.approx(2 / 3)  # all places to one of three
    even = make_lists([[0], [1], [2]], [{1}] * 3, n_items=3, n_candidates=3)
    assert gini(even, 1) == 0


def test_needs_the_number_of_candidates(make_lists):
    with pytest.raises(InputError, match="candidates"):
        gini(make_lists([[1]], [{1}]), 1)
