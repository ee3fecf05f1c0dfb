"""Novelty: how little known the recommended items are."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import NO_ITEM, FloatArray

__all__ = ["novelty"]


def novelty(lists: Lists, k: int) -> FloatArray:
    """(q,): mean over the first `k` items of -log2(share of people who touched the item), in bits.

    Mean self-information (zhou-2010). nan for an empty list. Raises InputError without `popularity` or
    where a share is not above 0 and at most 1: what nobody touched would be infinitely new.
    """
    shares = lists.popularity
    if shares is None or not ((shares > 0) & (shares <= 1)).all():
        raise InputError("novelty needs a share of people above 0 and at most 1 per item", field="popularity")
    items = lists.first(k)
    present = items != NO_ITEM
    bits = np.where(present, -np.log2(shares)[items], 0.0).sum(axis=1)
    count = present.sum(axis=1)
    return np.where(count > 0, bits / np.maximum(count, 1), np.nan)
