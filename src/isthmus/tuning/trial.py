"""A trial: some settings, and what they reached on each fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any, Literal

import numpy as np

__all__ = ["State", "Trial", "find_best", "lies_behind"]

State = Literal["finished", "given up", "failed"]

_LEAST = 4
"""Earlier trials that must have come as far before one is given up: the median of fewer is chance."""


@dataclass(frozen=True)
class Trial:
    """What was tried, and what came of it."""

    values: Mapping[str, Any]
    """Of the settings that are searched."""
    folds: tuple[float, ...]
    """The metric on each fold that was done, in their order."""
    state: State
    """finished: all folds are done; given up: the first ones told enough; failed: `error` says why."""
    seconds: float
    error: str = ""

    @property
    def score(self) -> float:
        """Mean over the folds that are done, nan where none is."""
        return fmean(self.folds) if self.folds else np.nan


def find_best(trials: Sequence[Trial], *, lower: bool) -> Trial | None:
    """The finished trial with the best score, the first of equals; None where none is finished."""
    finished = [trial for trial in trials if trial.state == "finished"]
    sign = -1 if lower else 1
    return max(finished, key=lambda trial: sign * trial.score, default=None)


def lies_behind(folds: Sequence[float], earlier: Sequence[Trial], *, lower: bool) -> bool:
    """Whether the mean of `folds` is worse than the median of what `earlier` trials had after as many.

    This is the median rule of golovin-2017. It looks at folds of the same number only, so that an easy fold
    makes nobody look good.
    """
    others = [fmean(trial.folds[: len(folds)]) for trial in earlier if len(trial.folds) >= len(folds)]
    if len(others) < _LEAST:
        return False
    sign = -1 if lower else 1
    return sign * fmean(folds) < sign * median(others)
