"""Calibration against the formula of Steck (2018), category by category."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.evaluation.metrics.calibration import calibration

N = 8
ITEMS = st.lists(st.integers(0, N - 1), max_size=5, unique=True)


def mix(weights, categories):
    found = np.zeros(5)
    for item, weight in weights.items():
        for category in categories[item]:
            found[category] += weight / len(categories[item])
    return found / found.sum() if found.any() else None


@given(
    st.lists(st.sets(st.integers(0, 4), max_size=3), min_size=N, max_size=N),
    st.lists(st.tuples(ITEMS, st.dictionaries(st.integers(0, N - 1), st.floats(0.1, 9))), min_size=1),
)
def test_equals_the_formula(make_lists, categories, people):
    ranked, history = zip(*people, strict=True)
    lists = make_lists(ranked, [set()] * len(people), n=5, n_items=N, history=history, categories=categories)
    for value, (items, weights) in zip(calibration(lists, 5), people, strict=True):
        p, q = mix(weights, categories), mix(dict.fromkeys(items, 1), categories)
        if p is None or q is None:
            assert np.isnan(value)
            continue
        smoothed = 0.99 * q + 0.01 * p
        expected = sum(a * np.log(a / b) for a, b in zip(p, smoothed, strict=True) if a > 0)
        assert value == pytest.approx(expected, abs=1e-12)


def test_by_hand(make_lists):
    """70 % romance and 30 % action watched: one list keeps to it, one forgets action, one both."""
    categories = [{0}] * 7 + [{1}] * 3 + [{0}] * 7 + [{1}] * 3 + [{2}] * 10
    kept = [*range(10, 20)]
    lists = make_lists(
        [kept, kept[:7], [*range(20, 30)]],
        [{10}] * 3,
        history=[dict.fromkeys(range(10), 1.0)] * 3,
        categories=categories,
    )
    forgotten = 0.7 * np.log(0.7 / (0.99 + 0.01 * 0.7)) + 0.3 * np.log(100)
    np.testing.assert_allclose(calibration(lists, 10), [0, forgotten, np.log(100)], atol=1e-12)
    assert calibration(lists, 7)[0] == pytest.approx(forgotten)


def test_needs_categories_and_history(make_lists):
    with pytest.raises(InputError, match="categories"):
        calibration(make_lists([[1]], [{1}]), 1)
    with pytest.raises(InputError, match="history"):
        calibration(make_lists([[1]], [{1}], categories=[{0}] * 30), 1)
