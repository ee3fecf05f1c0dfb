"""Recommended items that a person knows from another platform, where matches say so."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from isthmus.ranking.reasons import Reason, Same
from isthmus.schema import FloatArray, IntArray, ItemNums

__all__ = ["with_same"]


def with_same(
    reasons: Sequence[Sequence[Reason]],
    items: ItemNums,
    history: csr_array,
    same: csr_array,
    item_platform: IntArray,
) -> list[list[Reason]]:
    """The `reasons` for `items` (q, k), each with what of the person's `history` (q, n_items) is that item.

    `same` (n_items, n_items) holds how likely two items are one thing, zero where nothing says so.
    """
    told = []
    for row, mine in enumerate(reasons):
        past = history.indices[history.indptr[row] : history.indptr[row + 1]].astype(np.int64)
        # Places that no item fills (-1) are filled with some item here and cut off with their reasons later.
        likely = same[np.maximum(items[row], 0)][:, past].toarray()  # (k, past)
        told.append([
            replace(reason, same=_surest(likely[place], past, item_platform))
            for place, reason in enumerate(mine)
        ])  # fmt: skip
    return told


def _surest(likely: FloatArray, past: IntArray, item_platform: IntArray) -> tuple[Same, ...]:
    found = np.argsort(-likely, kind="stable")[: np.count_nonzero(likely)]
    return tuple(
        Same(int(past[place]), int(item_platform[past[place]]), float(likely[place])) for place in found
    )
