"""Histories as rows of equal length, the latest items last."""

import numpy as np
from scipy.sparse import csr_array

from isthmus.models.neural.sampling import rows_of
from isthmus.schema import NO_ITEM, ItemNums

__all__ = ["latest"]


def latest(history: csr_array, times: csr_array | None, length: int) -> ItemNums:
    """(q, length): the latest items of each history in order of time, NO_ITEM before them where there are
    fewer.

    What has no time comes first; ties, and everything where `times` is None, are in item order.
    """
    rows = rows_of(history)
    when = np.zeros(history.nnz, dtype=np.int64) if times is None else times.data
    order = np.lexsort((history.indices, when, rows))
    back = np.repeat(history.indptr[1:], np.diff(history.indptr)) - 1 - np.arange(history.nnz)
    kept = back < length
    found = np.full((history.shape[0], length), NO_ITEM, dtype=np.int64)
    found[rows[kept], length - 1 - back[kept]] = history.indices[order][kept]
    return found
