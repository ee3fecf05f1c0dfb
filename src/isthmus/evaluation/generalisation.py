"""Do choices made on one pair of platforms hold on another? Chosen here, applied there unchanged."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np

from isthmus.errors import SettingsError
from isthmus.evaluation.metrics import Lists, Metric, parse_metric
from isthmus.evaluation.significance import PairedInterval, paired_bootstrap
from isthmus.evaluation.split import Cases, Split
from isthmus.models.base import Recommender
from isthmus.schema import FloatArray

__all__ = ["Applied", "Generalisation", "generalise"]


@dataclass(frozen=True)
class Applied:
    """What the choice is worth in a scenario, on its test."""

    scenario: str
    value: float
    """Mean of the metric with what was chosen elsewhere."""
    own_choice: str
    """What this scenario's own validation would have chosen."""
    own_value: float
    against_own: PairedInterval
    """The choice made elsewhere against the one made here, on the same people."""


@dataclass(frozen=True)
class Generalisation:
    """Which settings one scenario chose, and how they did in the others."""

    metric: str
    chosen_on: str
    chosen: str
    validation: Mapping[str, float]
    """Mean of the metric of every choice on the validation of `chosen_on`."""
    applied: tuple[Applied, ...]
    """Of every other scenario."""


def generalise(
    choices: Mapping[str, Recommender],
    scenarios: Mapping[str, Split],
    chosen_on: str,
    *,
    metric: str = "ndcg@10",
    seed: int = 0,
) -> Generalisation:
    """Choose the best of `choices` on the validation of one scenario and test it, unchanged, on all others.

    No test is ever chosen on: not to make the choice, nor the one that each other scenario would have made.
    The models given are left as they are. Cost is one fit per choice and scenario. Raises SettingsError where
    there is nothing to choose, no other scenario, or a scenario without validation.
    """
    if not choices or chosen_on not in scenarios or len(scenarios) < 2:
        raise SettingsError(
            "Generalising needs choices, a scenario to choose on, and another to apply them to.",
            f"Scenarios: {', '.join(scenarios)}.",
        )
    judge = parse_metric(metric)
    found = {
        name: {choice: _judge(model, split, judge, name, seed) for choice, model in choices.items()}
        for name, split in scenarios.items()
    }
    here = found[chosen_on]
    chosen = _best(here)
    applied = [_apply(name, chosen, values) for name, values in found.items() if name != chosen_on]
    validation = {choice: one.validation for choice, one in here.items()}
    return Generalisation(metric, chosen_on, chosen, validation, tuple(applied))


@dataclass(frozen=True)
class _Judged:
    validation: float
    test: FloatArray


def _judge(model: Recommender, split: Split, metric: Metric, scenario: str, seed: int) -> _Judged:
    if len(split.validation) == 0:
        raise SettingsError(f"{scenario} has no validation to choose on.", "Give its protocol a validation.")
    fitted = copy(model).fit(split.train, rng=seed)

    def values(cases: Cases) -> FloatArray:
        lists = fitted.recommend(cases.query(split.train, split.target), metric.k)
        return metric(Lists(lists.item_nums, cases.truth))

    return _Judged(float(np.nanmean(values(split.validation))), values(split.test))


def _best(found: Mapping[str, _Judged]) -> str:
    """The choice with the highest mean on validation, the first of equals."""
    return max(found, key=lambda choice: found[choice].validation)


def _apply(scenario: str, chosen: str, found: Mapping[str, _Judged]) -> Applied:
    own = _best(found)
    mine, theirs = found[chosen].test, found[own].test
    return Applied(
        scenario, float(np.nanmean(mine)), own, float(np.nanmean(theirs)), paired_bootstrap(mine, theirs)
    )
