"""Average precision: the precision at every hit, over all that is relevant; its mean over people is MAP."""

import numpy as np

from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["average_precision"]


def average_precision(lists: Lists, k: int) -> FloatArray:
    """(q,): sum over the hits among the first `k` of the precision at their rank, over all relevant items.

    It is divided by the number of all relevant items, not by min(k, relevant items), as trec_eval's map_cut
    is. nan for people without a relevant item (manning-2008, chapter 8).
    """
    hits = lists.first_hits(k)
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, k + 1)  # (q, k)
    return lists.judged((precision_at * hits).sum(axis=1) / np.maximum(lists.n_relevant, 1))
