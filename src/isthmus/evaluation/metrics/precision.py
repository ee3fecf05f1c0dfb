"""Precision: which part of a list is relevant."""

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["precision"]


def precision(lists: Lists, k: int) -> FloatArray:
    """(q,): relevant items among the first `k`, divided by `k` even where a list is shorter.

    nan for people without a relevant item. As trec_eval's P (manning-2008, chapter 8).
    """
    return lists.judged(lists.first_hits(k).sum(axis=1) / k)
