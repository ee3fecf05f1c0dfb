"""Components that know people by a few numbers: factors of the matrix of all platforms."""

from typing import ClassVar

import numpy as np

from isthmus.dataset import Dataset
from isthmus.models.bridge.components.base import Arrays, LowRank, Scores
from isthmus.numeric import ColumnFactors
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["BroadTastes", "FineTastes"]


class Tastes(LowRank):
    """score = p . q_j, where p is solved for from the whole history, whatever platform it is of.

    Collective factorisation with one set of factors per person (singh-2008) over all cells, seen and unseen
    (hu-2008, rendle-2022). The ridge of a subclass is a threshold under which tastes count as noise; what is
    noise depends little on the data, but people of whom nothing is known yet on the target need more of it.
    """

    remembers = True
    serial = True
    ridge: ClassVar[float]
    rank = 128
    unseen = 0.03
    rounds = 5

    def _learn(self, dataset: Dataset) -> None:
        """Factors of the items that anybody touched; the others have zeros."""
        ones = self.amounts(dataset.interactions)
        touched = np.flatnonzero(np.bincount(ones.indices, minlength=ones.shape[1]))
        self._few = dataset.n_users < 2 or not np.isin(touched, self.space.on(self.target)).any()
        if self._few:
            return
        found = ColumnFactors.learn(
            ones[:, touched], self.rank, unseen=self.unseen, ridge=self.ridge, rounds=self.rounds,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        vectors = np.zeros((ones.shape[1], found.vectors.shape[1]), dtype=np.float32)
        vectors[touched] = found.vectors
        self._found = ColumnFactors(vectors, found.solver)

    @property
    def idle(self) -> bool:
        """Where nobody touched an item of the target."""
        return self._few

    def people(self, query: Query) -> Scores:
        """Factors of the people, solved for from what they did."""
        return np.asarray(self._found.of_rows(self.amounts(query.history)), dtype=np.float32)

    def columns(self, places: IntArray | slice) -> Scores:
        """Factors of the items."""
        return np.asarray(self._found.vectors[self.space.on(self.target)[places]].T, dtype=np.float32)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """Each past item's part of the person's factors, times the item's: exactly the score."""
        weights = self.amounts(query.history).data.astype(np.float64)
        return np.asarray(self._found.parts(past, weights) @ self._found.vectors[items].T)

    def arrays(self) -> Arrays:
        """Factors and what solves for those of people."""
        return {} if self._few else {"vectors": self._found.vectors, "solver": self._found.solver}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._few = not arrays
        if arrays:
            self._found = ColumnFactors(arrays["vectors"], arrays["solver"])


class BroadTastes(Tastes):
    """What many have in common; alone the best known of people who are new on the target."""

    name = "broad tastes in common"
    prior = 0.3
    ridge = 8.0


class FineTastes(Tastes):
    """What fewer have in common; more telling where some of the target is known."""

    name = "fine tastes in common"
    prior = 0.2
    ridge = 3.0
