"""What Bridge keeps of the items themselves: centred vectors, weighted words, creators, categories."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.numeric import idf, row_normalise, scale_columns, unit_rows
from isthmus.schema import IntArray

__all__ = ["Space"]

Vectors = NDArray[np.float32]

_DIMS = 192
"""Directions that are kept of the text vectors: every product over all items is that much shorter."""


@dataclass(frozen=True)
class Space:
    """Items as points; all arrays are in item order."""

    item_platform: IntArray
    """(n_items,): number of each item's platform."""
    vectors: Vectors
    """(n_items, at most `_DIMS`): text vectors, centred per platform, along the directions that spread most,
    of unit length; zero where there is no text."""
    words: csr_array
    """(n_items, n_words): tf-idf of title words, unit rows."""
    creators: csr_array
    """(n_items, n_creators): tf-idf, unit rows."""
    categories: csr_array
    """(n_items, n_categories): tf-idf, unit rows."""

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """The space of a dataset's items."""
        features = dataset.features
        return cls(
            item_platform=dataset.item_platform,
            vectors=_compressed(_centred(features.vectors, dataset.item_platform, len(dataset.platforms))),
            words=_weighted(features.words.matrix),
            creators=_weighted(features.creators.matrix),
            categories=_weighted(features.categories.matrix),
        )

    def on(self, platform: int) -> IntArray:
        """Items of a platform, ascending."""
        return np.flatnonzero(self.item_platform == platform)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, for saving."""
        kept: dict[str, NDArray[Any]] = {"item_platform": self.item_platform, "vectors": self.vectors}
        for name in ("words", "creators", "categories"):
            kept |= pack_sparse(name, getattr(self, name))
        return kept

    @classmethod
    def restored(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Back from `arrays`."""
        sparse = {name: unpack_sparse(name, arrays) for name in ("words", "creators", "categories")}
        return cls(item_platform=arrays["item_platform"], vectors=arrays["vectors"], **sparse)


def _centred(vectors: Vectors, item_platform: IntArray, n_platforms: int) -> Vectors:
    """Platforms speak of their items in different ways; taking out each one's mean leaves the topic."""
    centred = np.zeros_like(vectors)
    has_text = vectors.any(axis=1)
    for platform in range(n_platforms):
        rows = np.flatnonzero(has_text & (item_platform == platform))
        if len(rows) > 1:
            centred[rows] = vectors[rows] - vectors[rows].mean(axis=0)
    return np.asarray(unit_rows(centred), dtype=np.float32)


def _compressed(vectors: Vectors) -> Vectors:
    """(n, at most `_DIMS`): principal components; comparing all items is most of the time of a large fit."""
    if vectors.shape[1] <= _DIMS:
        return vectors
    _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    return np.asarray(unit_rows(vectors @ directions[:, -_DIMS:].astype(np.float32)))


def _weighted(matrix: csr_array) -> csr_array:
    return row_normalise(scale_columns(matrix, idf(matrix)))
