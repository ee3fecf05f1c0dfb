"""Popularity bias: whether a list is more mainstream than the person it is for."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import NO_ITEM, FloatArray

__all__ = ["popularity_bias"]


def popularity_bias(lists: Lists, k: int) -> FloatArray:
    """(q,): mean popularity of the first `k` items minus that of the history, both in shares of people.

    0 where lists are as mainstream as their readers, above where they push the popular, in -1..1. The two
    means are those of abdollahpouri-2019, whose lift divides by the history's; their difference does not
    explode for a history of rare items. nan for an empty list or history. Raises InputError without
    `popularity` or `history`.
    """
    if lists.popularity is None:
        raise InputError("popularity bias needs the share of people per item", field="popularity")
    seen = np.repeat(np.arange(len(lists.item_nums)), np.diff(lists.seen.indptr))
    past = np.bincount(seen, lists.popularity[lists.seen.indices], len(lists.item_nums))
    n_past = np.diff(lists.seen.indptr)
    items = lists.first(k)
    present = items != NO_ITEM
    n_listed = present.sum(axis=1)
    listed = np.where(present, lists.popularity[items], 0.0).sum(axis=1)
    known = (n_listed > 0) & (n_past > 0)
    return np.where(known, listed / np.maximum(n_listed, 1) - past / np.maximum(n_past, 1), np.nan)
