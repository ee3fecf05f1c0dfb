"""Lists that do not say the same thing ten times: maximal marginal relevance."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.schema import FloatArray, IntArray, Recommendations

__all__ = ["diversify"]

_BLOCK = 128
"""People whose pools of vectors are held at once."""
_LOWEST = np.finfo(np.float64).min
_ABSENT = -10.0
"""Gain of an empty place: below what any item can have, above what is already taken."""


def diversify(pool: Recommendations, vectors: NDArray[Any], diversity: float, n: int) -> Recommendations:
    """The `n` items of each pool (q, p) that are good and unlike each other, in the order they were chosen.

    Each step takes the item with the largest (1 - diversity) relevance - diversity similarity: relevance is
    the score on a scale from 0 (last of the pool) to 1 (first), similarity the largest cosine to an item
    taken before. `vectors` (n_items, d) are unit rows or zero; an item without a vector is like no other.
    Diversity 0 leaves the order of the scores as it is. Items keep the scores they had.
    Source: carbonell-1998.
    """
    n = min(n, pool.item_nums.shape[1])
    if diversity == 0:
        return Recommendations(pool.item_nums[:, :n], pool.scores[:, :n])
    chosen = np.empty((len(pool.scores), n), dtype=np.int64)
    for start in range(0, len(chosen), _BLOCK):
        rows = slice(start, start + _BLOCK)
        bodies = vectors[pool.item_nums[rows]]  # (b, p, d); an empty place is never compared
        chosen[rows] = _choose(scale_relevance(pool.scores[rows]), bodies, diversity, n)
    item_nums = np.take_along_axis(pool.item_nums, chosen, axis=1)
    return Recommendations(item_nums, np.take_along_axis(pool.scores, chosen, axis=1))


def scale_relevance(scores: FloatArray) -> FloatArray:
    """Each row from 0 to 1; -inf where there is no item, all 1 where all are equal."""
    found = scores > -np.inf
    high = np.max(scores, axis=1, keepdims=True, where=found, initial=_LOWEST)
    low = np.min(scores, axis=1, keepdims=True, where=found, initial=-_LOWEST)
    distance = np.where(found, high - np.where(found, scores, high), 0.0)
    spread = np.where(high > low, distance.max(axis=1, keepdims=True), 1.0)
    return np.where(found, 1.0 - distance / spread, -np.inf)


def _choose(relevance: FloatArray, bodies: NDArray[Any], diversity: float, n: int) -> IntArray:
    """(b, n) places in the pools (b, p); empty places are taken last."""
    people = np.arange(len(relevance))
    present = relevance > -np.inf
    gain = np.where(present, (1 - diversity) * np.where(present, relevance, 0.0), _ABSENT)
    nearest = np.full(relevance.shape, -1.0)
    taken = np.zeros(relevance.shape, dtype=bool)
    chosen = np.empty((len(relevance), n), dtype=np.int64)
    for step in range(n):
        place = np.where(taken, -np.inf, gain - diversity * nearest).argmax(axis=1)
        chosen[:, step] = place
        taken[people, place] = True
        np.maximum(nearest, np.einsum("bpd,bd->bp", bodies, bodies[people, place]), out=nearest)
    return chosen
