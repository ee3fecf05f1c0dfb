"""A component of the blend: one cheap reason why somebody may like an item."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.space import Space
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["Arrays", "Component", "LowRank", "Scores", "dense"]

Arrays = dict[str, NDArray[Any]]
Scores = NDArray[Any]
AnyScores = TypeVar("AnyScores", Scores, csr_array)


def dense(scores: Scores | csr_array) -> NDArray[np.float32]:
    """(q, c) with every zero written out, float32."""
    return np.asarray(scores.toarray() if isinstance(scores, csr_array) else scores, dtype=np.float32)


class Component(ABC):
    """Scores items of one target platform. All components of a model share its `space`.

    A component that has nothing to say (no text, no times, no shared people) is `idle` and left out.
    """

    name: ClassVar[str]
    """What a person is told: "same creator"."""
    prior: ClassVar[float]
    """Its weight in the blend before anything is learnt, per standard deviation of its scores."""

    personal: ClassVar[bool] = True
    """Whether the score rests on past items, so that disliked ones can speak against an item."""

    remembers: ClassVar[bool] = False
    """Whether any part of what somebody did brings back all that was learnt of them, so that even a platform
    of chance would seem to tell of the person."""

    serial: ClassVar[bool] = False
    """Whether the threads of BLAS are no help in learning it; such components are learnt side by side."""

    def __init__(self, config: BridgeConfig, space: Space, target: int) -> None:
        self.config, self.space, self.target = config, space, target

    @abstractmethod
    def fit(self, dataset: Dataset) -> None:
        """Learn from `dataset`, whose items are those of `space`."""

    def without(self, rest: Dataset) -> Self:
        """The same component fitted on `rest`, which lacks some of the events that this one was fitted on."""
        left = type(self)(self.config, self.space, self.target)
        left.fit(rest)
        return left

    def settle(self) -> Self:
        """Itself, less what only `without` needs."""
        return self

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether it has nothing to say about anybody."""

    @abstractmethod
    def score(self, query: Query) -> Scores | csr_array:
        """(q, c): for each candidate; 0 where it has nothing to say, sparse if that is nearly everywhere."""

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray | None:
        """(h, m): how much each past item speaks for each of `items`, for a query of one person.

        Only the proportions count: a score is shared out by them. None: the score rests on no past item.
        """
        return None

    def arrays(self) -> Arrays:
        """What was learnt."""
        return {}

    @abstractmethod
    def restore(self, arrays: Arrays) -> None:
        """Take back what `arrays` gave."""

    def amounts(self, matrix: csr_array) -> csr_array:
        """`matrix` with what counts of each event: its weight if the settings say so, else one."""
        data = matrix.data if self.config.graded else np.ones(matrix.nnz)
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def pick(self, scores: AnyScores, candidates: ItemNums) -> AnyScores:
        """Of `scores` (q, items of the target) the columns of `candidates`; no copy where these are all."""
        if len(candidates) == scores.shape[1]:
            return scores
        picked: AnyScores = scores[:, self.places(candidates)]
        return picked

    def places(self, candidates: ItemNums) -> ItemNums:
        """Positions of `candidates` among the items of the target platform."""
        return np.searchsorted(self.space.on(self.target), candidates)

    def elsewhere(self, matrix: csr_array) -> csr_array:
        """`matrix` (q, n_items) with only what happened on other platforms than the target."""
        keep = self.space.item_platform[matrix.indices] != self.target
        indptr = np.concatenate([[0], np.cumsum(keep)])[matrix.indptr]
        return csr_array((matrix.data[keep], matrix.indices[keep], indptr), shape=matrix.shape)


class LowRank(Component):
    """A component whose scores are products of few numbers per person and per item, with or without a sparse
    rest. The blend puts the products of all such components into one, which takes a fraction of their time.
    """

    @abstractmethod
    def people(self, query: Query) -> NDArray[np.float32]:
        """(q, d): what stands for the people."""

    @abstractmethod
    def columns(self, places: IntArray | slice) -> NDArray[np.float32]:
        """(d, m): what stands for the target's items at `places`."""

    def rest(self, query: Query) -> csr_array | None:
        """(q, c): what is added to the products."""
        return None

    def score(self, query: Query) -> Scores:
        """The products, and the rest."""
        every = len(query.candidates) == len(self.space.on(self.target))
        columns = self._all_columns if every else self.columns(self.places(query.candidates))
        scores, rest = self.people(query) @ columns, self.rest(query)
        return scores if rest is None else np.asarray(rest + scores)

    @cached_property
    def _all_columns(self) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.columns(slice(None)))

    def fit(self, dataset: Dataset) -> None:
        """Learn; columns of an earlier fit are no longer true."""
        self.settle()
        self._learn(dataset)

    @abstractmethod
    def _learn(self, dataset: Dataset) -> None:
        """Learn from `dataset`."""

    def settle(self) -> Self:
        """Itself without the columns at hand, which are made again where they are needed."""
        self.__dict__.pop("_all_columns", None)
        return self
