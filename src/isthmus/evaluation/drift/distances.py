"""Distances between two samples, from their sums; many pairs of samples at once, one per row."""

import numpy as np

from isthmus.schema import FloatArray

__all__ = [
    "jensen_shannon",
    "kolmogorov_smirnov",
    "mean_discrepancy",
    "population_stability",
    "relative_fall",
]

_HALF_A_COUNT = 0.5
"""Added to every bin, so that an empty one has a logarithm."""


def population_stability(reference: FloatArray, current: FloatArray) -> FloatArray:
    """PSI of counts (r, m): sum of (q - p) ln(q / p) over the bins, half a count added to each.

    Source: siddiqi-2006. It is the symmetric Kullback-Leibler divergence; by custom .1 is some and .25 much.
    """
    p, q = _shares(reference + _HALF_A_COUNT), _shares(current + _HALF_A_COUNT)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=1))


def jensen_shannon(reference: FloatArray, current: FloatArray) -> FloatArray:
    """Divergence of counts (r, m) in bits: 0 for the same mix, 1 for nothing shared. Source: lin-1991."""
    p, q = _shares(reference), _shares(current)
    return _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2


def kolmogorov_smirnov(reference: FloatArray, current: FloatArray) -> FloatArray:
    """Largest difference of the two distribution functions, from counts (r, m) in ascending bins."""
    return np.asarray(np.abs(np.cumsum(_shares(reference) - _shares(current), axis=1)).max(axis=1))


def mean_discrepancy(reference: FloatArray, current: FloatArray) -> FloatArray:
    """Squared distance of the means of features; the last of the columns (r, m + 1) counts the events.

    Over random Fourier features it is the squared maximum mean discrepancy (gretton-2012).
    """
    return np.asarray(((_means(reference) - _means(current)) ** 2).sum(axis=1))


def relative_fall(reference: FloatArray, current: FloatArray) -> FloatArray:
    """By which part of itself a mean has fallen, from its sum and count (r, 2); negative where it rose."""
    before, now = _means(reference)[:, 0], _means(current)[:, 0]
    return np.where(before > 0, 1 - now / np.where(before > 0, before, 1), 0.0)


def _shares(counts: FloatArray) -> FloatArray:
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(counts / np.where(total > 0, total, 1))


def _means(sums: FloatArray) -> FloatArray:
    count = sums[:, -1:]
    return np.asarray(sums[:, :-1] / np.where(count > 0, count, 1))


def _entropy(shares: FloatArray) -> FloatArray:
    return np.asarray(-(shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=1))
