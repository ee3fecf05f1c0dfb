"""How far a mean could have come out differently with other people: the bootstrap over people (efron-1993).

People are drawn with replacement as often as there are people. All columns of a table are averaged over the
same draws, so figures of two methods stay paired and their difference has the interval it deserves. A person
who is measured several times (over several seeds, or with several numbers of events left) is drawn as a
whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.errors import InputError
from isthmus.schema import FloatArray, IntArray

__all__ = [
    "Interval",
    "PairedInterval",
    "bootstrap_interval",
    "interval_of",
    "paired_bootstrap",
    "paired_interval_of",
    "resample_means",
]

RNG = np.random.Generator | int | None

_CELLS = 4_000_000
"""Draws held at once (32 MB)."""


@dataclass(frozen=True)
class Interval:
    """A mean over people and the percentile interval around it; nan where nobody could be measured."""

    mean: float
    low: float
    high: float
    n: int
    """How many values the mean is of."""


@dataclass(frozen=True)
class PairedInterval:
    """The mean of `a` against the mean of `b` on the same people: difference a - b and ratio a / b."""

    difference: float
    low: float
    high: float
    ratio: float
    """nan where the mean of `b` is 0."""
    ratio_low: float
    ratio_high: float
    """Infinite where `b` was 0 in so many draws."""
    n: int


def bootstrap_interval(
    values: FloatArray,
    *,
    n: int = 10_000,
    level: float = 0.95,
    rng: RNG = 0,
    groups: IntArray | None = None,
) -> Interval:
    """The mean of (q,) `values`, nan left out, and its interval from `n` draws of people.

    `groups` (q,) says which values belong to the same person; without it each value is a person of its own.
    Raises InputError for a level outside 0..1 or groups of another length.
    """
    column = np.asarray(values, dtype=np.float64)[:, None]
    return interval_of(column[:, 0], resample_means(column, n=n, rng=rng, groups=groups)[:, 0], level)


def paired_bootstrap(
    a: FloatArray,
    b: FloatArray,
    *,
    n: int = 10_000,
    level: float = 0.95,
    rng: RNG = 0,
    groups: IntArray | None = None,
) -> PairedInterval:
    """Difference and ratio of the means of (q,) `a` and `b`, values of the same people in the same order.

    People with nan in either are left out of both. Raises InputError as `bootstrap_interval` does, and where
    the lengths differ.
    """
    if np.shape(a) != np.shape(b):
        raise InputError(f"values of {np.shape(a)} and {np.shape(b)} people cannot be paired")
    both = _only_common(np.column_stack([a, b]).astype(np.float64))
    draws = resample_means(both, n=n, rng=rng, groups=groups)
    return paired_interval_of(both[:, 0], both[:, 1], draws[:, 0], draws[:, 1], level)


def resample_means(
    values: FloatArray, *, n: int = 10_000, rng: RNG = 0, groups: IntArray | None = None
) -> FloatArray:
    """(n, m): the means of the columns of `values` (q, m) over `n` draws of people; nan entries are left out.

    Cost is n q for the draws and n q m for the means, a few million draws at a time.
    """
    _, group = np.unique(np.arange(len(values)) if groups is None else groups, return_inverse=True)
    if len(group) != len(values):
        raise InputError(f"{len(values)} values need as many groups, not {len(group)}", field="groups")
    sums, counts = _per_group(values, group)
    means = np.full((n, values.shape[1]), np.nan)
    start = 0
    for drawn in _drawn_counts(len(sums), n, np.random.default_rng(rng)):
        total, weight = drawn @ sums, drawn @ counts
        rows = slice(start, start + len(drawn))
        means[rows] = np.where(weight > 0, total / np.where(weight > 0, weight, 1), np.nan)
        start += len(drawn)
    return means


def interval_of(values: FloatArray, draws: FloatArray, level: float = 0.95) -> Interval:
    """The interval of the mean of (q,) `values` whose (n,) `draws` came from `resample_means`."""
    tail = _tail(level)
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return Interval(float(known.mean()), float(low), float(high), len(known))


def paired_interval_of(
    a: FloatArray, b: FloatArray, draws_a: FloatArray, draws_b: FloatArray, level: float = 0.95
) -> PairedInterval:
    """As `paired_bootstrap`, from draws of the two that came from one call of `resample_means`."""
    tail = _tail(level)
    both = _only_common(np.column_stack([a, b]))
    n = int((~np.isnan(both[:, 0])).sum())
    if n == 0:
        return PairedInterval(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    mean_a, mean_b = np.nanmean(both, axis=0)
    low, high = np.nanquantile(draws_a - draws_b, [tail, 1 - tail])
    ratio = np.where(draws_b > 0, draws_a / np.where(draws_b > 0, draws_b, 1), np.inf)
    ratio_low, ratio_high = (
        np.quantile(ratio, [tail, 1 - tail], method="nearest") if mean_b > 0 else (np.nan, np.nan)
    )
    return PairedInterval(
        difference=float(mean_a - mean_b),
        low=float(low),
        high=float(high),
        ratio=float(mean_a / mean_b) if mean_b > 0 else np.nan,
        ratio_low=float(ratio_low),
        ratio_high=float(ratio_high),
        n=n,
    )


def _drawn_counts(n_groups: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Pieces (rows, n_groups) of an (n, n_groups) table: how often each group is drawn in each resample."""
    step = max(1, min(n, _CELLS // max(1, n_groups)))
    for start in range(0, n, step):
        rows = min(step, n - start)
        if n_groups == 0:
            yield np.zeros((rows, 0))
            continue
        picks = rng.integers(n_groups, size=(rows, n_groups))
        picks += np.arange(rows)[:, None] * n_groups
        yield np.bincount(picks.ravel(), minlength=rows * n_groups).reshape(rows, n_groups).astype(np.float64)


def _per_group(values: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """(groups, m) twice: the sum of each group's values and how many of them are known."""
    known = ~np.isnan(values)
    n_groups = int(group.max()) + 1 if len(group) else 0
    filled = np.where(known, values, 0.0)
    sums = np.zeros((n_groups, values.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, group, filled)
    np.add.at(counts, group, known.astype(np.float64))
    return sums, counts


def _only_common(both: NDArray[Any]) -> FloatArray:
    """The same with both values nan where either is."""
    return np.where(np.isnan(both).any(axis=1, keepdims=True), np.nan, both)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise InputError(f"a level must lie between 0 and 1, not {level}", field="level")
    return (1 - level) / 2
