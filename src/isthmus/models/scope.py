"""One system for all platforms, or one for each: what methods over a matrix people x items have in common."""

from abc import abstractmethod
from typing import ClassVar, Literal, Protocol, Self, final

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.shares import explain_sum
from isthmus.schema import Explanations, FloatArray, Forgotten, IntArray, ItemNums, Query, UserNums

__all__ = ["Part", "Scope", "ScopedScorer"]

Scope = Literal["joint", "platform"]
"""All platforms in one system, so that interests cross; or each platform on its own."""


class Part(Protocol):
    """A method fitted on some items, which are counted from 0 here. Nothing in it changes afterwards."""

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        """Scores (q, c) of the items `asked` (c,) for histories (q, items)."""
        ...

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        """(h, m): what each item of one history carries of each score; columns add up to `scores`."""
        ...

    def arrays(self) -> Arrays:
        """Everything fitted."""
        ...


class ScopedScorer(Scorer):
    """A scorer that fits one part over all platforms or one per platform, as its `config.scope` says.

    Its config also has `weighted`: whether an interaction counts its weight, or one. A subclass writes only
    how a part is fitted and how it comes back from arrays.
    """

    because: ClassVar[str]
    """What a share of a score rests on, in words a person understands."""

    def __init__(self) -> None:
        self._parts: list[tuple[ItemNums, Part]] | None = None

    @abstractmethod
    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> Part:
        """Learn from people x items; `platform` (items,) numbers the platform of each item."""

    @abstractmethod
    def _restore_part(self, arrays: Arrays) -> Part:
        """Take back what `Part.arrays` gave."""

    @final
    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Learn from everybody; without `rng` the same chance every time."""
        seed = np.random.default_rng(0 if rng is None else rng).integers(2**62)
        return self._fit_seeded(dataset, int(seed))

    @final
    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Fit again without `users`, with the same chance as before, so that nothing else changes."""
        self._fitted("_parts")
        self._fit_seeded(dataset.without_users(users), self._seed)
        return Forgotten(len(np.unique(users)), exact=True, how="refitted")

    @final
    def score(self, query: Query) -> FloatArray:
        """Scores of the candidates; where nothing is known of a person on the part's platforms, 0."""
        self._fitted("_parts")
        history = self._counted(query.history)
        scores = np.zeros((len(query), len(query.candidates)))
        for items, part in self._parts or ():
            here = np.flatnonzero(np.isin(query.candidates, items, assume_unique=True))
            if len(here):
                asked = np.searchsorted(items, query.candidates[here])
                scores[:, here] = part.scores(history[:, items], asked)
        return scores

    @final
    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """What each past item carries of each score."""
        self._fitted("_parts")
        return explain_sum(self._counted(query.history), items, self._terms, self.because)

    def _fit_seeded(self, dataset: Dataset, seed: int) -> Self:
        interactions, platform = self._counted(dataset.interactions), dataset.item_platform
        rng = np.random.default_rng(seed)
        groups = self._groups(platform)
        parts = [(items, self._fit_part(interactions[:, items], platform[items], rng)) for items in groups]
        self._parts, self._item_platform, self._seed = parts, platform, seed
        return self

    def _groups(self, item_platform: IntArray) -> list[ItemNums]:
        if self.config.scope == "joint":
            return [np.arange(len(item_platform))]
        return [np.flatnonzero(item_platform == platform) for platform in np.unique(item_platform)]

    def _counted(self, interactions: csr_array) -> csr_array:
        if self.config.weighted:
            return interactions
        ones = np.ones(len(interactions.data))
        return csr_array((ones, interactions.indices, interactions.indptr), shape=interactions.shape)

    def _terms(self, past: ItemNums, weights: FloatArray, asked: ItemNums) -> FloatArray:
        terms = np.zeros((len(past), len(asked)))
        for items, part in self._parts or ():
            rows, columns = np.flatnonzero(np.isin(past, items)), np.flatnonzero(np.isin(asked, items))
            places = np.searchsorted(items, past[rows]), np.searchsorted(items, asked[columns])
            terms[np.ix_(rows, columns)] = part.terms(places[0], weights[rows], places[1])
        return terms

    def _arrays(self) -> Arrays:
        self._fitted("_parts")
        arrays: Arrays = {"item_platform": self._item_platform, "seed": np.array([self._seed])}
        for number, (_, part) in enumerate(self._parts or ()):
            arrays |= {f"{number}.{name}": array for name, array in part.arrays().items()}
        return arrays

    def _restore(self, arrays: Arrays) -> None:
        self._item_platform, self._seed = arrays["item_platform"], int(arrays["seed"][0])
        self._parts = []
        for number, items in enumerate(self._groups(self._item_platform)):
            start = f"{number}."
            mine = {name.removeprefix(start): held for name, held in arrays.items() if name.startswith(start)}
            self._parts.append((items, self._restore_part(mine)))
