"""The permutation test against scipy and by counting, and how often it cries wolf where there is none."""

import numpy as np
import pytest
from scipy.stats import permutation_test, ttest_rel

from isthmus.errors import InputError
from isthmus.evaluation.permutation import flip_signs, paired_permutation


def test_few_people_are_counted_out():
    """Of the 8 sign patterns of 1, 2, 4 only +++ and --- reach a sum of 7."""
    found = paired_permutation(np.array([1.0, 2, 4]), np.zeros(3))
    assert (found.difference, found.p_value, found.n, found.n_groups) == (pytest.approx(7 / 3), 2 / 8, 3, 3)
    # |1 + 2 - 4| = 1 is reached by all patterns
    assert paired_permutation(np.array([1.0, 2, -4]), np.zeros(3)).p_value == 1
    # of 3, -1: |2| is reached by all four; of 3, 1: |4| by two
    assert paired_permutation(np.array([3.0, 0]), np.array([0.0, 1])).p_value == 1


@pytest.mark.parametrize("shift", [0.0, 0.4, 0.8])
def test_exact_values_are_those_of_scipy(shift):
    rng = np.random.default_rng(3)
    a, b = rng.normal(shift, 1, 11), rng.normal(0, 1, 11)
    theirs = permutation_test(
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert paired_permutation(a, b).p_value == pytest.approx(theirs.pvalue)


def test_sampled_values_are_near_the_exact_ones():
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.5, 1, 13), rng.normal(0, 1, 13)
    exact = paired_permutation(a, b, n=10_000).p_value
    sampled = paired_permutation(a, b, n=8000).p_value  # 2^13 patterns are more
    assert exact == pytest.approx(np.round(exact * 2**13) / 2**13, abs=1e-12)
    assert sampled == pytest.approx(exact, abs=4 * np.sqrt(exact / 8000))


def test_many_people_agree_with_the_t_test():
    rng = np.random.default_rng(5)
    person = rng.normal(0, 5, 400)
    a, b = person + rng.normal(0.1, 1, 400), person + rng.normal(0, 1, 400)
    assert paired_permutation(a, b).p_value == pytest.approx(ttest_rel(a, b).pvalue, abs=0.015)


def test_the_smallest_value_is_never_nought():
    found = paired_permutation(np.ones(100), np.zeros(100), n=999)
    assert found.p_value == 1 / 1000


def test_what_is_equal_does_not_differ():
    rng = np.random.default_rng(0)
    same = rng.normal(size=50)
    assert paired_permutation(same, same).p_value == 1


def test_nan_is_left_out():
    a, b = np.array([1.0, np.nan, 2, 4, 9]), np.array([0.0, 5, 0, 0, np.nan])
    found = paired_permutation(a, b)
    assert (found.n, found.n_groups, found.p_value) == (3, 3, 0.25)
    nobody = paired_permutation(np.array([np.nan]), np.ones(1))
    assert (nobody.n, nobody.p_value) == (0, 1)


def test_lists_of_a_person_flip_together():
    """Three people with two lists each are three people: 2 of 8 patterns, not 2 of 64."""
    a = np.array([1.0, 2, 4, 1, 2, 4])
    assert paired_permutation(a, np.zeros(6), groups=np.array([7, 8, 9, 7, 8, 9])).p_value == 2 / 8
    assert paired_permutation(a, np.zeros(6)).p_value < 2 / 8


def test_columns_share_their_flips():
    values = np.random.default_rng(6).normal(0.2, 1, (60, 1))
    one, two, other = flip_signs(np.hstack([values, -3 * values, values**3]), n=500)
    assert one == two != other


def seeds_of_people(rng, n_people=30, n_seeds=5, spread=1.0):
    """No difference on the whole, but each person's leans one way in all seeds."""
    lean = np.repeat(rng.normal(0, spread, n_people), n_seeds)
    return lean + rng.normal(0, 0.5, n_people * n_seeds), np.repeat(np.arange(n_people), n_seeds)


def test_wrong_five_times_in_a_hundred_and_no_more():
    """400 worlds without a difference: the test that keeps people whole finds one in about 5 %.

    One that flips every list for itself finds one in over 30 %: it takes 5 seeds for 5 times the people.
    """
    rng = np.random.default_rng(7)
    whole, apart = [], []
    for _ in range(400):
        values, people = seeds_of_people(rng)
        whole.append(flip_signs(values[:, None], n=400, rng=rng, groups=people)[0])
        apart.append(flip_signs(values[:, None], n=400, rng=rng)[0])
    assert 0.025 <= np.mean(np.array(whole) <= 0.05) <= 0.08  # 5 % +- 2.8 standard errors
    assert 0.42 <= np.mean(np.array(whole) <= 0.5) <= 0.58
    assert np.mean(np.array(apart) <= 0.05) > 0.3


def test_finds_what_is_there():
    """A difference of .6 standard deviations in 30 people is found nine times in ten."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(200):
        values, people = seeds_of_people(rng)
        found.append(flip_signs(values[:, None] + 0.6, n=400, rng=rng, groups=people)[0] <= 0.05)
    assert 0.8 <= np.mean(found) <= 0.97


def test_refuses():
    with pytest.raises(InputError, match="paired"):
        paired_permutation(np.ones(3), np.ones(4))
    with pytest.raises(InputError, match="groups"):
        paired_permutation(np.ones(3), np.ones(3), groups=np.arange(2))
    with pytest.raises(InputError, match="groups"):
        flip_signs(np.ones((3, 1)), groups=np.arange(2))
