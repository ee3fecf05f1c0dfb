"""How a model says why: shares of a score, gathered block by block."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_array

from isthmus.schema import NO_ITEM, Explanations, FloatArray, IntArray, ItemNums

__all__ = ["Shares", "explain_sum"]

Parts = tuple[IntArray, IntArray, ItemNums, IntArray, FloatArray]


class Shares:
    """Gathers shares and gives them back as `Explanations`; shares of zero are not kept."""

    def __init__(self, components: Sequence[str]) -> None:
        self.components = tuple(components)
        self._parts: list[Parts] = []

    def add(
        self, row: int, positions: IntArray, past: ItemNums, block: FloatArray, component: int = 0
    ) -> None:
        """`block` (h, m): what the items `past` (h,) carry of the scores at `positions` (m,) of `row`."""
        carrier, place = np.nonzero(block)
        same = np.ones(len(place), dtype=np.int64)
        parts = (same * row, positions[place], past[carrier], same * component, block[carrier, place])
        self._parts.append(parts)

    def add_constant(self, shares: FloatArray, component: int = 0) -> None:
        """`shares` (q, m): what rests on no past item."""
        rows, positions = np.nonzero(shares)
        same = np.ones(len(rows), dtype=np.int64)
        self._parts.append((rows, positions, same * NO_ITEM, same * component, shares[rows, positions]))

    def explain(self, scores: FloatArray) -> Explanations:
        """Everything gathered, beside the `scores` (q, m) it explains."""
        empty = np.zeros(0, dtype=np.int64)
        parts = self._parts or [(empty, empty, empty, empty, np.zeros(0))]
        row, position, past, component, share = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return Explanations(scores, row, position, past, component, share, self.components)


def explain_sum(
    history: csr_array,
    items: ItemNums,
    block_of: Callable[[ItemNums, FloatArray, ItemNums], FloatArray],
    component: str,
) -> Explanations:
    """Explain scores that are sums over past items.

    `block_of(past, weights, asked)` gives the (h, m) terms. Where `items` (q, m) is NO_ITEM the score is 0
    and has no share.
    """
    shares = Shares([component])
    scores = np.zeros(items.shape)
    for row in range(len(items)):
        mine = slice(history.indptr[row], history.indptr[row + 1])
        past = history.indices[mine].astype(np.int64)
        positions = np.flatnonzero(items[row] != NO_ITEM)
        block = block_of(past, history.data[mine], items[row, positions])
        scores[row, positions] = block.sum(axis=0)
        shares.add(row, positions, past, block)
    return shares.explain(scores)
