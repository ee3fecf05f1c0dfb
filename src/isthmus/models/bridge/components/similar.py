"""Components that compare items: alike in text, the same story in another medium, the same creator.

Each keeps a sparse matrix S of similarities from every item to the target's items, and scores
(sum over past items of weight * S^p)^(1/p): a soft maximum, so that one close match counts more than many
vague ones.
"""

from abc import abstractmethod
from typing import Self

import numpy as np
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.schema import FloatArray, ItemNums, Query

__all__ = ["SameCreator", "SameStory", "SameTitle", "SimilarText"]

_CHUNK = 1_000
_SAMPLE = 200


class ItemSimilarity(Component):
    """Soft maximum of a similarity of items over the past items."""

    def fit(self, dataset: Dataset) -> None:
        """Compare the items."""
        similar = self._similarities()
        similar.data = similar.data ** np.float32(self._power)
        self._similar = similar

    def without(self, rest: Dataset) -> Self:
        """Itself: only the items matter."""
        return self

    @property
    def _power(self) -> float:
        return self.config.sharpness

    @abstractmethod
    def _similarities(self) -> csr_array:
        """(n_items, items of the target), float32 in (0, 1]."""

    @property
    def idle(self) -> bool:
        """Where no two items are alike."""
        return self._similar.nnz == 0

    def score(self, query: Query) -> csr_array:
        """The soft maximum over past items."""
        powers = self._powers(query)
        powers.data **= np.float32(1 / self._power)
        return self.pick(powers, query.candidates)

    def _powers(self, query: Query) -> csr_array:
        """(q, items of the target): the sums under the root."""
        return csr_array(query.history.astype(np.float32) @ self._similar)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """Terms of the sum under the root."""
        block = self._similar[past][:, self.places(items)].toarray()
        return np.asarray(query.history.data[:, None] * block)

    def arrays(self) -> Arrays:
        """The powers of the similarities."""
        return pack_sparse("similar", self._similar)

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._similar = unpack_sparse("similar", arrays)


class SimilarText(ItemSimilarity):
    """Cosine of the centred text vectors, above a floor that leaves `neighbours` items on average."""

    name = "similar text"
    prior = 0.3

    def _similarities(self) -> csr_array:
        vectors, columns = self.space.vectors, self.space.on(self.target)
        theirs = vectors[columns].T  # (d, c)
        floor = self._floor(vectors, theirs)
        parts = [_above(vectors[i : i + _CHUNK] @ theirs, floor) for i in range(0, len(vectors), _CHUNK)]
        return csr_array(vstack(parts, format="csr")) if parts else csr_array((0, len(columns)))

    def _floor(self, vectors: Scores, theirs: Scores) -> float:
        """The similarity above which a row keeps `neighbours` items on average, seen on some rows."""
        filled = np.flatnonzero(vectors.any(axis=1))
        rows = filled[np.linspace(0, len(filled) - 1, min(_SAMPLE, len(filled))).astype(np.int64)]
        if len(rows) == 0 or theirs.shape[1] == 0:
            return 1.0
        share = min(1.0, self.config.neighbours / theirs.shape[1])
        return max(0.05, float(np.quantile(vectors[rows] @ theirs, 1 - share)))


class SameStory(ItemSimilarity):
    """Cosine of the tf-idf of title words and pairs of words: the film of the book."""

    name = "same story"
    prior = 0.3
    max_bearers = 500
    """Words that more items bear say nothing of a story, and would join everything with everything."""

    def _similarities(self) -> csr_array:
        return _products(self._tags(), self.space.on(self.target), self.max_bearers, floor=0.05)

    def _tags(self) -> csr_array:
        return self.space.words


class SameTitle(SameStory):
    """The same similarity as it stands, without the root: nearly equal titles stand far above the rest."""

    name = "same title"
    prior = 0.3

    def score(self, query: Query) -> csr_array:
        """The sum of the powers, at most 1."""
        powers = self._powers(query)
        powers.data = np.minimum(powers.data, np.float32(1.0))
        return self.pick(powers, query.candidates)


class SameCreator(SameStory):
    """Cosine of the creators: author, director, artist, brand."""

    name = "same creator"
    prior = 0.2
    max_bearers = 300

    def _tags(self) -> csr_array:
        return self.space.creators


def _above(similar: Scores, floor: float) -> csr_array:
    places = np.flatnonzero(similar > floor)  # of the flat array: ten times quicker than of two dimensions
    rows, columns = np.divmod(places, similar.shape[1])
    values = np.minimum(similar.ravel()[places], 1.0)
    indptr = np.searchsorted(rows, np.arange(len(similar) + 1))
    return csr_array((values, columns, indptr), shape=similar.shape)


def _products(tags: csr_array, columns: ItemNums, max_bearers: int, floor: float) -> csr_array:
    """Inner products of the rows of `tags` with those of `columns`, over tags that few items bear."""
    bearers = np.bincount(tags.indices, minlength=tags.shape[1])
    rare = tags[:, np.flatnonzero((bearers > 1) & (bearers <= max_bearers))].astype(np.float32)
    product = csr_array(rare @ rare[columns].T.tocsr())
    product.data[product.data < floor] = 0
    product.data = np.minimum(product.data, 1.0)
    product.eliminate_zeros()
    product.sort_indices()
    return product
