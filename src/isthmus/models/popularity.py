"""Popularity: what most people touch, the same list for everybody."""

from dataclasses import dataclass as value
from typing import Any, ClassVar, Self, final

import numpy as np
from pydantic.dataclasses import dataclass

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.shares import Shares
from isthmus.schema import NO_ITEM, Explanations, FloatArray, Forgotten, ItemNums, Query, UserNums

__all__ = ["ItemCounts", "Popularity", "PopularityConfig"]

_STRICT: Any = {"extra": "forbid"}


@dataclass(frozen=True, config=_STRICT)
class PopularityConfig:
    """What is counted."""

    weighted: bool = False
    """Count a person by the weight of what they did instead of as one."""


@value(frozen=True)
class ItemCounts:
    """The summary of `Popularity`: (n_items,) people, or their weights, per item."""

    counts: FloatArray

    def __add__(self, other: Self) -> Self:
        return type(self)(self.counts + other.counts)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.counts - other.counts)


@final
class Popularity(Scorer):
    """score(item) = ln(1 + people who touched it).

    Additive: parts add, people subtract. Counts are whole numbers, so subtracting people equals a fit without
    them bit for bit; with `weighted` it does not, and `forget` fits again.
    """

    name: ClassVar[str] = "popularity"
    config_type: ClassVar[type] = PopularityConfig

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()
        self._summary: ItemCounts | None = None

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Count the people of each item; `rng` is not used."""
        return self.finish(self.summarise(dataset))

    def summarise(self, dataset: Dataset) -> ItemCounts:
        """How many people each item has."""
        weights = dataset.interactions.data if self.config.weighted else None
        columns = dataset.interactions.indices
        return ItemCounts(np.bincount(columns, weights, dataset.n_items).astype(np.float64))

    def finish(self, summary: ItemCounts) -> Self:
        """Take the counts as they are; raises InputError where people were subtracted who never were in."""
        if summary.counts.min(initial=0) < (-1e-9 if self.config.weighted else 0):
            raise InputError("cannot subtract people who were never counted")
        self._summary = summary
        return self

    def score(self, query: Query) -> FloatArray:
        """ln(1 + count) of the candidates, the same row for everybody."""
        row = self._popularity()[query.candidates]
        return np.tile(row, (len(query), 1))

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """One share, "popular", that rests on no past item."""
        scores = np.where(items == NO_ITEM, 0.0, self._popularity()[items])
        shares = Shares(["popular"])
        shares.add_constant(scores)
        return shares.explain(scores)

    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Subtract the people from the counts."""
        users = np.unique(users)
        if self.config.weighted:
            return super().forget(users, dataset)
        self._fitted("_summary")
        gone = np.bincount(dataset.interactions[users].indices, minlength=dataset.n_items)
        self.finish(self._counts() - ItemCounts(gone.astype(np.float64)))
        return Forgotten(len(users), exact=True, how="subtracted")

    def _popularity(self) -> FloatArray:
        return np.asarray(np.log1p(np.maximum(self._counts().counts, 0.0)))

    def _counts(self) -> ItemCounts:
        self._fitted("_summary")
        assert self._summary is not None
        return self._summary

    def _arrays(self) -> Arrays:
        return {"counts": self._counts().counts}

    def _restore(self, arrays: Arrays) -> None:
        self._summary = ItemCounts(arrays["counts"])
