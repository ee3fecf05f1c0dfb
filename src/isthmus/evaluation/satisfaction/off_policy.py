"""What another system would have earned, from what people did with the lists of the one that ran.

Every impression was shown with a known chance (its propensity). The other system would have shown it with
another chance; the ratio of the two is its weight. An item that the one that ran never showed tells nothing:
where weights are few and large, nothing is known, and the effective sample size says so.
"""

from dataclasses import dataclass

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.significance import interval_of, resample_means
from isthmus.schema import FloatArray, IntArray

__all__ = ["Estimate", "OffPolicy", "estimate_off_policy"]


@dataclass(frozen=True)
class Estimate:
    """Mean reward per impression, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicy:
    """Estimates of what the other system would have earned, and how far they can be trusted."""

    logged: Estimate
    """What the system that ran earned."""
    ips: Estimate
    """Inverse propensity score: unbiased, wide (horvitz-1952)."""
    snips: Estimate
    """Self-normalised: hardly biased, narrower (swaminathan-2015)."""
    dr: Estimate | None
    """Doubly robust: right where the propensities or the model of rewards are (dudik-2011); None without."""
    n: int
    effective_n: float
    """(sum of weights)^2 / sum of squares: so many impressions of its own would tell as much."""
    mean_weight: float
    """About 1 where the propensities are right and the one that ran could show all that the other would."""
    clipped: int
    """Weights cut down; cutting biases the estimates towards zero."""


def estimate_off_policy(
    rewards: FloatArray,
    propensities: FloatArray,
    chances: FloatArray,
    *,
    predicted: FloatArray | None = None,
    predicted_mean: FloatArray | None = None,
    person: IntArray | None = None,
    clip: float | None = None,
    level: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> OffPolicy:
    """Estimates from impressions (n,): what each earned, with which chance it was shown, and with which the
    other system would have shown it.

    With w = chance / propensity: IPS is the mean of w r, SNIPS the sum of w r over the sum of w. With a model
    of rewards, `predicted` for what was shown and `predicted_mean` its mean over what the other system would
    have shown, DR is the mean of predicted_mean + w (r - predicted). The model must not have learnt from
    these impressions. Weights above `clip` are cut. Intervals are bootstraps over people (efron-1993), or
    over impressions without `person` (n,). Raises InputError for lengths that differ, for chances outside
    0..1 and for propensities that are not above 0.
    """
    r, shown, other = (np.asarray(one, dtype=np.float64) for one in (rewards, propensities, chances))
    _check(r, shown, other, predicted, predicted_mean)
    full = other / shown
    w = full if clip is None else np.minimum(full, clip)
    parts = [r, w * r, w]
    if predicted is not None and predicted_mean is not None:
        parts.append(predicted_mean + w * (r - predicted))
    table = np.column_stack(parts)
    draws = resample_means(table, n=resamples, rng=seed, groups=person)
    means = [_estimate(table[:, place], draws[:, place], level) for place in (0, 1, 3) if place < len(parts)]
    return OffPolicy(
        logged=means[0],
        ips=means[1],
        snips=_ratio(table, draws, level),
        dr=means[2] if len(parts) > 3 else None,
        n=len(r),
        effective_n=float(w.sum() ** 2 / max((w**2).sum(), np.finfo(float).tiny)),
        mean_weight=float(full.mean()),
        clipped=int(np.count_nonzero(full > w)),
    )


def _check(
    rewards: FloatArray, propensities: FloatArray, chances: FloatArray,
    predicted: FloatArray | None, predicted_mean: FloatArray | None,
) -> None:  # fmt: skip
    given = [rewards, propensities, chances, *(one for one in (predicted, predicted_mean) if one is not None)]
    if len({np.shape(one) for one in given}) > 1 or rewards.ndim != 1 or len(rewards) == 0:
        raise InputError(f"impressions need one value each, not {[np.shape(one) for one in given]}")
    if (predicted is None) != (predicted_mean is None):
        raise InputError("a model of rewards needs both predicted and predicted_mean", field="predicted")
    if not ((propensities > 0) & (propensities <= 1)).all():
        raise InputError(
            "a propensity does not lie above 0 and up to 1",
            "An impression that could not be shown cannot have been.", field="propensities",
        )  # fmt: skip
    if not ((chances >= 0) & (chances <= 1)).all():
        raise InputError("a chance does not lie between 0 and 1", field="chances")


def _estimate(values: FloatArray, draws: FloatArray, level: float) -> Estimate:
    found = interval_of(values, draws, level)
    return Estimate(found.mean, found.low, found.high)


def _ratio(table: FloatArray, draws: FloatArray, level: float) -> Estimate:
    """Sum of w r over sum of w, in the data and in each draw; nan where all weights are 0."""
    earned, weight = table[:, 1].sum(), table[:, 2].sum()
    if weight == 0:
        return Estimate(np.nan, np.nan, np.nan)
    known = draws[:, 2] > 0
    low, high = np.quantile(draws[known, 1] / draws[known, 2], [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(earned / weight), float(low), float(high))
