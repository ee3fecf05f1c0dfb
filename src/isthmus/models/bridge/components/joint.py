"""The joint closed-form model: EASE over all platforms, with each text dimension as a pseudo-person.

X is people x items, E the text vectors (items x d). With G = X'X + g E E' + reg I the item-item weights are
B = I - P diag(1 / diag P), P = G^-1, and a person's scores are x B (steck-2019; side information:
jeunen-2020). Dual: the same with K = [X; sqrt(g) E'] [X; sqrt(g) E']' of people + d rows, because
P = (I - Z' (K + reg)^-1 Z) / reg for Z = [X; sqrt(g) E'].
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.models.bridge.config import BridgeConfig
from isthmus.numeric import inverse_spd, scale_columns
from isthmus.schema import FloatArray, IntArray, ItemNums, Query

__all__ = ["Joint", "OwnPlatform"]


_EXACT_SIDE = 4_000
"""Larger inverses are kept in half the memory, in float32."""
_STEEPEST = 10_000.0
"""They are made in float32 too where the condition number is surely no larger: scores differ by 1e-6."""
_COLUMNS_AT_ONCE = 512


@dataclass(frozen=True)
class Problem:
    """What is to be inverted: the rows Z and the columns (items) that take part."""

    rows: csr_array
    """(people, n): binary interactions times block weight and popularity normalisation."""
    text: NDArray[np.float64]
    """(n, d): sqrt(g) E, d = 0 without text rows."""
    items: IntArray
    """(n,): item numbers of the columns."""
    factors: FloatArray
    """(n,): what a column of a binary history is multiplied by."""
    reg: float

    @classmethod
    def of(
        cls, dataset: Dataset, config: BridgeConfig, items: IntArray, vectors: Scores, target: int
    ) -> Self:
        """The problem over `items`, cut to those with most people where both sides are too large."""
        counts = np.bincount(dataset.interactions.indices, minlength=dataset.n_items)
        touched = items[(counts[items] > 0)]
        d = vectors.shape[1]
        kept = np.flatnonzero(np.diff(dataset.interactions[:, touched].indptr) > 0)
        if min(len(kept) + d, len(touched)) > config.max_side:
            touched = np.sort(touched[np.argsort(-counts[touched], kind="stable")[: config.max_side]])
        factors = np.maximum(counts[touched], 1.0) ** -config.popularity_power
        factors = factors * np.where(dataset.item_platform[touched] == target, 1.0, config.source_weight)
        rows = csr_array(dataset.interactions[:, touched])
        rows.data = np.ones(rows.nnz)
        rows = scale_columns(rows[np.flatnonzero(np.diff(rows.indptr) > 0)], factors)
        text = vectors[touched].astype(np.float64) * np.sqrt(config.text_weight)
        return cls(rows, text, touched, factors, config.reg)

    @property
    def dual_side(self) -> int:
        """Rows of K."""
        return int(self.rows.shape[0]) + int(self.text.shape[1])


class Solved:
    """A solved problem that gives scores for its own items. Arrays only, so that it can be saved."""

    def __init__(self, arrays: Arrays) -> None:
        self.kept = arrays
        self.items: IntArray = arrays["items"]
        self.factors: FloatArray = arrays["factors"]
        self.dual = "rows.data" in arrays
        if self.dual:
            self._rows, self._text = unpack_sparse("rows", arrays), arrays["text"]
            self._known = KnownRows(self._rows)
            self._prepare(arrays["columns"], arrays["inverse"].dtype)

    def _prepare(self, columns: IntArray, dtype: Any) -> None:
        """What every answer in dual form needs of the target's columns, in the precision of the inverse."""
        self._theirs = csr_array(self._rows[:, columns].T).astype(dtype)  # (columns, people)
        self._their_text = np.ascontiguousarray(self._text[columns].T, dtype=dtype)  # (d, columns)
        self._shrunk = (self.kept["reg"].item() * self.kept["diagonal"][columns]).astype(dtype)

    @classmethod
    def primal(cls, problem: Problem, columns: IntArray) -> Self:
        """Invert over items; keeps the weights from every item to those at `columns` of the problem."""
        gram = problem.text @ problem.text.T  # (n, n); what people add comes in place, the matrix is large
        shared = (problem.rows.T @ problem.rows).tocoo()
        gram[shared.row, shared.col] += shared.data
        gram[np.diag_indices_from(gram)] += problem.reg
        P = inverse_spd(gram, overwrite=True)
        B = -P[:, columns] / P.diagonal()[columns]
        B[columns, np.arange(len(columns))] = 0.0
        return cls(_common(problem, columns) | {"weights": B})

    @classmethod
    def solve_dual(cls, problem: Problem, columns: IntArray) -> Self:
        """Invert over people and text dimensions; never forms items x items."""
        X, text = problem.rows, problem.text
        n = X.shape[0]
        K = np.empty((problem.dual_side, problem.dual_side))
        K[:n, :n] = (X @ X.T).toarray()
        K[n:, :n] = (X @ text).T
        K[:n, n:] = K[n:, :n].T
        K[n:, n:] = text.T @ text
        K[np.diag_indices_from(K)] += problem.reg
        if len(K) > _EXACT_SIDE and _largest_row(K) < _STEEPEST * problem.reg:
            K = K.astype(np.float32)
        inverse = inverse_spd(K, overwrite=True)
        diagonal = (1.0 - _quadratic(inverse, X, text)) / problem.reg
        if len(inverse) > _EXACT_SIDE:
            inverse = inverse.astype(np.float32, copy=False)
        kept = {"inverse": inverse, "text": text, "diagonal": diagonal, "reg": np.array([problem.reg])}
        return cls(_common(problem, columns) | kept | pack_sparse("rows", X))

    def score(self, history: csr_array) -> FloatArray:
        """(q, columns) for a binary `history` (q, n) over the problem's items, seen items not set apart."""
        if not self.dual:
            scaled = scale_columns(history, self.factors)
            return np.asarray(scaled @ self.kept["weights"] * 1.0)
        return self._dual_scores(scale_columns(history, self.factors))

    def _dual_scores(self, scaled: csr_array) -> FloatArray:
        """x B = x (I - P / diag P); the first term is cancelled on the person's own items."""
        n, A = self._rows.shape[0], self._smoothed(scaled)
        scores: FloatArray = A[:, n:] @ self._their_text  # x Z' (K + reg)^-1 Z, text, then people
        by_people = np.ascontiguousarray(A[:, :n].T)
        for start in range(0, len(self._shrunk), _COLUMNS_AT_ONCE):  # what is turned round stays in the cache
            some = slice(start, start + _COLUMNS_AT_ONCE)
            scores[:, some] += (self._theirs[some] @ by_people).T
        scores /= self._shrunk
        own = scaled[:, self.kept["columns"]].tocoo()
        scores[own.row, own.col] += own.data * (1.0 - 1.0 / self._shrunk[own.col])
        return scores

    def _smoothed(self, scaled: csr_array) -> FloatArray:
        """(q, side): x Z' (K + reg)^-1. For somebody who was fitted it is a row of I - reg (K + reg)^-1."""
        inverse, reg = self.kept["inverse"], self.kept["reg"].item()
        same = self._known.find(scaled)
        A = np.empty((scaled.shape[0], len(inverse)), dtype=inverse.dtype)
        A[same >= 0] = -reg * inverse[same[same >= 0]]
        A[same >= 0, same[same >= 0]] += 1.0
        new = np.flatnonzero(same < 0)
        if len(new):
            x = scaled[new]
            K = np.concatenate([(x @ self._rows.T).toarray(), x @ self._text], axis=1).astype(inverse.dtype)
            A[new] = K @ inverse
        return A

    def terms(self, past: IntArray, asked: IntArray) -> FloatArray:
        """(h, m): weights from columns of the problem to places in `columns`."""
        if not self.dual:
            return np.asarray(self.factors[past][:, None] * self.kept["weights"][past][:, asked])
        single = csr_array(
            (np.ones(len(past)), (np.arange(len(past)), past)), shape=(len(past), len(self.items))
        )
        scores = self.score(single)[:, asked]
        scores[past[:, None] == self.kept["columns"][asked][None, :]] = 0.0
        return scores


class KnownRows:
    """Finds rows of the same pattern as one of `rows`, by the sum of a random 64-bit number per column."""

    def __init__(self, rows: csr_array) -> None:
        self._numbers = np.random.default_rng(0).integers(0, 2**64, rows.shape[1], dtype=np.uint64)
        sums = self._sums(rows)
        self._order = np.argsort(sums, kind="stable")
        self._sorted = sums[self._order]

    def find(self, rows: csr_array) -> IntArray:
        """(q,): number of an equal row, -1 where there is none."""
        sums = self._sums(rows)
        place = np.minimum(np.searchsorted(self._sorted, sums), len(self._sorted) - 1)
        return np.asarray(np.where(self._sorted[place] == sums, self._order[place], -1))

    def _sums(self, rows: csr_array) -> NDArray[np.uint64]:
        upto = np.concatenate(
            [np.zeros(1, np.uint64), np.cumsum(self._numbers[rows.indices], dtype=np.uint64)]
        )
        return np.asarray(upto[rows.indptr[1:]] - upto[rows.indptr[:-1]])


def _largest_row(matrix: FloatArray) -> float:
    """Largest sum of absolute values in a row, which no eigenvalue exceeds (Gershgorin)."""
    return max(
        float(np.abs(matrix[start : start + 512]).sum(axis=1).max()) for start in range(0, len(matrix), 512)
    )


def _common(problem: Problem, columns: IntArray) -> Arrays:
    return {"items": problem.items, "factors": problem.factors, "columns": columns}


def _quadratic(inverse: FloatArray, X: csr_array, text: FloatArray) -> FloatArray:
    """(n,): z' M z for every column z = [x; t] of Z: sparse part, dense part and their product."""
    n = X.shape[0]
    columns = X.tocsc()
    people = np.zeros(X.shape[1])
    for item in range(X.shape[1]):
        mine = slice(columns.indptr[item], columns.indptr[item + 1])
        rows, values = columns.indices[mine], columns.data[mine]
        people[item] = values @ inverse[np.ix_(rows, rows)] @ values
    across = ((X.T @ inverse[:n, n:]) * text).sum(axis=1)
    dense = ((text @ inverse[n:, n:]) * text).sum(axis=1)
    return np.asarray(people + 2 * across + dense)


class Joint(Component):
    """The model over all platforms, with text rows."""

    name = "liked together"
    prior = 0.3

    def fit(self, dataset: Dataset) -> None:
        """Solve it in the smaller form."""
        problem = self._problem(dataset)
        columns = np.flatnonzero(dataset.item_platform[problem.items] == self.target)
        primal = self.config.form == "primal" or (
            self.config.form == "auto" and len(problem.items) <= problem.dual_side
        )
        self._empty = len(columns) == 0 or problem.rows.shape[0] == 0
        if not self._empty:
            self._solved = (Solved.primal if primal else Solved.solve_dual)(problem, columns)

    def _problem(self, dataset: Dataset) -> Problem:
        everything = np.arange(dataset.n_items)
        vectors = self.space.vectors if self.config.text_weight > 0 else self.space.vectors[:, :0]
        return Problem.of(dataset, self.config, everything, vectors, self.target)

    @property
    def idle(self) -> bool:
        """Where nobody touched an item of the target."""
        return self._empty

    def score(self, query: Query) -> Scores:
        """x B for the candidates that took part, 0 for the others."""
        history = csr_array(query.history[:, self._solved.items])
        history.data = np.ones(history.nnz)
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
        self._empty = not arrays
        if arrays:
            self._solved = Solved(arrays)


class OwnPlatform(Joint):
    """The model of the target's interactions alone: with many target events, other platforms can disturb."""

    name = "liked together on this platform"
    prior = 0.2

    def _problem(self, dataset: Dataset) -> Problem:
        nothing = self.space.vectors[:, :0]
        return Problem.of(dataset, self.config, self.space.on(self.target), nothing, self.target)
