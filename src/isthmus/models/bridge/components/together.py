"""Components that follow people: who shares past items, walks on the graph, sparse weights of items."""

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.models.bridge.components.base import Arrays, Component, LowRank, Scores
from isthmus.numeric import (
    ElasticNet,
    idf,
    right_vectors,
    row_normalise,
    scale_columns,
    scale_rows,
    sparse_weights,
)
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["Close", "Filter", "LikeMinded", "Sparse", "Walk"]


class Paths(Component):
    """Scores along item - person - item: history @ there' @ back, with the two weightings of a subclass."""

    def fit(self, dataset: Dataset) -> None:
        """Weigh the paths."""
        ones = self.amounts(dataset.interactions)
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

    def score(self, query: Query) -> csr_array:
        """log(1 + the weight of all paths), with a factor that puts single shared people near 1."""
        people = self._asked(query.history).astype(np.float32) @ self._in.T
        paths = csr_array(people @ self._out)
        paths.data = np.log1p(20.0 * paths.data)
        return self.pick(paths, query.candidates)

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
        self._idf = idf(self.amounts(dataset.interactions))
        super().fit(dataset)

    def _weighted(self, ones: csr_array) -> tuple[csr_array, csr_array]:
        return row_normalise(scale_columns(ones, self._idf)), ones

    def _asked(self, history: csr_array) -> csr_array:
        return row_normalise(scale_columns(self.amounts(history), self._idf))

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
        return self.amounts(history)


class Filter(LowRank):
    """Linear and ideal low-pass filter of the graph: x (R'R + 2 D^-b V V' D^b), R = D_u^-1/2 X D^-b.

    V holds the leading right singular vectors of R; b = 1/4 leaves popular items more than the paper's 1/2.
    Source: shen-2021 (GF-CF).
    """

    name = "tastes that many share"
    prior = 0.1
    serial = True
    rank = 64
    ideal = 2.0
    power = 0.25

    def _learn(self, dataset: Dataset) -> None:
        """Normalise the graph and find its leading tastes."""
        ones = self.amounts(dataset.interactions)
        people = np.maximum(np.bincount(ones.indices, minlength=ones.shape[1]), 1.0)
        R = scale_columns(
            scale_rows(ones, np.maximum(np.diff(ones.indptr), 1.0) ** -0.5), people**-self.power
        )
        R = R[np.flatnonzero(np.diff(R.indptr))]
        V = right_vectors(R, self.rank, np.random.default_rng(0))
        mine = self.space.on(self.target)
        self._in, self._out = R.astype(np.float32), csr_array(R[:, mine]).astype(np.float32)
        into, back = V * people[:, None] ** -self.power, V * people[:, None] ** self.power
        self._into = np.ascontiguousarray(into, dtype=np.float32)  # (items, rank)
        self._back = np.ascontiguousarray(self.ideal * back[mine].T, dtype=np.float32)  # (rank, columns)

    @property
    def idle(self) -> bool:
        """Where nobody has touched two items."""
        return self._out.nnz == 0 or bool((np.diff(self._in.indptr) < 2).all())

    def people(self, query: Query) -> Scores:
        """How far the leading tastes are theirs."""
        return np.asarray(self.amounts(query.history).astype(np.float32) @ self._into)

    def columns(self, places: IntArray | slice) -> Scores:
        """How far the items are of the leading tastes."""
        return self._back[:, places]

    def rest(self, query: Query) -> csr_array:
        """Where a walk leads."""
        walked = csr_array((self.amounts(query.history).astype(np.float32) @ self._in.T) @ self._out)
        return self.pick(walked, query.candidates)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """The terms of the sum."""
        places = self.places(items)
        walked = (self._in[:, past].T @ self._out[:, places]).toarray()
        return np.asarray(walked + self._into[past] @ self._back[:, places])

    def arrays(self) -> Arrays:
        """The graph and its leading tastes."""
        kept = pack_sparse("in", self._in) | pack_sparse("out", self._out)
        return {**kept, "into": self._into, "back": self._back}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._in, self._out = unpack_sparse("in", arrays), unpack_sparse("out", arrays)
        self._into, self._back = arrays["into"], arrays["back"]


class Sparse(Component):
    """Each item of the target as a sparse sum of its nearest items on every platform (ning-2011, fsSLIM)."""

    name = "goes with what you chose"
    prior = 0.1
    serial = True
    net = ElasticNet()

    def fit(self, dataset: Dataset) -> None:
        """Solve for the items that three people or more touched; of others there is nothing to learn."""
        ones = self.amounts(dataset.interactions)
        mine = self.space.on(self.target)
        known = np.flatnonzero(np.bincount(ones.indices, minlength=ones.shape[1])[mine] > 2)
        found = sparse_weights(ones, self.space.item_platform, mine[known], self.net).tocoo()
        parts = (found.data.astype(np.float32), (found.col, known[found.row]))
        self._weights = csr_array(parts, shape=(ones.shape[1], len(mine)))

    @property
    def idle(self) -> bool:
        """Where no item goes with another."""
        return self._weights.nnz == 0

    def score(self, query: Query) -> csr_array:
        """The sum of the weights of past items."""
        return self.pick(
            csr_array(self.amounts(query.history).astype(np.float32) @ self._weights), query.candidates
        )

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """The terms of the sum."""
        return np.asarray(self._weights[past][:, self.places(items)].toarray(), dtype=np.float64)

    def arrays(self) -> Arrays:
        """The weights from every item to the target's."""
        return pack_sparse("weights", self._weights)

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._weights = unpack_sparse("weights", arrays)


class Close(Sparse):
    """The same with a weak ridge: what nearly always goes together counts, though few people touched it."""

    name = "nearly always goes with what you chose"
    net = ElasticNet(l2=5.0, k=20)
