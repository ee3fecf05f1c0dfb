"""What is tried next depends on what was tried, the seed, and nothing else."""

import pytest

from isthmus.tuning import Choices, Range, Trial
from isthmus.tuning.proposals import propose
from isthmus.tuning.space import Space, Values

pytestmark = pytest.mark.extras
optuna = pytest.importorskip("optuna", reason="needs isthmus[tune]")

SPACE: Space = {
    "reg": Range(0.5, 2000.0, log=True),
    "k": Range(5, 500, log=True),
    "on": Choices((False, True)),
}


def go(n: int, space: Space = SPACE, *, seed: int = 0, defaults: Values | None = None) -> list[Trial]:
    """`n` trials of a landscape with one summit: reg = 30, on."""
    trials: list[Trial] = []
    for _ in range(n):
        values = propose(trials, space, defaults, seed=seed, lower=False, budget=n)
        if values is None:
            break
        reached = (1.0 if values["on"] else 0.5) - abs(values.get("reg", 30.0) - 30.0) / 2000.0
        trials.append(Trial(values, (reached,), "finished", 0.0))
    return trials


def test_the_same_question_has_the_same_answer() -> None:
    assert go(14) == go(14)
    assert go(14) != go(14, seed=1)
    assert go(14)[:9] == go(9)


def test_the_defaults_come_first() -> None:
    defaults = {"reg": 100.0, "k": 20, "on": False}
    assert go(3, defaults=defaults)[0].values == defaults


def test_values_are_in_the_space_and_short() -> None:
    for trial in go(25):
        assert all(trial.values[setting] in tried for setting, tried in SPACE.items())
        assert isinstance(trial.values["k"], int)
        assert trial.values["reg"] == float(f"{trial.values['reg']:.4g}")
    assert all(0.12345 <= trial.values["reg"] <= 0.12346
               for trial in go(5, {"reg": Range(0.12345, 0.12346), "on": Choices((True,))}))  # fmt: skip


def test_the_search_learns() -> None:
    """Late trials are better than early ones: chance alone would not be."""
    reached = [trial.score for trial in go(40)]
    assert sum(reached[-15:]) / 15 > sum(reached[:10]) / 10 + 0.1


def test_a_small_space_is_gone_through_once() -> None:
    space: Space = {"k": Range(1, 3), "on": Choices((False, True))}
    trials = go(10, space, defaults={"k": 2, "on": True})
    assert [tuple(trial.values.values()) for trial in trials] == [
        (2, True), (1, False), (1, True), (2, False), (3, False), (3, True)
    ]  # fmt: skip


def test_nothing_is_tried_twice_while_there_is_something_new() -> None:
    space: Space = {"k": Range(1, 12), "on": Choices((False, True))}
    tried = [tuple(trial.values.values()) for trial in go(16, space)]
    assert len(set(tried)) == 16
