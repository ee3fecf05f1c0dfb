"""Text vectors as the methods that read texts take them, and reasons that need no insight into a method."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.neural.sampling import rows_of
from isthmus.models.shares import Shares
from isthmus.numeric import unit_rows
from isthmus.schema import NO_ITEM, Explanations, FloatArray, ItemNums, Query

__all__ = ["centred_texts", "explain_by_omission", "mean_texts"]

Vectors = NDArray[np.float32]


def centred_texts(dataset: Dataset) -> Vectors:
    """(n_items, d): text vectors less their mean, of length one; zeros where an item has no text."""
    vectors, has_text = dataset.features.vectors, dataset.features.has_text
    centred = np.zeros_like(vectors)
    if has_text.any():
        mean = vectors[has_text].mean(axis=0, dtype=np.float64)
        centred[has_text] = unit_rows(vectors[has_text] - mean.astype(np.float32))
    return centred


def mean_texts(history: csr_array, vectors: NDArray[np.floating]) -> FloatArray:
    """(q, d): the mean vector of the items of each history (q, n_items) that have text; zeros without any."""
    has_text = np.asarray(vectors.any(axis=1))
    sums = csr_array((np.ones(history.nnz), history.indices, history.indptr), shape=history.shape)
    counts = np.bincount(rows_of(history), has_text[history.indices], history.shape[0])
    return np.asarray((sums @ vectors.astype(np.float64)) / np.maximum(counts, 1.0)[:, None])


def explain_by_omission(
    score: Callable[[Query], FloatArray], query: Query, items: ItemNums, names: tuple[str, str]
) -> Explanations:
    """Share of a past item: what the score of an asked item (q, m) loses without it in the history.

    What these leave of the score rests on no single item and is told apart, under the second of `names`.
    """
    shares = Shares(names)
    scores, constant = np.zeros(items.shape), np.zeros(items.shape)
    for row in range(len(items)):
        positions = np.flatnonzero(items[row] != NO_ITEM)
        asked, back = np.unique(items[row, positions], return_inverse=True)
        past = query.history[row : row + 1].indices.astype(np.int64)
        found = score(_omitting(query.rows(row, row + 1), len(past), asked))[:, back]  # (1 + h, m)
        lost = found[0] - found[1:]
        scores[row, positions] = found[0]
        constant[row, positions] = found[0] - lost.sum(axis=0)
        shares.add(row, positions, past, lost)
    shares.add_constant(constant, 1)
    return shares.explain(scores)


def _omitting(query: Query, n: int, asked: ItemNums) -> Query:
    """The query (1, n_items) of somebody, and `n` more, each without one of the `n` past items."""
    whole = np.arange(n)
    kept = [whole, *(np.delete(whole, left_out) for left_out in range(n))]
    indptr = np.concatenate([[0], np.cumsum([len(some) for some in kept])])
    chosen = np.concatenate(kept)

    def matrix(one: csr_array) -> csr_array:
        return csr_array((one.data[chosen], one.indices[chosen], indptr), shape=(n + 1, one.shape[1]))

    times = None if query.times is None else matrix(query.times)
    return replace(query, history=matrix(query.history), times=times, candidates=asked, blocked=None)
