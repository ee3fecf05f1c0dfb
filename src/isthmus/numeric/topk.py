"""The k best of each row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.errors import InputError
from isthmus.schema import IntArray

__all__ = ["top_k"]

_BLOCK = 64
"""Columns whose maximum is looked at first; large enough to skip most values."""


def top_k(scores: NDArray[Any], k: int) -> tuple[IntArray, NDArray[Any]]:
    """The `k` best columns of each row, best first; equal scores stand in the order of their columns.

    `scores` (q, c) may hold -inf. Gives positions and values, both (q, min(k, c)); values keep their type.
    Raises InputError for NaN, a negative `k` or an array that is not two-dimensional.
    """
    scores = np.asarray(scores)
    if scores.ndim != 2 or k < 0:
        raise InputError(f"cannot take the {k} best of an array of shape {scores.shape}")
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float64)
    n_rows, k = len(scores), min(k, scores.shape[1])
    positions = np.empty((n_rows, k), dtype=np.int64)
    if k == 0:
        return positions, np.empty((n_rows, 0), dtype=scores.dtype)
    for row, bound in enumerate(_lower_bounds(scores, k)):
        positions[row] = _best_of_row(scores[row], k, bound)
    return positions, np.take_along_axis(scores, positions, axis=1)


def _lower_bounds(scores: NDArray[Any], k: int) -> NDArray[Any]:
    """(q,): a value that at least k of a row reach, found without sorting the row.

    Each of the k best blocks holds one value that is no smaller than the least of their maxima.
    """
    maxima = _maxima(scores)
    if np.isnan(maxima).any():
        row = int(np.isnan(maxima).any(axis=1).argmax())
        raise InputError(f"the scores of row {row} are not numbers (NaN)", "Check the model that gave them.")
    blocks = maxima.shape[1]
    if blocks < k:
        return np.full(len(scores), -np.inf, dtype=scores.dtype)
    return np.asarray(np.partition(maxima, blocks - k, axis=1)[:, blocks - k])


def _maxima(scores: NDArray[Any]) -> NDArray[Any]:
    """(q, blocks): the largest value of each block, whose columns lie apart: whole rows are compared."""
    blocks = -(-scores.shape[1] // _BLOCK)
    maxima = scores[:, :blocks].copy()
    for start in range(blocks, scores.shape[1], blocks):
        part = scores[:, start : start + blocks]
        np.maximum(maxima[:, : part.shape[1]], part, out=maxima[:, : part.shape[1]])
    return maxima


def _best_of_row(row: NDArray[Any], k: int, bound: Any) -> IntArray:
    found = np.flatnonzero(row >= bound)  # ascending, at least k
    values = row[found]
    if len(found) > 4 * k:
        # Many equal values: either the k best all exceed the bound, or the first that equal it fill the list.
        above = found[values > bound]
        if len(above) < k:
            equal = found[values == bound][: k - len(above)]
            above = np.sort(np.concatenate([above, equal]))
        found, values = above, row[above]
    return found[np.argsort(-values, kind="stable")[:k]]
