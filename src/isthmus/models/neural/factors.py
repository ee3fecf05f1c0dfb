"""Factors of people and items, and how somebody whose history is new is given some.

A person is known by the set of items they touched: whoever comes with a history that somebody had when the
model was fitted is given what was learnt of it. For any other history the factors come from a linear solve
over the item factors, which stay as they are (hu-2008).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.models.base import Arrays
from isthmus.models.neural.validation import Case, Validation
from isthmus.models.shares import Shares
from isthmus.schema import NO_ITEM, Explanations, FloatArray, IntArray, ItemNums

__all__ = ["Factors", "explain_product", "fingerprints", "first_of_each", "look_up"]

_UNSEEN = (0.003, 0.01, 0.03, 0.1)
_RIDGE = (0.1, 0.3, 1.0, 3.0)
"""What is tried for the linear solve: weight of what was not touched, and ridge over the mean squared length.
"""
_SMALL = 1e-9


@dataclass(frozen=True)
class Factors:
    """A score is the product of a person's and an item's factors."""

    items: ItemNums
    """(m,) ascending: the items that have factors, by their number in the dataset."""
    vectors: NDArray[np.float32]
    """(m, d), in the order of `items`."""
    people: NDArray[np.float32]
    """(p, d), in the order of `prints`."""
    prints: IntArray
    """(p,) ascending: what each person's history on `items` was, as one number."""
    solver: FloatArray
    """(d, d): (w Q'Q + ridge I)^-1, Q the item factors, w the weight of what was not touched."""

    @classmethod
    def of(
        cls,
        items: ItemNums,
        vectors: NDArray[np.float32],
        people: NDArray[np.float32],
        history: csr_array,
        validation: Validation | None = None,
    ) -> Self:
        """From `people` (n_users, d) whose histories are the rows of `history` (n_users, n_items).

        Weight and ridge of the solve are those that serve the people of `validation` best.
        """
        prints = fingerprints(history, items)
        first = first_of_each(prints)
        solvers = (
            list(_solvers(vectors)) if validation and validation.cases else [_solver(vectors, 0.01, 0.3)]
        )
        made = [cls(items, vectors, people[first], prints[first], solver) for solver in solvers]
        if validation is None or len(made) == 1:
            return made[0]
        return max(made, key=lambda one: validation.ndcg(one._scores_of_strangers))

    @classmethod
    def read(cls, arrays: Arrays, prefix: str = "") -> Self:
        """What `arrays` gave, under names that begin with `prefix`."""
        return cls(*(arrays[prefix + name] for name in cls.__dataclass_fields__))

    def arrays(self, prefix: str = "") -> Arrays:
        """Everything, to be kept."""
        return {prefix + name: getattr(self, name) for name in self.__dataclass_fields__}

    def of_people(self, history: csr_array) -> FloatArray:
        """(q, d): what was learnt of each history (q, n_items), or what the solve makes of it."""
        places, known = self._look_up(history)
        factors = np.zeros((history.shape[0], self.vectors.shape[1]))
        factors[known] = self.people[places[known]]
        factors[~known] = self.fold_in(history[np.flatnonzero(~known)])
        return factors

    def known(self, history: csr_array) -> NDArray[np.bool_]:
        """(q,): whether somebody had this history when the factors were learnt."""
        return self._look_up(history)[1]

    def fold_in(self, history: csr_array) -> FloatArray:
        """(q, d): the p that minimise sum_h (1 - p.q_h)^2 + w sum_j (p.q_j)^2 + ridge |p|^2."""
        mine = history[:, self.items]
        factors = np.zeros((history.shape[0], self.vectors.shape[1]))
        for row in np.flatnonzero(np.diff(mine.indptr)):
            coefficients, basis = self._solve(mine.indices[mine.indptr[row] : mine.indptr[row + 1]])
            factors[row] = coefficients @ basis
        return factors

    def on(self, items: ItemNums) -> FloatArray:
        """(c, d): the factors of `items`, zeros for those that have none."""
        places = np.minimum(np.searchsorted(self.items, items), max(0, len(self.items) - 1))
        found = self.vectors[places].astype(np.float64)
        found[self.items[places] != items] = 0.0
        return found

    def parts(self, history: csr_array) -> Iterator[tuple[ItemNums, FloatArray, FloatArray]]:
        """Per row past items (h,), the part (h, d) that each has in the person's factors, and the rest (d,).

        Factors that were solved for are a sum over past items; of those that were learnt the sum is as near
        as a sum of the past items' factors comes, and the rest is what remains.
        """
        places, known = self._look_up(history)
        mine = history[:, self.items]
        for row in range(history.shape[0]):
            past = mine.indices[mine.indptr[row] : mine.indptr[row + 1]]
            rest = np.zeros(self.vectors.shape[1])
            if known[row]:
                rest = self.people[places[row]].astype(np.float64)
                basis = self.vectors[past].astype(np.float64)
                gram = basis @ basis.T
                gram[np.diag_indices_from(gram)] += 0.01 * np.trace(gram) / len(past) + _SMALL
                coefficients = np.linalg.solve(gram, basis @ rest)
                rest = rest - coefficients @ basis
            else:
                coefficients, basis = self._solve(past)
            yield self.items[past], coefficients[:, None] * basis, rest

    def _scores_of_strangers(self, case: Case) -> FloatArray:
        return np.asarray(self.fold_in(case.query.history) @ self.on(case.query.candidates).T)

    def _solve(self, past: NDArray[np.integer]) -> tuple[FloatArray, FloatArray]:
        """Coefficients (h,) and basis (h, d) of a person's factors: by Woodbury only h x h is solved."""
        touched = self.vectors[past].astype(np.float64)
        basis = touched @ self.solver
        coefficients = np.linalg.solve(np.eye(len(past)) + basis @ touched.T, np.ones(len(past)))
        return np.asarray(coefficients, dtype=np.float64), basis

    def _look_up(self, history: csr_array) -> tuple[IntArray, NDArray[np.bool_]]:
        return look_up(self.prints, fingerprints(history, self.items))


Parts = Iterable[tuple[ItemNums, FloatArray, FloatArray]]
"""Per row: past items (h,), the part (h, d) each has in a person's factors, and the rest (d,)."""


def explain_product(
    parts: Parts, items: ItemNums, factors_of: Callable[[ItemNums], FloatArray], names: tuple[str, str]
) -> Explanations:
    """Explain scores that are products of a person's factors, in `parts`, and those (m, d) of the `items`.

    `names` are those of what rests on past items and of what does not.
    """
    shares = Shares(names)
    scores, constant = np.zeros(items.shape), np.zeros(items.shape)
    for row, (past, of_past, rest) in enumerate(parts):
        positions = np.flatnonzero(items[row] != NO_ITEM)
        asked = factors_of(items[row, positions])
        block = of_past @ asked.T
        constant[row, positions] = rest @ asked.T
        scores[row, positions] = block.sum(axis=0) + constant[row, positions]
        shares.add(row, positions, past, block)
    shares.add_constant(constant, 1)
    return shares.explain(scores)


def fingerprints(history: csr_array, items: ItemNums) -> IntArray:
    """(q,): a number for the set of `items` that each row of `history` (q, n_items) holds; 0 for none."""
    code = np.zeros(history.shape[1], dtype=np.uint64)
    with np.errstate(over="ignore"):
        mixed = (items.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        code[items] = mixed ^ (mixed >> np.uint64(31))
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(code[history.indices], dtype=np.uint64)])
        found = sums[history.indptr[1:]] - sums[history.indptr[:-1]]
    return found.view(np.int64)


def first_of_each(prints: IntArray) -> IntArray:
    """Where each fingerprint stands first, in ascending order of fingerprints, the empty history left out."""
    distinct, first = np.unique(prints, return_index=True)
    return first[distinct != 0]


def look_up(known: IntArray, prints: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Where each of `prints` (q,) stands among the ascending `known`, and whether it does."""
    if len(known) == 0:
        return np.zeros(len(prints), dtype=np.int64), np.zeros(len(prints), dtype=bool)
    places = np.minimum(np.searchsorted(known, prints), len(known) - 1)
    return places, (known[places] == prints) & (prints != 0)


def _solvers(vectors: NDArray[np.float32]) -> Iterator[FloatArray]:
    return (_solver(vectors, unseen, ridge) for unseen in _UNSEEN for ridge in _RIDGE)


def _solver(vectors: NDArray[np.float32], unseen: float, ridge: float) -> FloatArray:
    gram = vectors.T.astype(np.float64) @ vectors.astype(np.float64)
    length = np.trace(gram) / max(1, len(vectors))
    return np.asarray(np.linalg.inv(unseen * gram + (ridge * length + _SMALL) * np.eye(len(gram))))
