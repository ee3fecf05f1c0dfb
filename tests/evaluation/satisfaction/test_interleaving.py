"""Team draft: fair to both, credit where it is due, a preference where there is one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction import Interleaved, credit, find_preference, team_draft, wilson_interval
from isthmus.schema import NO_ITEM

RANKINGS = st.lists(st.integers(0, 20), unique=True, max_size=12)


@given(RANKINGS, RANKINGS, st.integers(1, 15), st.integers(0, 99))
def test_a_list_of_two_teams(a, b, n, seed):
    found = team_draft(a, b, n, rng=seed)
    items = found.item_nums.tolist()
    assert len(items) == len(set(items)) == min(n, len({*a, *b}))
    for team, ranking in ((0, a), (1, b)):
        mine = [item for item, whose in zip(items, found.team.tolist(), strict=True) if whose == team]
        assert mine == sorted(mine, key=ranking.index)  # in its own order
    both_have_some = min(len(set(a) - set(b)), len(set(b) - set(a))) >= n
    if both_have_some:
        assert abs(int((found.team == 0).sum()) - int((found.team == 1).sum())) <= 1


def test_the_example_of_the_paper():
    """Rankings a b c d and b e a f: who picks first takes its best, the other its best of what is left."""
    lists = {
        tuple(team_draft([0, 1, 2, 3], [1, 4, 0, 5], 4, rng=seed).item_nums.tolist()) for seed in range(40)
    }
    assert lists == {(0, 1, 2, 4), (0, 1, 4, 2), (1, 0, 4, 2), (1, 0, 2, 4)}


def test_the_same_ranking_gives_itself_and_an_even_coin():
    lists = [team_draft(range(10), range(10), 10, rng=seed) for seed in range(400)]
    assert all(one.item_nums.tolist() == list(range(10)) for one in lists)
    assert np.mean([one.team[0] for one in lists]) == pytest.approx(0.5, abs=0.08)


def test_empty_places_are_passed_over():
    assert team_draft([3, NO_ITEM], [NO_ITEM], 5, rng=0).item_nums.tolist() == [3]
    with pytest.raises(InputError):
        team_draft([1], [2], 0, rng=0)


def test_credit():
    shown = Interleaved(np.array([5, 6, 7, 8]), np.array([0, 1, 1, 0]))
    assert credit(shown, [5]) == 1
    assert credit(shown, [6, 7, 5]) == -1
    assert credit(shown, [5, 6]) == credit(shown, []) == credit(shown, [99]) == 0


def test_preference_by_hand():
    found = find_preference([1] * 15 + [-1] * 5 + [0] * 7)
    assert (found.wins_a, found.wins_b, found.ties, found.share) == (15, 5, 7, 0.75)
    assert (found.low, found.high) == wilson_interval(15, 20)
    assert found.p == pytest.approx(2 * binom.cdf(5, 20, 0.5))
    nobody = find_preference([0, 0])
    assert np.isnan(nobody.share)
    assert nobody.p == 1.0


def simulate(taste_a, taste_b, n, seed):
    """People click each item of the list with its chance; system A ranks by one taste, B by the other."""
    rng = np.random.default_rng(seed)
    outcomes = []
    for _ in range(n):
        shown = team_draft(np.argsort(-taste_a), np.argsort(-taste_b), 6, rng=rng)
        outcomes.append(
            credit(shown, shown.item_nums[rng.random(len(shown.item_nums)) < taste_a[shown.item_nums]])
        )
    return find_preference(outcomes)


def test_the_better_system_wins_and_equal_ones_do_not():
    rng = np.random.default_rng(0)
    truth = rng.random(30) * 0.5
    worse = truth + rng.normal(0, 0.2, 30)
    better = simulate(truth, worse, 400, 1)
    assert better.low > 0.5
    assert better.p < 0.01
    found = [simulate(truth, truth, 60, seed).p for seed in range(100)]
    assert np.mean(np.array(found) < 0.05) <= 0.08
