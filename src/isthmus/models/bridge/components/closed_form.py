"""The closed-form model behind `joint.py`: what is to be inverted, its inverse, scores from it.

X is people x items, E the text vectors (items x d). With G = X'X + g E E' + reg I the item-item weights are
B = I - P diag(1 / diag P), P = G^-1, and a person's scores are x B (steck-2019; side information:
jeunen-2020). Dual: the same with K = [X; sqrt(g) E'] [X; sqrt(g) E']' of people + d rows, because
P = (I - Z' (K + reg)^-1 Z) / reg for Z = [X; sqrt(g) E'].

Both sums are over people, so leaving the events of h people out changes them by a matrix of rank 2h: the
inverse follows from the one there is (Woodbury), which costs far less than another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.models.bridge.arrays import pack_sparse, unpack_sparse
from isthmus.models.bridge.components.base import Arrays, Scores
from isthmus.models.bridge.config import BridgeConfig
from isthmus.numeric import inverse_spd, scale_columns
from isthmus.schema import FloatArray, IntArray

__all__ = ["Problem", "Solved", "System"]


_EXACT_SIDE = 4_000
"""Larger inverses are kept in half the memory, in float32."""
_STEEPEST = 10_000.0
"""They are made in float32 too where the condition number is surely no larger: scores differ by 1e-6."""
_COLUMNS_AT_ONCE = 512
_PAIRS_AT_ONCE = 500_000
_MOSTLY_EMPTY = 1 / 30
"""Share of cells up to which a sparse matrix is multiplied as one: with more BLAS is quicker."""


@dataclass(frozen=True)
class Problem:
    """What is to be inverted: the rows Z and the columns (items) that take part."""

    rows: csr_array
    """(people, n): interactions times block weight and popularity normalisation."""
    text: NDArray[np.float64]
    """(n, d): sqrt(g) E, d = 0 without text rows."""
    items: IntArray
    """(n,): item numbers of the columns."""
    people: IntArray
    """(people,): user numbers of the rows."""
    factors: FloatArray
    """(n,): what a column of a history is multiplied by."""
    reg: float

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        config: BridgeConfig,
        items: IntArray,
        vectors: Scores,
        target: int,
        amounts: Callable[[csr_array], csr_array],
    ) -> Self:
        """The problem over `items`, cut to those with most people where both sides are too large.

        `amounts` gives what counts of each event.
        """
        counts = np.bincount(dataset.interactions.indices, minlength=dataset.n_items)
        touched = items[(counts[items] > 0)]
        d = vectors.shape[1]
        kept = np.flatnonzero(np.diff(dataset.interactions[:, touched].indptr) > 0)
        if min(len(kept) + d, len(touched)) > config.max_side:
            touched = np.sort(touched[np.argsort(-counts[touched], kind="stable")[: config.most_items]])
        factors = np.maximum(counts[touched], 1.0) ** -config.popularity_power
        factors = factors * np.where(dataset.item_platform[touched] == target, 1.0, config.source_weight)
        rows = amounts(csr_array(dataset.interactions[:, touched]))
        people = np.flatnonzero(np.diff(rows.indptr) > 0)
        text = vectors[touched].astype(np.float64) * np.sqrt(config.text_weight)
        return cls(scale_columns(rows[people], factors), text, touched, people, factors, config.reg)

    def rows_of(self, amounts: csr_array) -> csr_array:
        """`rows` as they are in `amounts` (n_users, n_items), of the same people and items."""
        return scale_columns(csr_array(amounts[self.people][:, self.items]), self.factors)

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
        self._shrunk = (self.kept["reg"].item() * self.kept["diagonal"]).astype(dtype)

    def score(self, history: csr_array) -> FloatArray:
        """(q, columns) for a `history` (q, n) over the problem's items, seen items not set apart."""
        if not self.dual:
            weights = self.kept["weights"]
            return np.asarray(scale_columns(history, self.factors).astype(weights.dtype) @ weights)
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
            A[new] = self._with_inverse(scaled[new])
        return A

    def _with_inverse(self, x: csr_array) -> FloatArray:
        """(q, side): x Z' times the inverse; where people share items with few others, these alone count."""
        inverse, n = self.kept["inverse"], self._rows.shape[0]
        shared = csr_array(x @ self._rows.T).astype(inverse.dtype)
        text = (x @ self._text).astype(inverse.dtype)
        if shared.nnz > _MOSTLY_EMPTY * shared.shape[0] * shared.shape[1]:
            return np.asarray(np.concatenate([shared.toarray(), text], axis=1) @ inverse)
        return np.asarray(shared @ inverse[:n] + text @ inverse[n:])

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
    """Finds rows equal to one of `rows`, by the sums of a random 64-bit number per column and of values."""

    def __init__(self, rows: csr_array) -> None:
        self._numbers = np.random.default_rng(0).integers(0, 2**64, rows.shape[1], dtype=np.uint64)
        sums = self._sums(rows)
        self._order = np.argsort(sums, kind="stable")
        self._sorted = sums[self._order]
        self._totals = np.asarray(rows.sum(axis=1))

    def find(self, rows: csr_array) -> IntArray:
        """(q,): number of an equal row, -1 where there is none."""
        sums = self._sums(rows)
        place = np.minimum(np.searchsorted(self._sorted, sums), len(self._sorted) - 1)
        found = self._order[place]
        same = (self._sorted[place] == sums) & np.isclose(self._totals[found], rows.sum(axis=1), rtol=1e-9)
        return np.asarray(np.where(same, found, -1))

    def _sums(self, rows: csr_array) -> NDArray[np.uint64]:
        upto = np.concatenate(
            [np.zeros(1, np.uint64), np.cumsum(self._numbers[rows.indices], dtype=np.uint64)]
        )
        return np.asarray(upto[rows.indptr[1:]] - upto[rows.indptr[:-1]])


@dataclass(frozen=True)
class System:
    """A problem with its inverse, from which the inverse without some events follows."""

    problem: Problem
    dual: bool
    inverse: NDArray[Any]
    """(n, n) of the items, or of people and text dimensions in dual form, float32 where that is large."""
    diagonal: FloatArray
    """(n,): diagonal of P, over the items."""

    @classmethod
    def of(cls, problem: Problem, form: Literal["auto", "primal", "dual"] = "auto") -> Self:
        """Invert the smaller side, or the one that `form` names."""
        primal = form == "primal" or (form == "auto" and len(problem.items) <= problem.dual_side)
        return cls._primal(problem) if primal else cls._dual(problem)

    @classmethod
    def _primal(cls, problem: Problem) -> Self:
        gram = problem.text @ problem.text.T  # (n, n); what people add comes in place, the matrix is large
        shared = (problem.rows.T @ problem.rows).tocoo()
        gram[shared.row, shared.col] += shared.data
        gram[np.diag_indices_from(gram)] += problem.reg
        P = inverse_spd(_in_single(gram, problem.reg), overwrite=True)
        diagonal = P.diagonal().astype(np.float64)
        return cls(problem, False, P.astype(np.float32, copy=False) if len(P) > _EXACT_SIDE else P, diagonal)

    @classmethod
    def _dual(cls, problem: Problem) -> Self:
        """Never forms items x items."""
        X, text = problem.rows, problem.text
        n = X.shape[0]
        K = np.empty((problem.dual_side, problem.dual_side))
        K[:n, :n] = (X @ X.T).toarray()
        K[n:, :n] = (X @ text).T
        K[:n, n:] = K[n:, :n].T
        K[n:, n:] = text.T @ text
        K[np.diag_indices_from(K)] += problem.reg
        inverse = inverse_spd(_in_single(K, problem.reg), overwrite=True)
        diagonal = _diagonal(inverse, X, text, problem.reg, np.arange(len(problem.items)))
        if len(inverse) > _EXACT_SIDE:
            inverse = inverse.astype(np.float32, copy=False)
        return cls(problem, True, inverse, diagonal)

    def solve(self, columns: IntArray) -> Solved:
        """Scores for the items at `columns`."""
        if not self.dual:
            return self._weighed(self.inverse[:, columns], self.diagonal[columns], columns)
        return self._kept(self.inverse, self.problem.rows, self.diagonal[columns], columns)

    def solve_without(self, rows: csr_array, columns: IntArray) -> Solved:
        """The same where people have only `rows`, which lack some of the problem's own."""
        removed = csr_array(self.problem.rows - rows)
        removed.eliminate_zeros()
        fewer = np.flatnonzero(np.diff(removed.indptr))
        if not self.dual:
            return self._primal_without(rows[fewer], fewer, columns)
        inverse = self._dual_without(removed[fewer], fewer)
        diagonal = _diagonal(inverse, rows, self.problem.text, self.problem.reg, columns)
        return self._kept(inverse, rows, diagonal, columns)

    def _primal_without(self, rows: csr_array, fewer: IntArray, columns: IntArray) -> Solved:
        """(G + V' S V)^-1 = P - W (S + V W)^-1 W', V their rows before and after, S = -1 and 1, W = P V'."""
        V = csr_array(vstack([self.problem.rows[fewer], rows], format="csr"))
        signs = np.repeat([-1.0, 1.0], len(fewer))
        dtype = self.inverse.dtype
        W = np.ascontiguousarray((V.astype(dtype) @ self.inverse).T)  # (n, 2h); the inverse is symmetric
        middle = np.diag(signs) + V @ W.astype(np.float64)
        across = np.linalg.solve(middle, W[columns].T.astype(np.float64))  # (2h, columns)
        P = self.inverse[:, columns] - W @ across.astype(dtype)
        return self._weighed(P, P[columns, np.arange(len(columns))], columns)

    def _dual_without(self, removed: csr_array, fewer: IntArray) -> NDArray[Any]:
        """Without R (h, items) in the rows E: K - E F' - F E' + E R R' E', F = Z R', again by Woodbury."""
        h, dtype = len(fewer), self.inverse.dtype
        F = np.concatenate([(self.problem.rows @ removed.T).toarray(), (removed @ self.problem.text).T])
        Y = np.concatenate([self.inverse[:, fewer], self.inverse @ F.astype(dtype)], axis=1)  # (n, 2h)
        middle = np.zeros((2 * h, 2 * h))
        middle[:h, h:] = middle[h:, :h] = -np.eye(h)
        middle[h:, h:] = -(removed @ removed.T).toarray()
        middle += np.concatenate([Y[fewer], F.T.astype(dtype) @ Y])
        return np.asarray(self.inverse - Y @ np.linalg.solve(middle, Y.T.astype(np.float64)).astype(dtype))

    def _weighed(self, P: FloatArray, diagonal: FloatArray, columns: IntArray) -> Solved:
        B = -P / diagonal.astype(P.dtype)
        B[columns, np.arange(len(columns))] = 0.0
        return Solved(self._common(columns) | {"weights": B})

    def _kept(
        self, inverse: NDArray[Any], rows: csr_array, diagonal: FloatArray, columns: IntArray
    ) -> Solved:
        kept = {"inverse": inverse, "text": self.problem.text, "diagonal": diagonal}
        reg = {"reg": np.array([self.problem.reg])}
        return Solved(self._common(columns) | kept | reg | pack_sparse("rows", rows))

    def _common(self, columns: IntArray) -> Arrays:
        return {"items": self.problem.items, "factors": self.problem.factors, "columns": columns}


def _in_single(matrix: NDArray[np.float64], reg: float) -> NDArray[Any]:
    """In float32 where `matrix`, with `reg` on its diagonal, is large and surely well conditioned."""
    steep = len(matrix) <= _EXACT_SIDE or _largest_row(matrix) >= _STEEPEST * reg
    return matrix if steep else matrix.astype(np.float32)


def _largest_row(matrix: FloatArray) -> float:
    """Largest sum of absolute values in a row, which no eigenvalue exceeds (Gershgorin)."""
    return max(
        float(np.abs(matrix[start : start + 512]).sum(axis=1).max()) for start in range(0, len(matrix), 512)
    )


def _diagonal(
    inverse: NDArray[Any], X: csr_array, text: FloatArray, reg: float, columns: IntArray
) -> FloatArray:
    """(columns,): of P = (1 - z' M z) / reg, z = [x; t] a column of Z: sparse, dense and mixed part."""
    n, mine = X.shape[0], csr_array(X[:, columns])
    t = text[columns]
    across = ((mine.T @ inverse[:n, n:]) * t).sum(axis=1)
    dense = ((t @ inverse[n:, n:]) * t).sum(axis=1)
    return np.asarray((1.0 - _quadratic(inverse, csr_array(mine.T)) - 2 * across - dense) / reg)


def _quadratic(inverse: NDArray[Any], rows: csr_array) -> FloatArray:
    """(m,): x M x' of each of the sparse `rows` (m, n), those of equal length together."""
    lengths, found = np.diff(rows.indptr), np.zeros(rows.shape[0])
    for length in np.unique(lengths[lengths > 0]):
        alike = np.flatnonzero(lengths == length)
        for start in range(0, len(alike), max(1, _PAIRS_AT_ONCE // int(length) ** 2)):
            some = alike[start : start + max(1, _PAIRS_AT_ONCE // int(length) ** 2)]
            cells = rows.indptr[some][:, None] + np.arange(length)
            people, values = rows.indices[cells], rows.data[cells]
            pairs = inverse[people[:, :, None], people[:, None, :]]  # (some, length, length)
            found[some] = (np.matmul(pairs, values[:, :, None])[:, :, 0] * values).sum(axis=1)
    return found
