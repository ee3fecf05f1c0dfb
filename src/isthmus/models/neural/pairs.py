"""Methods of two domains, on any number of platforms: the target, and everything else as the source."""

from abc import abstractmethod
from dataclasses import dataclass as value
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.models.base import Arrays
from isthmus.models.neural.base import NeuralScorer
from isthmus.models.neural.training import Run, TrainingConfig
from isthmus.schema import Explanations, FloatArray, IntArray, ItemNums, Query

__all__ = ["Pair", "PairConfig", "PairScorer", "touched"]

FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=FORBID)
class PairConfig(TrainingConfig):
    """Which platform is the target."""

    target: str | None = None
    """Platform to recommend from; None: each in turn, which takes a training for each."""


@value(frozen=True)
class Pair:
    """One target and its source."""

    platform: int
    """Number of the target."""
    source: ItemNums
    """Items of all other platforms, ascending."""
    target: ItemNums
    """Items of the target, ascending."""
    sources: tuple[ItemNums, ...]
    """Items of the other platforms, each apart."""

    @classmethod
    def of(cls, dataset: Dataset, platform: int) -> "Pair":
        """The pair whose target is `platform`."""
        on = dataset.item_platform
        apart = (np.flatnonzero(on == other) for other in range(len(dataset.platforms)) if other != platform)
        sources = tuple(items for items in apart if len(items))
        return cls(platform, np.flatnonzero(on != platform), np.flatnonzero(on == platform), sources)

    def both(self, interactions: csr_array) -> NDArray[np.bool_]:
        """(n_users,): who has touched something on either side."""
        return (touched(interactions, self.source) > 0) & (touched(interactions, self.target) > 0)


class PairScorer(NeuralScorer):
    """A neural method of two domains: learns a pair for each target and answers with the one asked about."""

    config: Any

    @final
    def score(self, query: Query) -> FloatArray:
        """Scores (q, c) by the pair whose target is the platform of the query."""
        return self._score_pair(self._of(query), query)

    @final
    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Shares per past item where the form of the method allows it, else one constant share."""
        return self._explain_pair(self._of(query), query, items)

    @abstractmethod
    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        """Everything needed to recommend from the target of `pair`."""

    @abstractmethod
    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        """Scores (q, c), from what `_learn_pair` gave."""

    @abstractmethod
    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """Shares of the scores, from what `_learn_pair` gave."""

    @final
    def _learn(self, dataset: Dataset, run: Run) -> Arrays:
        if len(dataset.platforms) < 2:
            raise InputError(
                f"{self.name} needs two platforms and there is only {dataset.platforms[0]}",
                "Import another platform, or take a model of one platform, such as ease.",
            )
        wanted = self.config.target
        numbers = range(len(dataset.platforms)) if wanted is None else [dataset.platform_num(wanted)]
        state: Arrays = {}
        for number in numbers:
            stage = f"{self.name}-{number}"
            learnt = self._learn_pair(dataset, Pair.of(dataset, number), run, stage)
            state |= {f"{number}:{name}": array for name, array in learnt.items()}
        return state

    def _of(self, query: Query) -> Arrays:
        prefix = f"{query.platform}:"
        found = {
            name.removeprefix(prefix): array
            for name, array in self._learnt().items()
            if name.startswith(prefix)
        }
        if not found:
            raise SettingsError(
                f"{self.name} was fitted for {self.config.target} only.",
                "Fit it for this platform, or for all.",
            )
        return found


def touched(history: csr_array, items: ItemNums) -> IntArray:
    """(q,): how many of `items` each row holds."""
    wanted = np.zeros(history.shape[1], dtype=np.int64)
    wanted[items] = 1
    sums = np.concatenate([[0], np.cumsum(wanted[history.indices])])
    return np.asarray(sums[history.indptr[1:]] - sums[history.indptr[:-1]])
