"""The joint closed-form model as a component: EASE over all platforms, with text rows."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.models.bridge.components.closed_form import Problem, Solved, System
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["Joint", "OwnPlatform"]


class Joint(Component):
    """The model over all platforms, with text rows."""

    name = "liked together"
    prior = 0.3
    _system: System | None = None

    def fit(self, dataset: Dataset) -> None:
        """Solve it in the smaller form."""
        problem = self._problem(dataset)
        columns = np.flatnonzero(dataset.item_platform[problem.items] == self.target)
        self._empty, self._system = len(columns) == 0 or problem.rows.shape[0] == 0, None
        if not self._empty:
            self._system = System.of(problem, self.config.form)
            self._solved = self._system.solve(columns)

    def without(self, rest: Dataset) -> Self:
        """From the inverse there is. Popularity powers change with every event, so these need a fit."""
        if self._system is None or self.config.popularity_power > 0:
            return super().without(rest)
        problem = self._system.problem
        rows = problem.rows_of(self.amounts(rest.interactions))
        touched = np.bincount(rows.indices, minlength=len(problem.items)) > 0
        columns = np.flatnonzero(touched & (self.space.item_platform[problem.items] == self.target))
        left = type(self)(self.config, self.space, self.target)
        left._empty, left._system = len(columns) == 0, None
        if not left._empty:
            left._solved = self._system.solve_without(rows, columns)
        return left

    def settle(self) -> Self:
        """Itself without the inverse, unless scores need it, as in dual form."""
        self._system = None
        return self

    def _problem(self, dataset: Dataset) -> Problem:
        everything = np.arange(dataset.n_items)
        vectors = self.space.vectors if self.config.text_weight > 0 else self.space.vectors[:, :0]
        return Problem.of(dataset, self.config, everything, vectors, self.target, self.amounts)

    @property
    def idle(self) -> bool:
        """Where nobody touched an item of the target."""
        return self._empty

    def score(self, query: Query) -> Scores:
        """x B for the candidates that took part, 0 for the others."""
        history = self.amounts(csr_array(query.history[:, self._solved.items]))
        scores = self._solved.score(history)
        place, known = self._place(query.candidates)
        if known.all() and len(place) == scores.shape[1]:
            return scores
        silent = np.zeros(
            (len(scores), 1), dtype=scores.dtype
        )  # one gather is quicker than one and a scatter
        return np.take(np.hstack([scores, silent]), np.where(known, place, scores.shape[1]), axis=1)

    def _place(self, items: ItemNums) -> tuple[IntArray, NDArray[np.bool_]]:
        """Where `items` stand among the solved columns, and whether they do."""
        solved = self._solved.items[self._solved.kept["columns"]]
        place = np.minimum(np.searchsorted(solved, items), len(solved) - 1)
        return place, solved[place] == items

    def evidence(self, query: Query, past: ItemNums, items: ItemNums) -> FloatArray:
        """The terms of the sum x B."""
        at = np.minimum(np.searchsorted(self._solved.items, past), len(self._solved.items) - 1)
        took_part = self._solved.items[at] == past
        place, known = self._place(items)
        block = np.zeros((len(past), len(items)))
        block[np.ix_(took_part, known)] = self._solved.terms(at[took_part], place[known])
        return block

    def arrays(self) -> Arrays:
        """The solved problem."""
        return {} if self._empty else self._solved.kept

    def restore(self, arrays: Arrays) -> None:
        """Take it back."""
        self._empty, self._system = not arrays, None
        if arrays:
            self._solved = Solved(arrays)


class OwnPlatform(Joint):
    """The model of the target's interactions alone: with many target events, other platforms can disturb."""

    name = "liked together on this platform"
    prior = 0.2

    def _problem(self, dataset: Dataset) -> Problem:
        mine, nothing = self.space.on(self.target), self.space.vectors[:, :0]
        return Problem.of(dataset, self.config, mine, nothing, self.target, self.amounts)
