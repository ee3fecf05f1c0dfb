"""AUC against sklearn, of whole rankings and of lists that end early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from isthmus.errors import InputError
from isthmus.evaluation.metrics.auc import auc

N = 12


@given(
    st.lists(st.permutations(range(N)), min_size=1, max_size=4),
    st.lists(st.sets(st.integers(0, N - 1)), min_size=4, max_size=4),
    st.integers(1, N),
)
def test_equals_sklearn_with_ties_below_the_list(make_lists, ranked, relevant, k):
    relevant = relevant[: len(ranked)]
    values = auc(make_lists(ranked, relevant, n_items=N, n_candidates=N), k)
    for value, order, right in zip(values, ranked, relevant, strict=True):
        if len(right) in (0, N):
            assert np.isnan(value)
            continue
        scores = np.zeros(N)  # what the list does not show is tied
        scores[list(order[:k])] = np.arange(k, 0, -1)
        assert value == pytest.approx(roc_auc_score([item in right for item in range(N)], scores))


def test_by_hand(make_lists):
    """Of 2 x 4 pairs: item 3 is above 2 others in the list and 1 outside; item 5, unlisted, ties with one."""
    lists = make_lists([[0, 3, 1, 2]], [{3, 5}], n_items=6, n_candidates=6)
    assert auc(lists, 4)[0] == pytest.approx((3 + 0.5) / 8)


def test_short_lists_tie_what_they_leave_out(make_lists):
    lists = make_lists([[3], []], [{3}, {3}], n=4, n_items=6, n_candidates=6)
    assert auc(lists, 4).tolist() == [1.0, 0.5]


def test_needs_the_number_of_candidates(make_lists):
    with pytest.raises(InputError, match="candidates"):
        auc(make_lists([[1]], [{1}]), 1)
