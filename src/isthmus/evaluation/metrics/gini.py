"""Gini index: how unevenly the places in the lists are shared out among the items."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import NO_ITEM, FloatArray

__all__ = ["gini"]


def gini(lists: Lists, k: int) -> FloatArray:
    """(): Gini index of how often each candidate stands among the first `k` of all lists (fleder-2009).

    0 where all candidates are listed equally often, near 1 where everybody is given the same few; lower is
    better spread. A figure of all lists together: compare it on the same people only. nan where all lists are
    empty. Raises InputError without the number of candidates.
    """
    if lists.n_candidates < 1:
        raise InputError("gini needs the number of candidates", field="n_candidates")
    items = lists.first(k)
    counts = np.bincount(items[items != NO_ITEM])
    counts = np.sort(counts[counts > 0])  # what is never listed stands before them, with 0
    places = np.arange(lists.n_candidates - len(counts), lists.n_candidates) + 1
    total = counts.sum() * lists.n_candidates
    if total == 0:
        return np.asarray(np.nan)
    return np.asarray(((2 * places - lists.n_candidates - 1) * counts).sum() / total)
