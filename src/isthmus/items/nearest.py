"""Pairs of rows of two matrices that are each other's nearest, and clearly so."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isthmus.schema import FloatArray, IntArray

__all__ = ["Nearest", "mutual_nearest"]

_CELLS = 16_000_000
"""Cosines held at once: 64 MB."""

Vectors = NDArray[np.float32]


class Nearest(NamedTuple):
    """Pairs (p,) of rows: of the first matrix, of the second, their cosine, and its lead over the next best.

    The lead is the smaller one of the two sides.
    """

    left: IntArray
    right: IntArray
    cosine: FloatArray
    lead: FloatArray


def mutual_nearest(left: Vectors, right: Vectors, cosine: float, lead: float) -> Nearest:
    """Pairs of rows of `left` (a, d) and `right` (b, d), unit rows, that choose each other.

    Each is the nearest of the other among all rows, at a cosine of at least `cosine`, and nearer by at least
    `lead` than the next. Costs a x b x d products, block by block; of `right` only rows that were chosen are
    asked back.
    """
    forth = _two_best(left, right)
    asked = np.flatnonzero((forth.best >= cosine) & (forth.best - forth.next >= lead))
    chosen, place = np.unique(forth.row[asked], return_inverse=True)
    back = _two_best(right[chosen], left)
    is_mutual = back.row[place] == asked
    lead_back = (back.best - back.next)[place]
    kept = is_mutual & (lead_back >= lead)
    leads = np.minimum(forth.best - forth.next, 2.0)[asked]
    return Nearest(
        asked[kept],
        chosen[place[kept]],
        forth.best[asked[kept]].astype(np.float64),
        np.minimum(leads, lead_back)[kept].astype(np.float64),
    )


class _TwoBest(NamedTuple):
    row: IntArray
    best: Vectors
    next: Vectors


def _two_best(left: Vectors, right: Vectors) -> _TwoBest:
    """For each row of `left` its nearest row of `right`, that cosine, and the next best (-1 where none)."""
    row = np.zeros(len(left), dtype=np.int64)
    best = np.full(len(left), -1.0, dtype=np.float32)
    following = np.full(len(left), -1.0, dtype=np.float32)
    step = max(1, _CELLS // max(1, len(right)))
    for start in range(0, len(left) if len(right) else 0, step):
        part = slice(start, start + step)
        cosines = left[part] @ right.T  # (step, b)
        here = np.arange(len(cosines))
        row[part] = cosines.argmax(axis=1)
        best[part] = cosines[here, row[part]]
        cosines[here, row[part]] = -1.0
        following[part] = cosines.max(axis=1)
    return _TwoBest(row, best, following)
