"""Answers of people: figures by hand, intervals that cover what is true as often as they say."""

import numpy as np
import pytest
from scipy.stats import binomtest

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction import measure_csat, measure_nps, wilson_interval


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (81, 263), (1, 1)])
def test_wilson_is_that_of_scipy(successes, n):
    expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_by_hand():
    """8 of 10 at 95 %: z = 1.96, (0.8 + 0.19207) / 1.38415 -+ 1.96 sqrt(0.016 + 0.0096) / 1.38415."""
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert np.isnan(wilson_interval(0, 0)).all()
    for wrong in ((3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)):
        with pytest.raises(InputError):
            wilson_interval(*wrong)


def test_csat_by_hand():
    found = measure_csat(np.array([5, 4, 3, 2, 5, 5, 4, 1, 4, 5.0]))
    assert (found.value, found.answers, found.people) == (0.7, 10, 10)
    assert (found.low, found.high) == wilson_interval(7, 10)
    assert np.isnan(measure_csat(np.zeros(0)).value)


def test_nps_by_hand():
    """4 promoters, 3 passives, 3 detractors of 10."""
    found = measure_nps(np.array([10, 9, 9, 10, 8, 7, 7, 6, 0, 3.0]))
    assert found.value == pytest.approx(10.0)
    assert -50 < found.low < 10 < found.high < 70
    with pytest.raises(InputError, match=r"0\.\.10"):
        measure_nps(np.array([11.0]))


def test_intervals_cover_the_truth():
    """NPS of a population with 50 % promoters and 20 % detractors is 30; CSAT is 70 %."""
    covered = {"nps": 0, "csat": 0}
    for seed in range(80):
        rng = np.random.default_rng(seed)
        nps = measure_nps(rng.choice([10.0, 7.0, 2.0], 80, p=[0.5, 0.3, 0.2]))
        csat = measure_csat(rng.choice([5.0, 2.0], 80, p=[0.7, 0.3]))
        covered["nps"] += nps.low <= 30 <= nps.high
        covered["csat"] += csat.low <= 0.7 <= csat.high
    assert all(0.89 <= count / 80 <= 1.0 for count in covered.values())


def test_one_person_with_many_answers_is_one_person():
    """Ten people who each answer ten times alike are known no better than ten answers tell."""
    once = np.array([5, 5, 5, 5, 5, 5, 5, 1, 1, 1.0])
    alone = measure_csat(once)
    many = measure_csat(np.repeat(once, 10), person=np.repeat(np.arange(10), 10))
    blind = measure_csat(np.repeat(once, 10))
    assert many.people == 10
    assert many.high - many.low > 0.8 * (alone.high - alone.low)
    assert blind.high - blind.low < 0.5 * (alone.high - alone.low)
