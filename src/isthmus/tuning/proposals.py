"""What to try next, from nothing but what was tried already, so that it does not matter who asks or when."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.errors import MissingExtraError
from isthmus.tuning.space import Choices, Range, Space, Values, list_points
from isthmus.tuning.trial import Trial

if TYPE_CHECKING:
    import optuna

__all__ = ["load_optuna", "propose", "to_optuna"]

_FIGURES = 4
"""Significant figures of what is tried: a setting of 17 figures reads as if they mattered."""
_ATTEMPTS = 10
"""How often to ask TPE for something that was not tried yet before anything else is taken."""
_COUNTABLE = 10_000


def propose(
    trials: Sequence[Trial], space: Space, defaults: Values | None, *, seed: int, lower: bool, budget: int
) -> Values | None:
    """Values for the next trial: first the `defaults`, then what TPE makes of `trials` (bergstra-2011).

    A space of at most `budget` points is gone through in its order instead; None where all was tried. The
    same arguments give the same values: chance starts from the seed and the number of trials, so that a
    search that was killed goes on as if it had not been.
    """
    tried = [dict(trial.values) for trial in trials]
    if not tried and defaults is not None:
        return defaults
    points = list_points(space, budget)
    if points is not None:
        return next((point for point in points if point not in tried), None)
    for attempt in range(_ATTEMPTS):
        values = _ask(trials, space, [seed, len(trials), attempt], lower)
        if values not in tried:
            return values
    left = [point for point in list_points(space, _COUNTABLE) or () if point not in tried]
    return left[len(trials) * len(left) // (len(trials) + 1)] if left else values


def load_optuna() -> Any:
    """The library Optuna (akiba-2019). Raises MissingExtraError where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingExtraError("A search for settings", "tune") from error
    return optuna


def _distributions(space: Space) -> dict[str, "optuna.distributions.BaseDistribution"]:
    """The space as Optuna has it."""
    kinds = load_optuna().distributions

    def one(tried: Range | Choices) -> Any:
        if isinstance(tried, Choices):
            return kinds.CategoricalDistribution(tried.choices)
        kind = kinds.IntDistribution if tried.whole else kinds.FloatDistribution
        return kind(tried.low, tried.high, log=tried.log)

    return {setting: one(tried) for setting, tried in space.items()}


def to_optuna(trial: Trial, space: Space) -> "optuna.trial.FrozenTrial":
    """A trial as Optuna has it; the mean after each fold is its intermediate value there."""
    optuna = load_optuna()
    means = {step: float(np.mean(trial.folds[: step + 1])) for step in range(len(trial.folds))}
    states = optuna.trial.TrialState
    state = {"finished": states.COMPLETE, "given up": states.PRUNED, "failed": states.FAIL}[trial.state]
    return optuna.trial.create_trial(
        state=state,
        value=None if trial.state == "failed" else trial.score,
        params=dict(trial.values),
        distributions=_distributions(space),
        intermediate_values=means,
        user_attrs={"folds": list(trial.folds), "seconds": trial.seconds, "error": trial.error},
    )


def _ask(trials: Sequence[Trial], space: Space, entropy: list[int], lower: bool) -> Values:
    optuna = load_optuna()
    seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed), direction="minimize" if lower else "maximize"
    )
    study.add_trials([to_optuna(trial, space) for trial in trials])
    found = study.ask(_distributions(space)).params
    return {setting: _shorten(found[setting], tried) for setting, tried in space.items()}


def _shorten(value: Any, tried: Range | Choices) -> Any:
    if isinstance(tried, Choices) or tried.whole:
        return value
    return min(max(float(f"{value:.{_FIGURES}g}"), tried.low), tried.high)
