"""Category diversity against all pairs of a list, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.evaluation.metrics.category_diversity import category_diversity

N = 10


@given(
    st.lists(st.sets(st.integers(0, 4), max_size=3), min_size=N, max_size=N),
    st.lists(st.lists(st.integers(0, N - 1), max_size=5, unique=True), min_size=1, max_size=4),
)
def test_equals_all_pairs(make_lists, categories, ranked):
    lists = make_lists(ranked, [set()] * len(ranked), n=5, n_items=N, categories=categories)
    for value, items in zip(category_diversity(lists, 5), ranked, strict=True):
        sets = [categories[item] for item in items if categories[item]]
        pairs = [
            1 - len(a & b) / np.sqrt(len(a) * len(b))
            for place, a in enumerate(sets)
            for b in sets[place + 1 :]
        ]
        assert value == pytest.approx(np.mean(pairs) if pairs else np.nan, abs=1e-12, nan_ok=True)


def test_by_hand(make_lists):
    """Pairs of {0, 1}, {1}, {2}: 1 - 1/sqrt(2), 1, 1."""
    lists = make_lists([[0, 1, 2]], [{0}], n_items=3, categories=[{0, 1}, {1}, {2}])
    assert category_diversity(lists, 3)[0] == pytest.approx((3 - 1 / np.sqrt(2)) / 3)
    assert category_diversity(lists, 2)[0] == pytest.approx(1 - 1 / np.sqrt(2))


def test_needs_categories(make_lists):
    with pytest.raises(InputError, match="categories"):
        category_diversity(make_lists([[1]], [{1}]), 1)
    with pytest.raises(InputError, match="categories of 3 items"):
        make_lists([[1]], [{1}], categories=[{0}] * 30).__class__(
            **vars(make_lists([[1]], [{1}])) | {"categories": np.zeros((3, 2))}
        )
