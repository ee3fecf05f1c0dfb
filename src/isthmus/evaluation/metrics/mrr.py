"""Reciprocal rank: how high the first relevant item stands; its mean over people is MRR."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["reciprocal_rank"]


def reciprocal_rank(lists: Lists, k: int) -> FloatArray:
    """(q,): 1 / rank of the first hit among the first `k`, 0 without one.

    nan for people without a relevant item. As ir-measures' RR@k (voorhees-1999).
    """
    hits = lists.first_hits(k)
    return lists.judged(np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0.0))
