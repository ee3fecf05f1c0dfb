"""Recall: which part of the relevant items is in a list."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["recall"]


def recall(lists: Lists, k: int) -> FloatArray:
    """(q,): relevant items among the first `k`, divided by all relevant items.

    Below 1 where these are more than `k`. nan for people without a relevant item. As trec_eval's recall
    (manning-2008, chapter 8).
    """
    return lists.judged(lists.first_hits(k).sum(axis=1) / np.maximum(lists.n_relevant, 1))
