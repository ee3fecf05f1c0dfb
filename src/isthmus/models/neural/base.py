"""What every neural method shares: one way to fit, to forget and to be kept."""

from abc import abstractmethod
from typing import Any, Self, final

import numpy as np

from isthmus.dataset import Dataset
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.neural.training import Run, TrainingConfig
from isthmus.schema import Forgotten, UserNums

__all__ = ["NeuralScorer"]


class NeuralScorer(Scorer):
    """A scorer whose `_learn` is training. What is learnt is arrays; scores are made of them with numpy.

    The seed is kept beside the arrays, so that forgetting people is to train again, in every draw alike,
    without them: exact, but as long as the fit was.
    """

    config: TrainingConfig

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_type()
        self._state: Arrays | None = None

    @final
    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Train on `dataset`; the same `rng` on the same machine gives the same model.

        `progress`, an attribute, hears of every epoch. Raises SettingsError where the device is not there.
        """
        return self._fit(dataset, int(np.random.default_rng(rng).integers(2**62)))

    @final
    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Train again without `users`, with the seed of the fit; `dataset` is the one that was fitted."""
        seed = int(self._learnt()["seed"][0])
        self._fit(dataset.without_users(users), seed)
        return Forgotten(len(np.unique(users)), exact=True, how="refitted")

    @abstractmethod
    def _learn(self, dataset: Dataset, run: Run) -> Arrays:
        """Everything that `score` and `explain` need."""

    def _fit(self, dataset: Dataset, seed: int) -> Self:
        run = Run.of(self.config, seed, dataset, self.progress)
        self._state = {"seed": np.array([seed]), **self._learn(dataset, run)}
        return self

    def _learnt(self) -> Arrays:
        self._fitted("_state")
        assert self._state is not None
        return self._state

    def _arrays(self) -> Arrays:
        return self._learnt()

    def _restore(self, arrays: Arrays) -> None:
        self._state = arrays
