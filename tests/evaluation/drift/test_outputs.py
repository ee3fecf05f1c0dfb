"""Scores and quality: a planted fall is found, a rise and a steady state are not."""

import numpy as np
import pytest

from isthmus.evaluation.drift import DriftSettings, Windows, judge, measure_quality, measure_scores

WINDOWS = Windows(0, 1000, 4)


def people(rng, n=400):
    return rng.integers(0, 150, n), rng.integers(0, 4, n)


def test_quality_that_falls_is_found_and_one_that_rises_is_not():
    for now, expected in ((0.15, True), (0.3, False), (0.45, False)):
        rng = np.random.default_rng(0)
        person, window = people(rng)
        values = (rng.random(400) < np.where(window == 3, now, 0.3)).astype(float)
        values[::50] = np.nan
        measured = measure_quality("films", values, person, window, 4)
        told = ~np.isnan(values)
        means = [values[told & (window < 3)].mean(), values[told & (window == 3)].mean()]
        assert measured.shift.value == pytest.approx(1 - means[1] / means[0])
        assert judge([measured], WINDOWS).found is expected
        assert measured.words.startswith("per window 0.")


def test_scores_that_move_are_found_and_their_unit_does_not_matter():
    rng = np.random.default_rng(0)
    person, window = people(rng, 2000)
    scores = rng.normal(size=2000)
    moved = scores + 0.8 * (window == 3)
    steady = judge(list(measure_scores("films", scores, person, window, 4)), WINDOWS)
    assert [one.check for one in steady.findings] == ["scores, KS", "scores, PSI"]
    assert not steady.found
    found = judge(list(measure_scores("films", moved, person, window, 4)), WINDOWS)
    assert all(one.drift for one in found.findings)
    other_unit = judge(list(measure_scores("films", np.exp(moved), person, window, 4)), WINDOWS)
    assert [one.value for one in other_unit.findings] == [one.value for one in found.findings]


def test_false_alarms_of_scores_and_quality():
    alarms = 0
    bare = DriftSettings(scores_ks=0, scores_psi=0, quality=0)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        person, window = people(rng)
        mine = rng.normal(size=150)[person]  # a person's scores hang together
        measured = list(
            measure_scores("f", mine + rng.normal(size=400) / 3, person, window, 4, resamples=199)
        )
        measured.append(measure_quality("f", rng.random(400), person, window, 4, resamples=199))
        alarms += judge(measured, WINDOWS, bare).found
    assert alarms <= 6  # 5 % of 60 are 3; three standard errors more would be 8


def test_empty_places_and_empty_lists_are_left_out():
    found = list(measure_scores("f", np.full(5, -np.inf), np.arange(5), np.arange(5) % 4, 4))
    assert all(np.isnan(one.shift.value) for one in found)
    assert np.isnan(measure_quality("f", np.full(5, np.nan), np.arange(5), np.arange(5) % 4, 4).shift.value)
