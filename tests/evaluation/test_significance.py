"""The bootstrap against theory: its spread is that of a mean, it stays paired, and it draws whole people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.evaluation.significance import bootstrap_interval, paired_bootstrap, resample_means

Z = 1.959964


def test_interval_is_that_of_a_mean():
    values = np.random.default_rng(1).normal(5, 2, 900)
    found = bootstrap_interval(values, n=20_000)
    half = Z * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=half / 15)
    assert found.high == pytest.approx(values.mean() + half, abs=half / 15)
    assert found.n == 900


def test_level_and_seed_count():
    values = np.random.default_rng(1).normal(size=200)
    narrow, wide = bootstrap_interval(values, level=0.5), bootstrap_interval(values, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values, rng=1) != bootstrap_interval(values, rng=2)


def test_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = [
        (found := bootstrap_interval(rng.exponential(size=150), n=500, level=0.9, rng=rng)).low
        <= 1
        <= found.high
        for _ in range(300)
    ]
    assert 0.84 <= np.mean(covered) <= 0.95


def test_pairs_stay_pairs():
    rng = np.random.default_rng(2)
    person = rng.normal(10, 5, 400)  # people differ much, methods little
    a, b = person + 0.3 + rng.normal(0, 0.5, 400), person
    paired = paired_bootstrap(a, b)
    assert paired.difference == pytest.approx(np.mean(a - b))
    assert 0 < paired.low < 0.3 < paired.high < 0.4
    assert paired.ratio == pytest.approx(a.mean() / b.mean())
    assert 1 < paired.ratio_low < paired.ratio < paired.ratio_high
    assert bootstrap_interval(a).low < b.mean()  # apart, the two could not be told from each other


@given(st.lists(st.floats(-5, 5) | st.just(np.nan), min_size=1, max_size=12), st.integers(0, 99))
def test_nan_is_left_out(values, seed):
    column = np.array(values)
    found = bootstrap_interval(column, n=200, rng=seed)
    known = column[~np.isnan(column)]
    assert found.n == len(known)
    assert found.mean == pytest.approx(known.mean() if len(known) else np.nan, nan_ok=True)
    if len(known):
        assert known.min() - 1e-9 <= found.low <= found.high <= known.max() + 1e-9


def test_one_person_measured_often_is_one_person():
    values = np.random.default_rng(3).normal(size=50)
    once = bootstrap_interval(values, rng=4)
    often = bootstrap_interval(np.repeat(values, 9), rng=4, groups=np.repeat(np.arange(50), 9))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    naive = bootstrap_interval(np.repeat(values, 9), rng=4)
    assert naive.high - naive.low < (once.high - once.low) / 2


def test_pairs_of_whole_people_cover_as_often_as_they_say():
    """300 worlds of 40 people with three lists each: 90 % intervals hold the true difference of 1 that often.

    Drawing lists instead of people makes them too narrow, as three lists of a person are hardly news.
    """
    rng = np.random.default_rng(6)
    people = np.repeat(np.arange(40), 3)
    covered = {"people": [], "lists": []}
    for _ in range(300):
        b = rng.normal(5, 3, 120)
        a = b + 1 + np.repeat(rng.normal(0, 1, 40), 3) + rng.normal(0, 0.3, 120)
        for name, groups in (("people", people), ("lists", None)):
            found = paired_bootstrap(a, b, n=400, level=0.9, rng=rng, groups=groups)
            covered[name].append(found.low <= 1 <= found.high)
    assert 0.85 <= np.mean(covered["people"]) <= 0.94  # 90 % +- 2.9 standard errors, a little less for 40
    assert np.mean(covered["lists"]) < 0.75


def test_means_of_several_columns_share_their_draws():
    values = np.random.default_rng(5).normal(size=(30, 1))
    draws = resample_means(np.hstack([values, 2 * values]), n=50)
    np.testing.assert_allclose(draws[:, 1], 2 * draws[:, 0])


def test_against_a_baseline_that_is_never_right():
    paired = paired_bootstrap(np.ones(20), np.zeros(20), n=100)
    assert paired.difference == 1
    assert np.isnan(paired.ratio)
    rare = np.zeros(20)
    rare[0] = 1
    assert paired_bootstrap(np.ones(20), rare, n=1000).ratio_high == np.inf


def test_nobody():
    assert np.isnan(bootstrap_interval(np.zeros(0)).mean)
    assert paired_bootstrap(np.array([np.nan]), np.array([1.0])).n == 0


def test_refuses():
    with pytest.raises(InputError, match="level"):
        bootstrap_interval(np.ones(3), level=1)
    with pytest.raises(InputError, match="paired"):
        paired_bootstrap(np.ones(3), np.ones(4))
    with pytest.raises(InputError, match="groups"):
        bootstrap_interval(np.ones(3), groups=np.arange(2))
