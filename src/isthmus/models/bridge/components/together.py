"""Components that follow people: those who share past items, and a walk item - person - item."""

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.numeric import idf, row_normalise, scale_columns, scale_rows
from isthmus.schema import FloatArray, ItemNums, Query

__all__ = ["LikeMinded", "Walk"]


class Paths(Component):
    """Scores along item - person - item: history @ there' @ back, with the two weightings of a subclass."""

    def fit(self, dataset: Dataset) -> None:
        """Weigh the paths."""
        ones = _ones(dataset.interactions)
        there, back = self._weighted(ones)
        self._in = there.astype(np.float32)
        self._out = csr_array(back[:, self.space.on(self.target)]).astype(np.float32)

    def _weighted(self, ones: csr_array) -> tuple[csr_array, csr_array]:
        raise NotImplementedError

    def _asked(self, history: csr_array) -> csr_array:
        raise NotImplementedError

    @property
    def idle(self) -> bool:
        """Where nobody has touched two items."""
        return self._out.nnz == 0 or bool((np.diff(self._in.indptr) < 2).all())

    def score(self, query: Query) -> Scores:
        """log(1 + the weight of all paths), with a factor that puts single shared people near 1."""
        people = self._asked(query.history).astype(np.float32) @ self._in.T
        paths = csr_array(people @ self._out)
        paths.data = np.log1p(20.0 * paths.data)
        return self.pick(paths.toarray(), query.candidates)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """The weight of the paths through each past item."""
        asked = self._asked(query.history)
        through = self._in[:, past].T @ self._out[:, self.places(items)]
        return np.asarray(asked.data[:, None] * through.toarray())

    def arrays(self) -> Arrays:
        """Both weightings."""
        return pack_sparse("in", self._in) | pack_sparse("out", self._out)

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._in, self._out = unpack_sparse("in", arrays), unpack_sparse("out", arrays)


class LikeMinded(Paths):
    """People near in what they did, by cosine of tf-idf rows, and what they touched on the target."""

    name = "like-minded people"
    prior = 0.2

    def fit(self, dataset: Dataset) -> None:
        """Weigh items by how few people touch them."""
        self._idf = idf(_ones(dataset.interactions))
        super().fit(dataset)

    def _weighted(self, ones: csr_array) -> tuple[csr_array, csr_array]:
        return row_normalise(scale_columns(ones, self._idf)), ones

    def _asked(self, history: csr_array) -> csr_array:
        return row_normalise(scale_columns(_ones(history), self._idf))

    def arrays(self) -> Arrays:
        """Weights of the items, and both weightings."""
        return super().arrays() | {"idf": self._idf}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        super().restore(arrays)
        self._idf = arrays["idf"]


class Walk(Paths):
    """Linear low-pass filter of the person-item graph, D_i^-1/2 X' D_u^-1 X D_i^-1/2 (shen-2021, GF-CF)."""

    name = "often found together"
    prior = 0.2

    def _weighted(self, ones: csr_array) -> tuple[csr_array, csr_array]:
        people = np.maximum(np.bincount(ones.indices, minlength=ones.shape[1]), 1.0)
        items = np.maximum(np.diff(ones.indptr), 1.0)
        even = scale_columns(scale_rows(ones, items**-0.5), people**-0.5)
        return even, even

    def _asked(self, history: csr_array) -> csr_array:
        return _ones(history)


def _ones(matrix: csr_array) -> csr_array:
    return csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
