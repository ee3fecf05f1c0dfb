"""What a list may be made of: each filter gives item numbers, and `narrow` puts them into a question."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from isthmus.dataset import ItemFeatures
from isthmus.errors import UnknownNameError
from isthmus.schema import ItemNums, Query

__all__ = ["narrow", "with_categories"]


def with_categories(features: ItemFeatures, names: Iterable[str]) -> ItemNums:
    """Items that bear at least one of the categories `names`, ascending; case and outer spaces do not count.

    Raises UnknownNameError for a category that no item bears.
    """
    known = {name: num for num, name in enumerate(features.categories.names)}
    wanted = [name.strip().lower() for name in names]
    for name in wanted:
        if name not in known:
            raise UnknownNameError("category", name, known)
    bearers = features.categories.matrix[:, [known[name] for name in wanted]]
    return np.flatnonzero(np.diff(bearers.tocsr().indptr))


def narrow(
    query: Query, *, only: ItemNums | Sequence[int] | None = None, exclude: ItemNums | Sequence[int] = ()
) -> Query:
    """The same question with candidates only from `only` (None: all) and none of `exclude`."""
    candidates = query.candidates
    if only is not None:
        candidates = np.intersect1d(candidates, np.asarray(only, dtype=np.int64))
    return replace(query, candidates=np.setdiff1d(candidates, np.asarray(exclude, dtype=np.int64)))
