"""Components that carry a person's mean source vector over to the target by ridge regression.

They need sums over people only (d x d and d x items), hold no row per person and answer for anybody with a
history elsewhere. A person's profile is the mean of the vectors of their items on other platforms.
"""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.numeric import scale_rows, unit_rows
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["CategoryMap", "TasteMap", "TextMap"]

_MAX_CATEGORIES = 400


class ProfileMap(Component):
    """A linear map from profiles; subclasses say in which space and to what."""

    def fit(self, dataset: Dataset) -> None:
        """Ridge regression over the people known on the target and elsewhere."""
        points = self._points(dataset)
        target = self._on_target(dataset.interactions)
        source = self.elsewhere(dataset.interactions)
        both = np.flatnonzero((np.diff(source.indptr) > 0) & (np.diff(target.indptr) > 0))
        profiles = _means(source[both], points)
        self._centre = profiles.mean(axis=0) if len(both) else np.zeros(points.shape[1])
        A = unit_rows(profiles - self._centre)  # (people, d)
        right = self._wanted(target[both], points)
        gram = A.T @ A + self.config.map_reg * np.eye(A.shape[1])
        self._map = np.linalg.solve(gram, A.T @ right).astype(np.float32)

    @abstractmethod
    def _points(self, dataset: Dataset) -> Scores:
        """(n_items, d): where items lie."""

    @abstractmethod
    def _wanted(self, target: csr_array, points: Scores) -> Scores:
        """(people, r): what the map is to give for the people's `target` rows."""

    def _on_target(self, interactions: csr_array) -> csr_array:
        return csr_array(interactions[:, self.space.on(self.target)])

    def _profiles(self, history: csr_array, points: Scores) -> Scores:
        """(q, d): as in `fit`; zero for those with nothing elsewhere."""
        source = self.elsewhere(history)
        known = np.diff(source.indptr) > 0
        profiles = unit_rows(_means(source, points) - self._centre)
        return np.asarray(profiles * known[:, None], dtype=np.float32)

    @property
    def idle(self) -> bool:
        """Where there was nobody to learn from."""
        return not self._map.any()

    def _evidence(self, query: Query, past: ItemNums, points: Scores, values: Scores) -> FloatArray:
        """The profile is a mean, so each past item speaks by its own vector; `values` (d, m)."""
        elsewhere = self.space.item_platform[past] != self.target
        block = (points[past] - self._centre) @ values
        return np.asarray(np.maximum(query.history.data[:, None] * block, 0) * elsewhere[:, None])


class TextMap(ProfileMap):
    """From the mean source vector to the mean target vector, then cosine with the candidates."""

    name = "your topics, as this platform speaks of them"
    prior = 0.1

    def _points(self, dataset: Dataset) -> Scores:
        return self.space.vectors

    def _wanted(self, target: csr_array, points: Scores) -> Scores:
        return _means(target, points[self.space.on(self.target)])

    def score(self, query: Query) -> Scores:
        """Product of the mapped profile and the candidates' vectors."""
        mapped = self._profiles(query.history, self.space.vectors) @ self._map
        return np.asarray(mapped @ self.space.vectors[query.candidates].T)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """Each past item's own mapped vector."""
        return self._evidence(query, past, self.space.vectors, self._map @ self.space.vectors[items].T)

    def arrays(self) -> Arrays:
        """Mean profile and map."""
        return {"centre": self._centre, "map": self._map}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._centre, self._map = arrays["centre"], arrays["map"]


class TasteMap(TextMap):
    """From the mean source vector straight to the target's items: what people of this taste went for."""

    name = "people with your taste"
    prior = 0.2

    def _wanted(self, target: csr_array, points: Scores) -> Scores:
        lengths = np.sqrt(np.maximum(np.diff(target.indptr), 1))
        ones = csr_array((np.ones(target.nnz), target.indices, target.indptr), shape=target.shape)
        return scale_rows(ones, 1 / lengths)  # sparse: the product with it is small

    def score(self, query: Query) -> Scores:
        """Product of the profile and the map's columns."""
        profiles = self._profiles(query.history, self.space.vectors)
        return np.asarray(profiles @ self._map[:, self.places(query.candidates)])

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """Each past item's own mapped vector."""
        return self._evidence(query, past, self.space.vectors, self._map[:, self.places(items)])


class CategoryMap(ProfileMap):
    """From the mean of the source's categories to the mean of the target's."""

    name = "categories you like elsewhere"
    prior = 0.1

    def _points(self, dataset: Dataset) -> Scores:
        """The categories borne most, dense; chosen anew at each fit."""
        bearers = np.bincount(self.space.categories.indices, minlength=self.space.categories.shape[1])
        self._chosen: IntArray = np.sort(np.argsort(-bearers, kind="stable")[:_MAX_CATEGORIES])
        return self._dense()

    def _dense(self) -> NDArray[np.float32]:
        columns = self.space.categories[:, self._chosen]
        return np.asarray(unit_rows(columns.toarray()), dtype=np.float32)

    def _wanted(self, target: csr_array, points: Scores) -> Scores:
        wanted = _means(target, points[self.space.on(self.target)])
        return np.asarray(wanted - wanted.mean(axis=0)) if len(wanted) else wanted

    def score(self, query: Query) -> Scores:
        """Product of the mapped profile and the candidates' categories."""
        mapped = self._profiles(query.history, self._items) @ self._map
        return np.asarray(mapped @ self._items[query.candidates].T)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """Each past item's own mapped categories."""
        return self._evidence(query, past, self._items, self._map @ self._items[items].T)

    @property
    def _items(self) -> NDArray[np.float32]:
        if not hasattr(self, "_kept"):
            self._kept = self._dense()
        return self._kept

    def arrays(self) -> Arrays:
        """Mean profile, map and the categories it speaks of."""
        return {"centre": self._centre, "map": self._map, "chosen": self._chosen}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._centre, self._map, self._chosen = arrays["centre"], arrays["map"], arrays["chosen"]


def _means(matrix: csr_array, points: Scores) -> Scores:
    """(q, d): weighted mean of the points of each row's items; zero for empty rows."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    sums = matrix.astype(np.float64) @ points.astype(np.float64)
    return np.asarray(sums / np.where(total > 0, total, 1)[:, None])
