"""Scaling of sparse and dense matrices. Each function gives a fresh matrix and leaves its argument alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.errors import InputError

__all__ = ["idf", "row_normalise", "scale_columns", "scale_rows", "unit_rows"]


def scale_rows(matrix: csr_array, factors: NDArray[Any]) -> csr_array:
    """diag(`factors`) `matrix`: row i times factors[i], factors (rows,)."""
    _check_length(factors, matrix.shape[0], "rows")
    return _with_data(matrix, matrix.data * np.repeat(factors, np.diff(matrix.indptr)))


def scale_columns(matrix: csr_array, factors: NDArray[Any]) -> csr_array:
    """`matrix` diag(`factors`): column j times factors[j], factors (columns,)."""
    _check_length(factors, matrix.shape[1], "columns")
    return _with_data(matrix, matrix.data * np.asarray(factors)[matrix.indices])


def row_normalise(matrix: csr_array) -> csr_array:
    """Each row divided by its Euclidean length; rows without entries stay empty."""
    return scale_rows(matrix, _inverse_or_zero(_lengths(matrix)))


def unit_rows(dense: NDArray[Any]) -> NDArray[Any]:
    """Each row (n, d) divided by its Euclidean length; zero rows stay zero. float32 stays float32."""
    dense = np.asarray(dense)
    dense = dense if np.issubdtype(dense.dtype, np.floating) else dense.astype(np.float64)
    # Dividing by the largest value first keeps the squares of very small and very large rows in range.
    top = np.abs(dense).max(axis=1, initial=0)
    scaled = dense / np.where(top > 0, top, 1)[:, None]
    length = np.sqrt(np.einsum("nd,nd->n", scaled, scaled))
    return np.asarray(scaled / np.where(length > 0, length, 1)[:, None])


def idf(matrix: csr_array) -> NDArray[np.float64]:
    """(columns,): ln((1 + n) / (1 + df)) where df of the n rows hold the column; 0 where all do.

    Inverse document frequency, smoothed so that a column nobody holds stays finite (sparck-jones-1972).
    """
    held = np.bincount(matrix.indices[matrix.data != 0], minlength=matrix.shape[1])
    return np.asarray(np.log((1.0 + matrix.shape[0]) / (1.0 + held)))


def _with_data(matrix: csr_array, data: NDArray[Any]) -> csr_array:
    return csr_array((data, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)


def _lengths(matrix: csr_array) -> NDArray[Any]:
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.sqrt(np.bincount(rows, weights=matrix.data * matrix.data, minlength=matrix.shape[0]))


def _inverse_or_zero(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.where(values > 0, 1.0 / np.where(values > 0, values, 1.0), 0.0))


def _check_length(factors: NDArray[Any], expected: int, what: str) -> None:
    if np.shape(factors) != (expected,):
        raise InputError(f"{expected} {what} need as many factors, got shape {np.shape(factors)}")
