"""Scores and ratings against sklearn and by hand."""

import numpy as np
import pytest
import sklearn.metrics as theirs
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from isthmus.errors import InputError
from isthmus.evaluation.scores import (
    accuracy,
    area_under_curve,
    expected_calibration_error,
    f1_score,
    log_loss,
    mean_absolute_error,
    reliability,
    root_mean_squared_error,
)

SCORES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


@given(SCORES, st.floats(0, 1))
def test_interest_equals_sklearn(pairs, threshold):
    scores, taken = map(np.array, zip(*pairs, strict=True))
    yes = scores >= threshold
    assert accuracy(scores, taken, threshold=threshold) == theirs.accuracy_score(taken, yes)
    expected = theirs.f1_score(taken, yes, zero_division=0)
    assert f1_score(scores, taken, threshold=threshold) == pytest.approx(expected)
    assert log_loss(scores, taken) == pytest.approx(theirs.log_loss(taken, scores, labels=[False, True]))


@given(SCORES, st.integers(1, 12))
def test_bins_are_those_of_sklearn(pairs, bins):
    scores, taken = map(np.array, zip(*pairs, strict=True))
    found = reliability(scores, taken, bins=bins)
    assert found.n.sum() == len(pairs)
    if len(set(taken.tolist())) == 2:  # sklearn asks for both
        share, mean = calibration_curve(taken, scores, n_bins=bins)
        np.testing.assert_allclose(found.taken, share)
        np.testing.assert_allclose(found.mean_score, mean)
    error = sum(
        count / len(pairs) * abs(said - true)
        for said, true, count in zip(found.mean_score, found.taken, found.n, strict=True)
    )
    assert expected_calibration_error(scores, taken, bins=bins) == pytest.approx(error)


def test_by_hand():
    scores, taken = [0.1, 0.1, 0.8, 0.9], [0, 1, 1, 1]
    assert accuracy(scores, taken) == 3 / 4
    assert f1_score(scores, taken) == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert log_loss(scores, taken) == pytest.approx(-np.log([0.9, 0.1, 0.8, 0.9]).mean())
    # two at .1 of which half is taken, one at .8 and one at .9, both taken
    assert expected_calibration_error(scores, taken) == pytest.approx((2 * 0.4 + 0.2 + 0.1) / 4)
    assert expected_calibration_error(scores, taken, bins=1) == pytest.approx(3 / 4 - 1.9 / 4)


def test_scores_that_mean_what_they_say():
    rng = np.random.default_rng(0)
    truth = rng.random(200_000)
    taken = rng.random(200_000) < truth
    assert expected_calibration_error(truth, taken) < 0.005
    assert expected_calibration_error(truth**2, taken) == pytest.approx(1 / 6, abs=0.005)  # mean of t - t^2
    assert log_loss(truth, taken) < log_loss(truth**2, taken) < log_loss(1 - truth, taken)


def test_a_wrong_certainty_is_dear_but_finite():
    assert 30 < log_loss([0.0], [1]) < 40
    assert log_loss([1.0], [1]) < 1e-15


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=20))
def test_ratings_equal_sklearn(pairs):
    predicted, said = map(np.array, zip(*pairs, strict=True))
    absolute = theirs.mean_absolute_error(said, predicted)
    squared = theirs.root_mean_squared_error(said, predicted)
    assert mean_absolute_error(predicted, said) == pytest.approx(absolute)
    assert root_mean_squared_error(predicted, said) == pytest.approx(squared)


def test_ratings_by_hand():
    assert mean_absolute_error([3, 5, 1], [4, 5, 4]) == pytest.approx(4 / 3)
    assert root_mean_squared_error([3, 5, 1], [4, 5, 4]) == pytest.approx(np.sqrt(10 / 3))


@given(st.integers(0, 999))
def test_the_area_equals_sklearn(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, size=(5, 9)).astype(float)  # many ties
    scores[rng.random((5, 9)) < 0.2] = -np.inf
    relevant = rng.random((5, 9)) < 0.4
    for value, row, right in zip(area_under_curve(scores, relevant), scores, relevant, strict=True):
        allowed = row > -np.inf
        if len(set(right[allowed].tolist())) < 2:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(theirs.roc_auc_score(right[allowed], row[allowed]))


def test_refuses():
    for wrong in ([1.2], [-0.1], [np.nan]):
        with pytest.raises(InputError, match=r"outside of 0\.\.1"):
            accuracy(wrong, [1])
    with pytest.raises(InputError, match="0 or 1"):
        log_loss([0.5], [4])
    for scores, taken in (([], []), ([0.5], [1, 0]), ([[0.5]], [[1]])):
        with pytest.raises(InputError, match="cannot be judged"):
            f1_score(scores, taken)
    with pytest.raises(InputError, match="bin"):
        reliability([0.5], [1], bins=0)
    with pytest.raises(InputError, match="finite"):
        mean_absolute_error([np.nan], [1])
    with pytest.raises(InputError, match="cannot be judged"):
        area_under_curve(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(InputError, match="NaN"):
        area_under_curve(np.array([[np.nan]]), np.ones((1, 1)))
