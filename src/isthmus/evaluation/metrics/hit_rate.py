"""Hit rate: whether anything in a list is relevant."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["hit_rate"]


def hit_rate(lists: Lists, k: int) -> FloatArray:
    """(q,): 1 where at least one of the first `k` items is relevant, else 0.

    nan for people without a relevant item. As trec_eval's success (deshpande-2004).
    """
    return lists.judged(np.asarray(lists.first_hits(k).any(axis=1)))
