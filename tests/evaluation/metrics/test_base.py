"""Lists: the people one chooses keep all that is known of them; facts that do not fit are refused."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.evaluation.metrics import LOWER_IS_BETTER, METRICS
from isthmus.evaluation.metrics.base import keep_positive


@pytest.mark.parametrize("chosen", [np.array([2, 0]), np.array([True, False, True])], ids=["numbers", "mask"])
def test_some_of_the_people(make_lists, chosen):
    lists = make_lists(
        [[1, 2], [3], [4, 5]],
        [{1}, {3}, {5, 6}],
        history=[{7: 1}, {8: 1}, {9: 2}],
        categories=[{item % 3} for item in range(30)],
        popularity=np.linspace(0.1, 1, 30),
        vectors=np.eye(30, dtype=np.float32),
        n_candidates=30,
    )
    some = lists.rows(chosen)
    for name, metric in METRICS.items():
        if metric(lists, 2).ndim:
            np.testing.assert_array_equal(metric(some, 2), metric(lists, 2)[chosen], err_msg=name)
        else:
            assert metric(some, 2).shape == ()


def test_the_first_of_a_list_as_a_matrix(make_lists):
    matrix = make_lists([[4, 1], [], [2]], [set()] * 3, n_items=5).first_matrix(2)
    np.testing.assert_array_equal(matrix.toarray(), [[0, 1, 0, 0, 1], [0] * 5, [0, 0, 1, 0, 0]])


def test_only_positive_entries_are_kept():
    dense = np.array([[1.0, -2, 3], [0, 0, 0], [-1, -1, 0.5]])
    np.testing.assert_array_equal(keep_positive(csr_array(dense)).toarray(), np.maximum(dense, 0))
    positive = csr_array(np.maximum(dense, 0))
    assert keep_positive(positive) is positive


def test_a_history_of_others_is_refused(make_lists):
    with pytest.raises(InputError, match="histories of shape"):
        make_lists([[1]], [{1}], history=[{1: 1.0}]).__class__(
            np.array([[1]]), csr_array(np.ones((1, 5))), history=csr_array(np.ones((2, 5)))
        )


def test_of_what_less_is_better_is_a_metric():
    assert set(METRICS) > LOWER_IS_BETTER
