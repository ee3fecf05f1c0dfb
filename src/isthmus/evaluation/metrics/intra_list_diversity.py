"""Intra-list diversity: how different the items of one list are from each other."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["intra_list_diversity"]

_ROWS = 512
"""Lists whose vectors are added up at once, so that the sums stay in the cache."""


def intra_list_diversity(lists: Lists, k: int) -> FloatArray:
    """(q,): mean over all pairs of the first `k` items of 1 - cosine of their vectors (ziegler-2005).

    Items without a vector are left out; nan for lists with fewer than two others. Cost is q k d: the pairs'
    cosines add up to (|sum of vectors|^2 - number of vectors) / 2. Raises InputError without `vectors`.
    """
    if lists.vectors is None:
        raise InputError("diversity needs the vectors of the items", field="vectors")
    listed = lists.first_matrix(k, np.float32)
    count = np.asarray(listed @ np.asarray(lists.vectors.any(axis=1), dtype=np.float64))
    length = np.empty(len(count))
    for start in range(0, len(count), _ROWS):
        total = listed[start : start + _ROWS] @ lists.vectors
        length[start : start + _ROWS] = np.einsum("qd,qd->q", total, total)
    pairs = count * (count - 1)
    return np.where(pairs > 0, 1 - (length - count) / np.maximum(pairs, 1), np.nan)
