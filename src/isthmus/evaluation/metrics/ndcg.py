"""NDCG: relevant items count more the higher they stand."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["ndcg"]


def ndcg(lists: Lists, k: int) -> FloatArray:
    """(q,): sum over the hits among the first `k` of 1 / log2(1 + rank), over the best sum there can be.

    The best list has min(k, relevant items) hits at its top. nan for people without a relevant item.
    As trec_eval's ndcg_cut with relevance 0 or 1 (jarvelin-2002).
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))  # (k,)
    ideal = np.cumsum(discounts)[np.clip(lists.n_relevant, 1, k) - 1]
    return lists.judged(lists.first_hits(k) @ discounts / ideal)
