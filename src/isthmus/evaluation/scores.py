"""How good scores are, not lists: interest from 0 to 1 against what was taken, ratings against those given.

A list only needs scores in the right order. A score that is shown or compared with a threshold must also mean
what it says.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from isthmus.errors import InputError
from isthmus.schema import FloatArray, IntArray

__all__ = [
    "Reliability",
    "accuracy",
    "area_under_curve",
    "expected_calibration_error",
    "f1_score",
    "log_loss",
    "mean_absolute_error",
    "reliability",
    "root_mean_squared_error",
]

_LEAST = np.finfo(np.float64).eps
"""A score surer than this counts as this sure, so that one wrong certainty does not cost infinitely much."""


@dataclass(frozen=True)
class Reliability:
    """Scores in bins of equal width, of the bins that hold any: what was said beside what came true."""

    mean_score: FloatArray
    """(bins,): what was said."""
    taken: FloatArray
    """(bins,): share of them that was taken."""
    n: IntArray
    """(bins,): how many scores."""


def accuracy(scores: ArrayLike, taken: ArrayLike, *, threshold: float = 0.5) -> float:
    """Share of (n,) `scores` on the right side of the threshold; one that equals it says yes.

    `taken` (n,) is 1 or true where the item was taken. Raises InputError, as all functions here do, where
    lengths differ, nothing is given or a score is not in 0..1.
    """
    said, true = _scores(scores, taken)
    return float(((said >= threshold) == true).mean())


def f1_score(scores: ArrayLike, taken: ArrayLike, *, threshold: float = 0.5) -> float:
    """Harmonic mean of precision and recall of "score >= `threshold`", over all (n,) scores together.

    0 where nothing is both said and taken (van-rijsbergen-1979, chapter 7).
    """
    said, true = _scores(scores, taken)
    yes = said >= threshold
    both, either = int((yes & true).sum()), int(yes.sum() + true.sum())
    return 2 * both / max(1, either)


def log_loss(scores: ArrayLike, taken: ArrayLike) -> float:
    """Mean of -ln(the probability that the score gave to what happened), in nats; lower is better.

    ln 2 = .69 is what .5 everywhere costs (good-1952).
    """
    said, true = _scores(scores, taken)
    given = np.clip(np.where(true, said, 1 - said), _LEAST, 1 - _LEAST)
    return float(-np.log(given).mean())


def reliability(scores: ArrayLike, taken: ArrayLike, *, bins: int = 10) -> Reliability:
    """What was said beside what came true, per bin of equal width, which holds its upper end.

    The first bin holds 0 as well.
    """
    if bins < 1:
        raise InputError(f"scores need at least one bin, not {bins}", field="bins")
    said, true = _scores(scores, taken)
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], said)
    n = np.bincount(place, minlength=bins)
    held = n > 0
    said_sum, taken_sum = (np.bincount(place, column, bins)[held] for column in (said, true.astype(float)))
    return Reliability(said_sum / n[held], taken_sum / n[held], n[held])


def expected_calibration_error(scores: ArrayLike, taken: ArrayLike, *, bins: int = 10) -> float:
    """Mean distance of what was said and what came true over the bins of `reliability`, by their size.

    0: of what was given .7, seven in ten are taken; lower is better (guo-2017). Small samples look worse than
    they are, as every bin has its noise.
    """
    found = reliability(scores, taken, bins=bins)
    return float(np.average(np.abs(found.mean_score - found.taken), weights=found.n))


def area_under_curve(scores: FloatArray, relevant: NDArray[Any]) -> FloatArray:
    """(q,): share of pairs of a relevant and another candidate whose (q, c) `scores` are in order, ties half.

    For whole rows of scores of any scale, as models give them; where only lists are at hand, `auc@k` is the
    metric. -inf marks what may not be recommended and is left out. nan for a row without both kinds
    (hanley-1982). Cost is that of sorting. Raises InputError for shapes that differ or nan.
    """
    if np.shape(scores) != np.shape(relevant) or np.ndim(scores) != 2:
        raise InputError(f"scores of {np.shape(scores)} cannot be judged by {np.shape(relevant)} truth")
    if np.isnan(scores).any():
        raise InputError("a score is not a number (NaN)", "Check the model that gave it.")
    allowed = scores > -np.inf  # what is not allowed ranks below all others and moves only their count
    right = (relevant != 0) & allowed
    ranks = rankdata(scores, axis=1) - (~allowed).sum(axis=1, keepdims=True)
    n_right = right.sum(axis=1)
    pairs = n_right * (allowed.sum(axis=1) - n_right)
    in_order = np.where(right, ranks, 0.0).sum(axis=1) - n_right * (n_right + 1) / 2
    return np.where(pairs > 0, in_order / np.maximum(pairs, 1), np.nan)


def mean_absolute_error(predicted: ArrayLike, given: ArrayLike) -> float:
    """Mean distance of (n,) predicted ratings from those given, on their scale; lower is better."""
    return float(np.abs(_errors(predicted, given)).mean())


def root_mean_squared_error(predicted: ArrayLike, given: ArrayLike) -> float:
    """Root of the mean squared distance of (n,) predicted ratings from those given; far misses cost most."""
    return float(np.sqrt(np.square(_errors(predicted, given)).mean()))


def _scores(scores: ArrayLike, taken: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    said, true = _pairs(scores, taken)
    if not ((said >= 0) & (said <= 1)).all():
        raise InputError("an interest score lies outside of 0..1", "Scores that only order need a sigmoid.")
    if not ((true == 0) | (true == 1)).all():
        raise InputError("what was taken is 0 or 1", "Compare ratings with a threshold first.")
    return said, true == 1


def _errors(predicted: ArrayLike, given: ArrayLike) -> FloatArray:
    said, true = _pairs(predicted, given)
    if not (np.isfinite(said).all() and np.isfinite(true).all()):
        raise InputError("a rating is not a finite number", "Leave out what was not rated.")
    return said - true


def _pairs(said: ArrayLike, true: ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(said, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or len(first) == 0:
        raise InputError(f"scores of shape {first.shape} cannot be judged by {second.shape} outcomes")
    return first, second
