"""Serendipity: what is right although it is unlike all that was known of a person."""

import numpy as np
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.schema import FloatArray

__all__ = ["serendipity"]

_CELLS = 4_000_000
"""Components of vectors held at once while hits are compared with histories (16 MB)."""


def serendipity(lists: Lists, k: int) -> FloatArray:
    """(q,): sum over the hits among the first `k` of how unlike the history they are, divided by `k`.

    Unlike is 1 - mean cosine of the hit's vector with those of the history's items (zhang-2012), and only
    what is relevant counts (ge-2010): serendipity is at most twice the precision, and equals it where
    nothing resembles the past. Items without a vector are left out. nan for people without a relevant item or
    without a vector in their history. Cost is that of the people with a hit. Raises InputError without
    `vectors` or `history`.
    """
    if lists.vectors is None:
        raise InputError("serendipity needs the vectors of the items", field="vectors")
    has_vector = np.asarray(lists.vectors.any(axis=1))
    hits = lists.first_hits(k) & has_vector[lists.first(k)]
    ones = np.ones(lists.seen.nnz, np.float32)
    past = csr_array((ones, lists.seen.indices, lists.seen.indptr), shape=lists.seen.shape)
    n_past = np.asarray(past @ has_vector.astype(np.float32))
    values = np.zeros(len(hits))
    surprised = np.flatnonzero(hits.any(axis=1) & (n_past > 0))
    step = max(1, _CELLS // max(1, lists.vectors.shape[1]))
    for start in range(0, len(surprised), step):
        people = surprised[start : start + step]
        centre = np.asarray(past[people] @ lists.vectors) / n_past[people, None]
        row, place = np.nonzero(hits[people])
        cosine = np.einsum("hd,hd->h", centre[row], lists.vectors[lists.first(k)[people[row], place]])
        values[people] = np.bincount(row, 1.0 - cosine, len(people)) / k
    return np.where(n_past > 0, lists.judged(values), np.nan)
