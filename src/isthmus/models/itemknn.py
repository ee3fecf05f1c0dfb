"""ItemKNN: items that the same people touch, on whatever platform."""

from typing import Any, ClassVar, Self, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csc_array, csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.shares import explain_sum
from isthmus.schema import Explanations, FloatArray, IntArray, ItemNums, Query

__all__ = ["ItemKNN", "ItemKNNConfig"]

_STRICT: Any = {"extra": "forbid"}

_BLOCK = 2048
"""Items whose neighbours are looked for at once."""


@dataclass(frozen=True, config=_STRICT)
class ItemKNNConfig:
    """Which neighbours count, and how much."""

    k: int = Field(default=500, ge=1)
    """Nearest neighbours kept per item and platform, so that no platform crowds out another."""
    shrink: float = Field(default=50.0, ge=0)
    """Added to the denominator: similarities that rest on few people count less."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one."""


@final
class ItemKNN(Scorer):
    """score = x S, S_ij = x_i . x_j / (|x_i| |x_j| + shrink), of which j keeps the k nearest i per platform.

    x_i (people,) is the column of item i; x the history. Source: sarwar-2001, shrinkage: bell-2007. S is
    sparse, at most k entries per item and platform; nothing of items x items is ever dense.
    """

    name: ClassVar[str] = "itemknn"
    config_type: ClassVar[type] = ItemKNNConfig

    def __init__(self, config: ItemKNNConfig | None = None) -> None:
        self.config = config or ItemKNNConfig()
        self._neighbours: csr_array | None = None

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Find the neighbours of all items; `rng` is not used."""
        people = self._history(dataset.interactions).T.tocsr()  # (n_items, n_users)
        length = np.sqrt(np.asarray(people.multiply(people).sum(axis=1)))
        by_person = people.T.tocsr()
        rows = []
        for start in range(0, dataset.n_items, _BLOCK):
            shared = (people[start : start + _BLOCK] @ by_person).tocsr()  # (block, n_items)
            rows.append(self._nearest(shared, start, length, dataset.item_platform))
        self._neighbours = vstack(rows, format="csr") if rows else csr_array((0, 0))
        return self

    def score(self, query: Query) -> FloatArray:
        """Similarities of the candidates to the history, added up by its weights."""
        neighbours = self._fitted_neighbours()[query.candidates]  # (c, n_items)
        return np.asarray((self._history(query.history) @ neighbours.T.tocsr()).toarray())

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Weight times similarity per past item."""
        return explain_sum(self._history(query.history), items, self._terms, "read or bought together")

    def _nearest(self, shared: csr_array, start: int, length: FloatArray, platform: IntArray) -> csr_array:
        """The `k` most similar per row and platform of `shared` (block, n_items), dot products of columns."""
        item = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
        other = shared.indices
        similar = shared.data / (length[item + start] * length[other] + self.config.shrink)
        similar[item + start == other] = 0.0
        group = item * (platform.max(initial=0) + 1) + platform[other]
        order = np.lexsort((other, -similar, group))
        first = np.searchsorted(group[order], group[order])  # where the group of each entry begins
        kept = order[np.arange(len(order)) - first < self.config.k]
        kept = kept[similar[kept] > 0]
        nearest = csr_array((similar[kept], (item[kept], other[kept])), shape=shared.shape)
        nearest.sort_indices()
        return nearest

    def _terms(self, past: ItemNums, weights: FloatArray, asked: ItemNums) -> FloatArray:
        similar = csc_array(self._fitted_neighbours()[asked])[:, past].toarray()  # (m, h)
        return np.asarray(weights[:, None] * similar.T)

    def _history(self, interactions: csr_array) -> csr_array:
        if self.config.weighted:
            return interactions
        ones = np.ones(len(interactions.data))
        return csr_array((ones, interactions.indices, interactions.indptr), shape=interactions.shape)

    def _fitted_neighbours(self) -> csr_array:
        self._fitted("_neighbours")
        assert self._neighbours is not None
        return self._neighbours

    def _arrays(self) -> Arrays:
        found = self._fitted_neighbours()
        places: Arrays = {"indices": found.indices.astype(np.int32), "indptr": found.indptr.astype(np.int64)}
        return {"similarity": found.data, **places}

    def _restore(self, arrays: Arrays) -> None:
        n = len(arrays["indptr"]) - 1
        self._neighbours = csr_array(
            (arrays["similarity"], arrays["indices"], arrays["indptr"]), shape=(n, n)
        )
