"""All methods against all others on the same people: which differences are real, all pairs taken together."""

from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import numpy as np

from isthmus.errors import InputError, SettingsError
from isthmus.evaluation.corrections import benjamini_hochberg, holm
from isthmus.evaluation.permutation import RNG, flip_signs
from isthmus.evaluation.results import PairedDifference, Report, WhichTwins
from isthmus.evaluation.significance import interval_of, resample_means
from isthmus.schema import FloatArray, IntArray

__all__ = ["Correction", "PairedDifference", "compare_all", "compare_report"]

Correction = Literal["holm", "benjamini-hochberg"]
"""Holm: the chance of even one false finding; Benjamini-Hochberg: the expected share of false ones."""


def compare_all(
    values: Mapping[str, FloatArray],
    *,
    groups: IntArray | None = None,
    error_rate: float = 0.05,
    correction: Correction = "holm",
    resamples: int = 10_000,
    rng: RNG = 0,
) -> tuple[PairedDifference, ...]:
    """Every pair of methods, those with the smallest corrected p-value first.

    `values` are (cases,) of one metric per method, the same people in the same order, the seeds one after the
    other; `groups` (cases,) says whose each is, so that whoever is asked with several seeds counts as one
    person. All pairs share their sign flips and their draws. With "holm" the chance of calling any difference
    real that is none is at most `error_rate`, however many pairs there are. Pairs without a common case are
    left out. Seeds pool people: the luck of a model with a seed counts only as far as it shows in them.
    Raises InputError where lengths differ, SettingsError for the rate or the correction.
    """
    if not 0 < error_rate < 1:
        raise SettingsError(f"error_rate must lie between 0 and 1, not {error_rate}.", "For example 0.05.")
    if correction not in ("holm", "benjamini-hochberg"):
        raise SettingsError(f"There is no correction {correction!r}.", "Use holm or benjamini-hochberg.")
    if len({np.shape(column) for column in values.values()}) > 1:
        raise InputError("methods must be measured on the same cases, in the same order")
    pairs = _ordered_pairs(values)
    if not pairs:
        return ()
    columns = np.column_stack([_difference(values, pair) for pair in pairs])
    p_values = flip_signs(columns, n=resamples, rng=rng, groups=groups)
    draws = resample_means(columns, n=resamples, rng=rng, groups=groups)
    adjusted = (holm if correction == "holm" else benjamini_hochberg)(p_values)
    found = []
    for place, (model, against) in enumerate(pairs):
        of = interval_of(columns[:, place], draws[:, place])
        p, corrected = float(p_values[place]), float(adjusted[place])
        is_real = corrected <= error_rate
        found.append(PairedDifference(model, against, of.mean, of.low, of.high, p, corrected, is_real, of.n))
    return tuple(sorted(found, key=lambda pair: (pair.adjusted, pair.p_value, -pair.difference)))


def compare_report(
    report: Report,
    metric: str,
    *,
    twins: WhichTwins | None = None,
    k: int | None = None,
    error_rate: float = 0.05,
    correction: Correction = "holm",
) -> tuple[PairedDifference, ...]:
    """`compare_all` over the models of a report, by `metric`, by default on the headline's test rows.

    With `k` only people with so many events left on the target. Raises InputError where the metric has no
    value per person or nobody has `k`, SettingsError as `compare_all` does.
    """
    which = twins or report.headline
    rows = np.ones(len(report.k), dtype=bool) if k is None else report.k == k
    values = {
        model: report.per_person[model, metric, which][rows]
        for model in report.models
        if (model, metric, which) in report.per_person
    }
    if not values or not rows.any():
        of_k = "" if k is None else f" with k={k}"
        raise InputError(f"the report has no values per person of {metric}{of_k}")
    return compare_all(
        values,
        groups=report.users[rows],
        error_rate=error_rate,
        correction=correction,
        resamples=report.resamples,
    )


def _ordered_pairs(values: Mapping[str, FloatArray]) -> list[tuple[str, str]]:
    """Pairs that share a person, the one with the higher mean over these first."""
    pairs = []
    for a, b in combinations(values, 2):
        difference = _difference(values, (a, b))
        if not np.isnan(difference).all():
            pairs.append((a, b) if np.nanmean(difference) >= 0 else (b, a))
    return pairs


def _difference(values: Mapping[str, FloatArray], pair: tuple[str, str]) -> FloatArray:
    return np.asarray(values[pair[0]], dtype=np.float64) - values[pair[1]]
