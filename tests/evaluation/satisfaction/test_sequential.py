"""Intervals that may be looked at every day: they miss the truth, at any time, no oftener than they say."""

import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction import follow_difference, follow_mean

RUNS, PEOPLE = 400, 3000
WORLDS = {
    "normal": (lambda rng: rng.normal(size=PEOPLE), 0.0),
    "one in ten": (lambda rng: (rng.random(PEOPLE) < 0.1).astype(float), 0.1),
    "one in fifty": (lambda rng: (rng.random(PEOPLE) < 0.02).astype(float), 0.02),
    "skewed": (lambda rng: rng.exponential(size=PEOPLE) ** 1.5, 1.3293403881791372),
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_truth_is_inside_at_all_times(world):
    draw, truth = WORLDS[world]
    missed = naive = 0
    for seed in range(RUNS):
        values = draw(np.random.default_rng(seed))
        found = follow_mean(values)
        missed += ((found.low > truth) | (found.high < truth)).any()
        t = np.arange(1, PEOPLE + 1)
        spread = np.sqrt(np.maximum(np.cumsum(values**2) / t - found.estimate**2, 0))
        naive += (np.abs(found.estimate - truth) > 1.96 * spread / np.sqrt(t))[99:].any()
    assert missed / RUNS <= 0.06  # 5 % and its standard error
    assert naive / RUNS > 0.3  # what looking every day at an ordinary interval comes to


def test_a_test_without_difference_is_rarely_decided_and_one_with_it_is():
    false = 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        in_b = rng.random(PEOPLE) < 0.3
        false += follow_difference((rng.random(PEOPLE) < 0.2) * 1.0, in_b, share_b=0.3).decided_at is not None
        if seed < 50:
            values = (rng.random(PEOPLE) < np.where(in_b, 0.3, 0.2)) * 1.0
            found = follow_difference(values, in_b, share_b=0.3)
            assert found.decided_at is not None
            assert found.low[-1] > 0
            assert found.low[-1] < 0.1 < found.high[-1] + 0.03
    assert false / RUNS <= 0.06


def test_the_boundary_by_hand():
    """After 100 values of spread 1 at level .95, narrowest at 100: t r^2 = 8.4095, so the half width is
    sqrt(2 * 9.4095 / (100 * 8.4095) * log(sqrt(9.4095) / .05))."""
    values = np.tile([-1.0, 1.0], 50)
    found = follow_mean(values, start=100, narrowest_at=100)
    scaled = 8.4095
    half = np.sqrt(2 * (scaled + 1) / (100 * scaled) * np.log(np.sqrt(scaled + 1) / 0.05))
    assert found.high[-1] == pytest.approx(half, rel=1e-4)
    assert np.isinf(found.high[:99]).all()
    wider = [follow_mean(values, narrowest_at=at).high[-1] for at in (10, 100, 1000)]
    assert min(wider) == wider[1]


def test_the_difference_is_unbiased_whatever_the_share():
    rng = np.random.default_rng(0)
    in_b = rng.random(200_000) < 0.1
    values = rng.normal(5.0, 1.0, 200_000) + 0.25 * in_b
    found = follow_difference(values, in_b, share_b=0.1)
    assert found.estimate[-1] == pytest.approx(0.25, abs=0.02)
    assert found.low[-1] < 0.25 < found.high[-1]
    # the mean of 5 has been taken out: what is left has the spread of the values, not of their sides
    assert found.high[-1] - found.low[-1] < 0.06


def test_what_tells_nothing_has_no_interval():
    assert np.isinf(follow_mean(np.ones(500)).high).all()
    rare = follow_mean(np.arange(500) % 100 == 0)
    assert rare.start == 501
    assert rare.decided_at is None


def test_what_it_refuses():
    for wrong in ({"level": 1.0}, {"start": 1}, {"narrowest_at": 0}):
        with pytest.raises(InputError, match="out of range"):
            follow_mean(np.zeros(5), **wrong)
    with pytest.raises(InputError, match="not a finite number"):
        follow_mean(np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="share_b"):
        follow_difference(np.zeros(3), np.zeros(3, dtype=bool), share_b=1.0)
