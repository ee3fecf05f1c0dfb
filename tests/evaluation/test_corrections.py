"""Corrections against scipy, against their definitions and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from isthmus.errors import InputError
from isthmus.evaluation.corrections import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1, 1])


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.3]))
def test_holm_rejects_step_by_step(p_values, rate):
    """The paper's own procedure: from the smallest on, reject while p <= rate / (how many are left)."""
    rejected, left = set(), len(p_values)
    for place in np.argsort(p_values, kind="stable"):
        if p_values[place] * left > rate:
            break
        rejected.add(int(place))
        left -= 1
    assert set(np.flatnonzero(holm(p_values) <= rate).tolist()) == rejected


@given(P_VALUES)
def test_benjamini_hochberg_is_that_of_scipy(p_values):
    np.testing.assert_allclose(benjamini_hochberg(p_values), false_discovery_control(p_values))


@given(P_VALUES)
def test_neither_makes_anything_surer(p_values):
    assert (holm(p_values) >= benjamini_hochberg(p_values) - 1e-15).all()
    assert (benjamini_hochberg(p_values) >= np.array(p_values)).all()


def test_nothing_asked_nothing_said():
    assert holm([]).shape == benjamini_hochberg([]).shape == (0,)


@pytest.mark.parametrize("wrong", [[1.2], [-0.1], [np.nan], [[0.1]]])
def test_refuses(wrong):
    for correct in (holm, benjamini_hochberg):
        with pytest.raises(InputError, match="p-values"):
            correct(wrong)
