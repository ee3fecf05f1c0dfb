"""AUC: how often a relevant item stands above one that is not."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import NO_ITEM, FloatArray

__all__ = ["auc"]


def auc(lists: Lists, k: int) -> FloatArray:
    """(q,): share of pairs of a relevant and another candidate that the first `k` items put in order.

    A pair that the list leaves open, both items being outside of it, counts half: the curve goes on in a
    straight line where the list ends (limited AUC, schroeder-2011). Lists of all candidates give the plain
    AUC (hanley-1982), but for candidates that a list leaves out as seen: they count as standing at its end.
    nan for people without a relevant item, or with nothing else. Cost is q k. Raises InputError without the
    number of candidates.
    """
    if lists.n_candidates < 1:
        raise InputError("auc needs the number of candidates", field="n_candidates")
    hits = lists.first_hits(k)
    n_others = lists.n_candidates - lists.n_relevant
    listed_others = (lists.first(k) != NO_ITEM) & ~hits
    above = np.cumsum(listed_others, axis=1)  # (q, k): others that stand above each place
    right = np.where(hits, n_others[:, None] - above, 0).sum(axis=1)
    unlisted = (lists.n_relevant - hits.sum(axis=1)) * (n_others - listed_others.sum(axis=1)) / 2
    pairs = lists.n_relevant * n_others
    return np.where(pairs > 0, (right + unlisted) / np.maximum(pairs, 1), np.nan)
