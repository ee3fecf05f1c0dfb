"""Calibration: whether a list keeps a person's interests in proportion."""

import numpy as np
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.numeric import scale_rows
from isthmus.schema import FloatArray

__all__ = ["calibration"]

_ALPHA = 0.01
"""Share of the history's mix that is added to the list's, so that no category of it has probability 0."""


def calibration(lists: Lists, k: int) -> FloatArray:
    """(q,): Kullback-Leibler divergence of the category mix of the first `k` items from that of the history.

    In nats, C_KL of steck-2018: sum over categories of p ln(p / q) with p the history's mix, each item by its
    weight, q = .99 of the list's mix + .01 p; an item's share is split evenly over its categories. 0 is a
    perfectly calibrated list, ln 100 = 4.6 the worst: lower is better. Items without a category are left out;
    nan where list or history has none. Says something across platforms only as far as these share names of
    categories. Raises InputError without `categories` or `history`.
    """
    if lists.categories is None:
        raise InputError("calibration needs the categories of the items", field="categories")
    n_each = np.diff(lists.categories.indptr)
    shares = scale_rows(lists.categories, 1 / np.maximum(n_each, 1))
    past, listed = _mix(lists.seen, shares), _mix(lists.first_matrix(k), shares)
    # Outside of the list's categories q is .01 p, so each such term is p ln 100: only the others are formed.
    p, q = past.multiply(listed.astype(bool)), listed.multiply(past.astype(bool))  # with the same pattern
    row = np.repeat(np.arange(p.shape[0]), np.diff(p.indptr))
    gain = p.data * np.log(_ALPHA * p.data / ((1 - _ALPHA) * q.data + _ALPHA * p.data))
    divergence = np.bincount(row, gain, p.shape[0]) - np.log(_ALPHA)
    known = (np.diff(past.indptr) > 0) & (np.diff(listed.indptr) > 0)
    # A divergence is never negative; rounding may take that of a perfect list below zero.
    return np.where(known, np.maximum(divergence, 0.0), np.nan)


def _mix(items: csr_array, shares: csr_array) -> csr_array:
    """(q, n_categories): the part of each category in rows of (q, n_items) `items`; they add up to one."""
    mix = csr_array(items @ shares)
    total = np.asarray(mix.sum(axis=1))
    mix = scale_rows(mix, 1 / np.where(total > 0, total, 1.0))
    mix.sort_indices()
    return mix
