"""Factors of a sparse matrix by ridge regressions over all its cells, rows and columns taking turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.numeric.sparse import scale_columns
from isthmus.numeric.threads import single_threaded
from isthmus.schema import FloatArray, IntArray

__all__ = ["ColumnFactors"]

Factors = NDArray[np.floating]
"""float32, in which all is learnt, or float64 for scores that add up to more digits."""

_AT_ONCE = 2_000_000
"""Numbers that are gathered at once: 8 MB."""
_ROWS_AT_ONCE = 1_000
_START = 0.1
"""Standard deviation of the factors before the first round."""


@dataclass(frozen=True)
class ColumnFactors:
    """What stands for the columns; factors of any row are solved for with them.

    The cells seen have weights w; rows P and columns Q minimise (hu-2008, in the form of rendle-2022)

        sum over cells seen of w (1 - p.q)^2 + unseen * sum over all cells of (p.q)^2 + ridge (|P|^2 + |Q|^2).

    The ridge cuts the directions that are no more than noise to nothing, as a threshold of singular values.
    """

    vectors: Factors
    """(m, d)"""
    solver: Factors
    """(d, d): (unseen Q'CQ + ridge I)^-1, C the counts of the columns."""

    @classmethod
    def learn(
        cls,
        matrix: csr_array,
        size: int,
        *,
        unseen: float,
        ridge: float,
        rounds: int,
        rng: np.random.Generator,
        counts: FloatArray | None = None,
    ) -> Self:
        """Take turns on (n, m) `matrix` from factors drawn by `rng`; directions cut to nothing are left out.

        All cells of a column, seen and unseen, are multiplied by its `counts` (m,), one where there are none;
        rows that are asked for later must be multiplied by the caller.
        A round takes O(nnz d (d + h)) for rows of h < d cells; longer ones d^3 each. `d` is at most `size`.
        """
        counts = np.ones(matrix.shape[1]) if counts is None else counts
        seen = csr_array(matrix.astype(np.float32))
        weighted, turned = scale_columns(seen, counts).astype(np.float32), csr_array(seen.T)
        alike = [(float(one), np.flatnonzero(counts == one)) for one in np.unique(counts)]
        vectors = (_START * rng.standard_normal((seen.shape[1], max(1, min(size, *seen.shape))))).astype(
            np.float32
        )
        with single_threaded():
            for _ in range(rounds):
                rows = cls.of(vectors, unseen, ridge, counts).of_rows(weighted)
                for one, columns in alike:  # a column's cells times c is the ridge divided by c
                    vectors[columns] = cls.of(rows, unseen, ridge / one).of_rows(turned[columns])
                vectors = _turned(vectors, counts)
            return cls.of(vectors, unseen, ridge, counts)

    @classmethod
    def of(cls, vectors: Factors, unseen: float, ridge: float, counts: FloatArray | None = None) -> Self:
        """With given `vectors` (m, d)."""
        weighted = vectors if counts is None else vectors * counts[:, None].astype(vectors.dtype)
        base = unseen * (weighted.T @ vectors).astype(np.float64) + ridge * np.eye(vectors.shape[1])
        return cls(vectors, np.linalg.inv(base).astype(vectors.dtype))

    def precise(self) -> Self:
        """The same in float64."""
        return type(self)(self.vectors.astype(np.float64), self.solver.astype(np.float64))

    def of_rows(self, rows: csr_array) -> Factors:
        """(q, d): the best factors of `rows` (q, m), whose entries are weights; zeros for an empty row."""
        found = np.zeros((rows.shape[0], self.vectors.shape[1]), dtype=self.vectors.dtype)
        with single_threaded():
            base, used = np.linalg.inv(self.solver), np.unique(rows.indices)
            basis = np.zeros_like(self.vectors)  # where nothing is written no memory is taken
            basis[used] = self.vectors[used] @ self.solver
            for chosen, longest in _batches(np.diff(rows.indptr), found.shape[1]):
                columns, weights = _padded(rows, chosen, longest, found.dtype)
                if longest <= found.shape[1]:
                    found[chosen] = _short(self.vectors[columns], basis[columns], weights)
                else:
                    found[chosen] = _long(self.vectors[columns], base, weights)
        return found

    def parts(self, past: IntArray, weights: FloatArray) -> FloatArray:
        """(h, d): what each of the columns `past` (h,) of weights (h,) adds to the factors of such a row."""
        touched = self.vectors[past].astype(np.float64)
        basis = touched @ self.solver
        told = np.linalg.solve(np.diag(1.0 / weights) + basis @ touched.T, np.ones(len(past)))
        return np.asarray(told[:, None] * basis)


def _short(touched: Factors, basis: Factors, weights: Factors) -> Factors:
    """(b, d): rows with at most d cells (b, h, d) of weights (b, h), 0 for padding.

    (D^-1 + Q K Q') c = 1, then p = K Q' c: only as many unknowns as there are cells (Woodbury).
    """
    inside = weights > 0
    system = np.matmul(touched, basis.transpose(0, 2, 1))
    diagonal = np.arange(weights.shape[1])
    system[:, diagonal, diagonal] += 1.0 / np.where(inside, weights, 1.0)
    if not inside.all():  # what stands for nothing has no say, and is told nothing
        system *= inside[:, None, :]
        system[:, diagonal, diagonal] += ~inside
    told = np.linalg.solve(system, np.ones((*weights.shape, 1), dtype=weights.dtype))
    told *= inside[:, :, None]
    return np.asarray(np.matmul(told.transpose(0, 2, 1), basis)[:, 0])


def _long(touched: Factors, base: Factors, weights: Factors) -> Factors:
    """(b, d): rows with more cells (b, h, d) than factors; `base` is the inverse of the solver."""
    weighted = touched * weights[:, :, None]
    whole = base + np.matmul(weighted.transpose(0, 2, 1), touched)
    return np.asarray(np.linalg.solve(whole, weighted.sum(axis=1)[:, :, None])[:, :, 0])


def _batches(lengths: IntArray, size: int) -> Iterator[tuple[IntArray, int]]:
    """Rows of like length that fit into memory together, and the longest of them; empty ones left out."""
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    sorted_lengths, start = lengths[order], 0
    while start < len(order):
        fitting = np.arange(1, min(_ROWS_AT_ONCE, len(order) - start) + 1)
        fits = fitting * sorted_lengths[start : start + len(fitting)] * size <= _AT_ONCE
        end = start + max(1, int(fits.sum()))
        short = int(np.searchsorted(sorted_lengths[start:end], size, side="right"))
        if short > 0:  # never short and long ones together
            end = min(end, start + short)
        yield order[start:end], int(sorted_lengths[end - 1])
        start = end


def _padded(rows: csr_array, chosen: IntArray, longest: int, dtype: Any) -> tuple[IntArray, Factors]:
    """(b, longest) columns and weights of the chosen rows; beyond the end of a row column 0 of weight 0."""
    within = np.arange(longest)[None, :]
    inside = within < np.diff(rows.indptr)[chosen][:, None]
    places = np.where(inside, rows.indptr[chosen][:, None] + within, 0)
    weights = np.where(inside, rows.data[places], 0.0).astype(dtype)
    return np.where(inside, rows.indices[places], 0), weights


def _turned(vectors: Factors, counts: FloatArray) -> Factors:
    """The same products in as few columns as they need."""
    weighted = vectors * counts[:, None].astype(vectors.dtype)
    lengths, directions = np.linalg.eigh((weighted.T @ vectors).astype(np.float64))
    kept = lengths > max(float(lengths[-1]), 1e-30) * 1e-5
    kept[-1] = True
    return np.ascontiguousarray(vectors @ directions[:, kept].astype(vectors.dtype))
