"""F1: precision and recall in one figure."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["f1"]


def f1(lists: Lists, k: int) -> FloatArray:
    """(q,): harmonic mean of precision and recall at `k`, that is 2 hits / (k + relevant items).

    nan for people without a relevant item (van-rijsbergen-1979, chapter 7).
    """
    return lists.judged(2 * lists.first_hits(k).sum(axis=1) / (k + np.maximum(lists.n_relevant, 1)))
