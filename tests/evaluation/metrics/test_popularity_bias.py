"""Popularity bias by hand."""

import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.evaluation.metrics.popularity_bias import popularity_bias

SHARES = np.array([0.9, 0.7, 0.1, 0.2, 0.3])


def test_by_hand(make_lists):
    lists = make_lists(
        [[0, 1], [2, 3], [4], [], [0]],
        [{0}] * 5,
        n_items=5,
        history=[{2: 1, 4: 9}, {0: 1}, {4: 1}, {0: 1}, {}],
        popularity=SHARES,
    )
    expected = [0.8 - 0.2, 0.15 - 0.9, 0.0, np.nan, np.nan]
    np.testing.assert_allclose(popularity_bias(lists, 2), expected, atol=1e-12)
    assert popularity_bias(lists, 1)[0] == pytest.approx(0.9 - 0.2)


def test_what_was_refused_is_no_history(make_lists):
    lists = make_lists([[0]], [{0}], n_items=5, history=[{2: -1, 3: 1}], popularity=SHARES)
    assert popularity_bias(lists, 1)[0] == pytest.approx(0.9 - 0.2)


def test_needs_popularity_and_history(make_lists):
    with pytest.raises(InputError, match="popularity"):
        popularity_bias(make_lists([[1]], [{1}]), 1)
    with pytest.raises(InputError, match="history"):
        popularity_bias(make_lists([[1]], [{1}], popularity=np.ones(30)), 1)
    with pytest.raises(InputError, match="popularity of 5 items"):
        make_lists([[1]], [{1}], popularity=SHARES)
