"""Coverage: which part of the catalogue is ever recommended."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import NO_ITEM, FloatArray

__all__ = ["coverage"]


def coverage(lists: Lists, k: int) -> FloatArray:
    """(): distinct items among the first `k` of all lists, divided by the number of candidates (ge-2010).

    A figure of all lists together, so it grows with the number of people: compare it on the same people only.
    Raises InputError without the number of candidates.
    """
    if lists.n_candidates < 1:
        raise InputError("coverage needs the number of candidates", field="n_candidates")
    items = lists.first(k)
    times_listed = np.bincount(items[items != NO_ITEM])
    return np.asarray(np.count_nonzero(times_listed) / lists.n_candidates)
