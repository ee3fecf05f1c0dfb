"""When a trial is given up, and which one is best."""

import math

from isthmus.tuning import Trial
from isthmus.tuning.trial import find_best, lies_behind


def trial(*folds: float, state: str = "finished") -> Trial:
    return Trial({}, folds, state, 0.0)  # type: ignore[arg-type]


FIRST = [trial(0.1), trial(0.2), trial(0.3), trial(0.4)]


def test_behind_the_median_of_at_least_four() -> None:
    assert lies_behind([0.24], FIRST, lower=False)
    assert not lies_behind([0.25], FIRST, lower=False)
    assert not lies_behind([0.01], FIRST[:3], lower=False)
    assert lies_behind([0.26], FIRST, lower=True)


def test_only_folds_of_the_same_number_are_compared() -> None:
    """A first fold that is easy for all, and a second one that is hard for all."""
    earlier = [trial(0.9, 0.1 * number) for number in range(1, 5)]
    assert lies_behind([0.9, 0.2], earlier, lower=False)
    assert not lies_behind([0.9, 0.3], earlier, lower=False)
    given_up = [trial(0.1, state="given up")] * 9
    assert not lies_behind([0.9, 0.3], [*earlier, *given_up], lower=False)
    assert not lies_behind([0.2], given_up, lower=False)


def test_the_best_has_done_all_folds() -> None:
    trials = [
        trial(0.2, 0.2),
        trial(0.9, state="given up"),
        trial(0.3, 0.3),
        trial(0.3, 0.3),
        trial(0.1, 0.1),
    ]
    assert find_best(trials, lower=False) is trials[2]
    assert find_best(trials, lower=True) is trials[4]
    assert find_best(trials[1:2], lower=False) is None
    assert math.isnan(trial(state="failed").score)
