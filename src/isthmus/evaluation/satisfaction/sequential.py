"""Intervals that may be looked at every day: they hold at all times at once, so a test may stop at any time.

An ordinary interval covers the truth 19 times of 20 at one moment that was fixed beforehand. Whoever looks
every day and stops at the first "significant" difference errs far more often. A confidence sequence covers
the truth at all times together with the level promised (waudby-smith-2021, asymptotic confidence sequences).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from isthmus.errors import InputError
from isthmus.schema import FloatArray

__all__ = ["ConfidenceSequence", "follow_difference", "follow_mean"]

Bools = NDArray[np.bool_]

_SHARING = 40
"""Squares that must share the spread before anything is said."""


@dataclass(frozen=True)
class ConfidenceSequence:
    """Estimate and interval after each of (n,) people; infinitely wide before `start` of them are known."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    start: int

    @property
    def decided_at(self) -> int | None:
        """After how many people zero was first outside the interval; None: never."""
        outside = np.flatnonzero((self.low > 0) | (self.high < 0))
        return int(outside[0]) + 1 if len(outside) else None


def follow_mean(
    values: FloatArray, *, level: float = 0.95, start: int = 100, narrowest_at: int = 2_000
) -> ConfidenceSequence:
    """Mean of `values` (n,) in the order in which they came, with an interval that holds at all times.

    The half width after t values is s sqrt(2 (t r^2 + 1) / (t^2 r^2) log(sqrt(t r^2 + 1) / (1 - level))), s
    their standard deviation so far and r chosen so that it is narrowest, for its time, at `narrowest_at`
    (waudby-smith-2021). It is asymptotic: nothing is said before `start` values, nor while the spread hangs
    on fewer than 40 of them, as where successes are rare. Raises InputError for a level outside 0..1, a start
    below 2, or a value that is not a finite number.
    """
    x = np.asarray(values, dtype=np.float64)
    if not 0 < level < 1 or start < 2 or narrowest_at < 1:
        raise InputError(f"level {level}, start {start}, narrowest_at {narrowest_at} are out of range")
    if not np.isfinite(x).all():
        raise InputError(
            "a value is not a finite number", "Leave people without a value out.", field="values"
        )
    t = np.arange(1, len(x) + 1)
    mean = np.cumsum(x) / t
    shifted = x - x.mean() if len(x) else x  # the same spread, without the rounding of a mean far from 0
    spread = np.sqrt(np.maximum(np.cumsum(shifted**2) / t - (np.cumsum(shifted) / t) ** 2, 0.0))
    alpha = 1 - level
    # t r^2, with the r at which the boundary's derivative is zero at `narrowest_at`
    scaled = t * (-lambertw(-(alpha**2) / np.e, -1).real - 1) / narrowest_at
    half = spread * np.sqrt(2 * (scaled + 1) / (t * scaled) * np.log(np.sqrt(scaled + 1) / alpha))
    start = _enough(x, start)
    half[: start - 1] = np.inf
    return ConfidenceSequence(mean, mean - half, mean + half, start)


def _enough(x: FloatArray, start: int) -> int:
    """After how many values, at least `start`, the sum of squares no longer hangs on a few of them.

    (sum of squares)^2 / sum of fourth powers counts how many squares share the sum: rare successes must
    have happened often enough before their spread is known.
    """
    squares = (x - np.cumsum(x) / np.arange(1, len(x) + 1)) ** 2
    sharing = np.cumsum(squares) ** 2 / np.maximum(np.cumsum(squares**2), np.finfo(float).tiny)
    reached = np.flatnonzero(sharing >= _SHARING)
    return max(start, int(reached[0]) + 1 if len(reached) else len(x) + 1)


def follow_difference(
    values: FloatArray,
    in_b: Bools,
    *,
    share_b: float = 0.5,
    level: float = 0.95,
    start: int = 100,
    narrowest_at: int = 2_000,
) -> ConfidenceSequence:
    """Mean of B less mean of A, of people who came one after the other and were put into B with `share_b`.

    `values` (n,) is what each person is worth, once per person, `in_b` (n,) where they were. Each gives an
    unbiased value of the difference: m_b - m_a + [in B] (y - m_b) / share_b - [in A] (y - m_a) / (1 -
    share_b), m the means of the people before them (augmented inverse propensity weighting, robins-1994),
    and the mean of these is followed as in `follow_mean`. Raises InputError as that does, and for a share
    outside 0..1.
    """
    y, b = np.asarray(values, dtype=np.float64), np.asarray(in_b, dtype=bool)
    if not 0 < share_b < 1 or y.shape != b.shape:
        raise InputError(f"share_b must lie between 0 and 1, not {share_b}, and each value needs a side")
    mean_a, mean_b = _mean_before(y, ~b), _mean_before(y, b)
    weight = np.where(b, 1 / share_b, -1 / (1 - share_b))
    worth = mean_b - mean_a + weight * (y - np.where(b, mean_b, mean_a))
    return follow_mean(worth, level=level, start=start, narrowest_at=narrowest_at)


def _mean_before(values: FloatArray, chosen: Bools) -> FloatArray:
    """(n,): the mean of the chosen values before each place, 0 before the first."""
    counted, worth = chosen.astype(np.float64), np.where(chosen, values, 0.0)
    return np.asarray((np.cumsum(worth) - worth) / np.maximum(np.cumsum(counted) - counted, 1.0))
