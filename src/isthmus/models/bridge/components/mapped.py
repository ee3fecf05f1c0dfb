"""Components that carry a person's mean source vector over to the target by ridge regression.

They need sums over people only (d x d and d x items), hold no row per person and answer for anybody with a
history elsewhere. A person's profile is the mean of the vectors of their items on other platforms.
"""

from abc import abstractmethod
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.components.base import Arrays, LowRank, Scores
from isthmus.numeric import scale_rows, unit_rows
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["CategoryMap", "TasteMap", "TextMap"]

_MAX_CATEGORIES = 128


class ProfileMap(LowRank):
    """A linear map from profiles; subclasses say in which space and to what."""

    def _learn(self, dataset: Dataset) -> None:
        """Ridge regression over the people known on the target and elsewhere."""
        points = self._points(dataset)
        target = self._on_target(dataset.interactions)
        source = self.elsewhere(dataset.interactions)
        both = np.flatnonzero((np.diff(source.indptr) > 0) & (np.diff(target.indptr) > 0))
        profiles = _means(source[both], points)
        mean = profiles.mean(axis=0) if len(both) else np.zeros(points.shape[1])
        self._centre = mean.astype(np.float32)
        A = unit_rows(profiles - self._centre).astype(np.float64)  # (people, d)
        right = self._wanted(target[both], points)
        gram = A.T @ A + self.config.map_reg * np.eye(A.shape[1])
        self._map = np.linalg.solve(gram, A.T @ right).astype(np.float32)

    @abstractmethod
    def _points(self, dataset: Dataset) -> Scores:
        """(n_items, d): where items lie."""

    @abstractmethod
    def _wanted(self, target: csr_array, points: Scores) -> Scores | csr_array:
        """(people, r): what the map is to give for the people's `target` rows."""

    @property
    @abstractmethod
    def _items(self) -> Scores:
        """`_points` of the last fit."""

    def _on_target(self, interactions: csr_array) -> csr_array:
        return csr_array(interactions[:, self.space.on(self.target)])

    @property
    def idle(self) -> bool:
        """Where there was nobody to learn from."""
        return not self._map.any()

    def people(self, query: Query) -> Scores:
        """The profiles, zero for those with nothing elsewhere."""
        source = self.elsewhere(query.history)
        profiles = unit_rows(_means(source, self._items) - self._centre)
        return np.asarray(profiles * (np.diff(source.indptr) > 0)[:, None], dtype=np.float32)

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """The profile is a mean, so each past item elsewhere speaks by its own vector."""
        elsewhere = self.space.item_platform[past] != self.target
        block = (self._items[past] - self._centre) @ self.columns(self.places(items))
        return np.asarray(np.maximum(query.history.data[:, None] * block, 0) * elsewhere[:, None])

    def arrays(self) -> Arrays:
        """Mean profile and map."""
        return {"centre": self._centre, "map": self._map}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._centre, self._map = arrays["centre"], arrays["map"]


class TextMap(ProfileMap):
    """From the mean source vector to the mean target vector, then cosine with the candidates."""

    name = "your topics, as this platform speaks of them"
    prior = 0.1

    def _points(self, dataset: Dataset) -> Scores:
        return self.space.vectors

    @property
    def _items(self) -> Scores:
        return self.space.vectors

    def _wanted(self, target: csr_array, points: Scores) -> Scores | csr_array:
        return _means(target, points[self.space.on(self.target)])

    def columns(self, places: IntArray | slice) -> Scores:
        """The items' vectors, as the map sees them."""
        return np.asarray(self._map @ self.space.vectors[self.space.on(self.target)[places]].T)


class TasteMap(TextMap):
    """From the mean source vector straight to the target's items: what people of this taste went for."""

    name = "people with your taste"
    prior = 0.2

    def _wanted(self, target: csr_array, points: Scores) -> Scores | csr_array:
        lengths = np.sqrt(np.maximum(np.diff(target.indptr), 1))
        ones = csr_array((np.ones(target.nnz), target.indices, target.indptr), shape=target.shape)
        return scale_rows(ones, 1 / lengths)  # sparse: the product with it is small

    def columns(self, places: IntArray | slice) -> Scores:
        """The map itself."""
        return self._map[:, places]


class CategoryMap(ProfileMap):
    """From the mean of the source's categories to the mean of the target's."""

    name = "categories you like elsewhere"
    prior = 0.1

    def _points(self, dataset: Dataset) -> Scores:
        """The categories borne most, dense; chosen anew at each fit."""
        bearers = np.bincount(self.space.categories.indices, minlength=self.space.categories.shape[1])
        self._chosen: IntArray = np.sort(np.argsort(-bearers, kind="stable")[:_MAX_CATEGORIES])
        self.__dict__.pop("_items", None)
        return self._items

    @cached_property
    def _items(self) -> Scores:
        columns = self.space.categories[:, self._chosen]
        return np.asarray(unit_rows(columns.toarray()), dtype=np.float32)

    def _wanted(self, target: csr_array, points: Scores) -> Scores:
        wanted = _means(target, points[self.space.on(self.target)])
        return np.asarray(wanted - wanted.mean(axis=0)) if len(wanted) else wanted

    def columns(self, places: IntArray | slice) -> Scores:
        """The items' categories, as the map sees them."""
        return np.asarray(self._map @ self._items[self.space.on(self.target)[places]].T)

    def arrays(self) -> Arrays:
        """Mean profile, map and the categories it speaks of."""
        return super().arrays() | {"chosen": self._chosen}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._chosen = arrays["chosen"]
        super().restore(arrays)


def _means(matrix: csr_array, points: Scores) -> Scores:
    """(q, d): weighted mean of the points of each row's items; zero for empty rows."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    sums = matrix.astype(np.float32) @ points  # points stay as they are: they are many
    return np.asarray(sums / np.where(total > 0, total, 1)[:, None], dtype=np.float32)
