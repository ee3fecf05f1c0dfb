"""Category diversity: how different the items of one list are by the categories they bear."""

import numpy as np

from isthmus.errors import InputError
from isthmus.evaluation.metrics.base import Lists
from isthmus.numeric import row_normalise
from isthmus.schema import FloatArray

__all__ = ["category_diversity"]


def category_diversity(lists: Lists, k: int) -> FloatArray:
    """(q,): mean over all pairs of the first `k` items of 1 - |shared categories| / sqrt(|those| |these|).

    That is 1 - cosine of the two sets: 0 for the same categories, 1 where none is shared (ziegler-2005, with
    a flat taxonomy). Items without a category are left out; nan for lists with fewer than two others. As with
    vectors, the pairs' cosines add up to (|sum|^2 - number of items) / 2, so no pair is formed. Raises
    InputError without `categories`.
    """
    if lists.categories is None:
        raise InputError("category diversity needs the categories of the items", field="categories")
    listed = lists.first_matrix(k)
    count = listed @ (np.diff(lists.categories.indptr) > 0).astype(np.float64)
    total = listed @ row_normalise(lists.categories)  # (q, n_categories)
    row = np.repeat(np.arange(len(count)), np.diff(total.indptr))
    length = np.bincount(row, total.data * total.data, len(count))
    pairs = count * (count - 1)
    return np.where(pairs > 0, 1 - (length - count) / np.maximum(pairs, 1), np.nan)
