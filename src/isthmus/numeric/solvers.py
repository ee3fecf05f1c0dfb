"""Inverses of symmetric matrices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from isthmus.errors import InputError

__all__ = ["inverse_spd"]

_TILE = 512
"""Side of the tiles in which one triangle is copied onto the other: two of them fit into the cache."""


def inverse_spd(matrix: NDArray[Any], overwrite: bool = False) -> NDArray[Any]:
    """The inverse of a symmetric positive definite matrix (n, n), exactly symmetric.

    Cholesky factor and inverse (LAPACK potrf and potri), n^3 multiply-adds in all. float32 is inverted in
    float32, everything else in float64. Only the lower triangle is read. With `overwrite` a C-ordered float
    matrix is used up and no second one is needed; without, peak memory is two matrices.
    Raises InputError when the matrix is not square, not finite or not positive definite.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"only a square matrix has an inverse, not one of shape {matrix.shape}")
    dtype = np.float32 if matrix.dtype == np.float32 else np.float64
    work = np.array(matrix, dtype=dtype, order="C", copy=None if overwrite else True)
    if len(work) == 0:
        return work
    _check_diagonal(work)
    single = dtype == np.float32
    potrf, potri = (lapack.spotrf, lapack.spotri) if single else (lapack.dpotrf, lapack.dpotri)
    # LAPACK counts columns first: the transpose is the same memory, its upper triangle our lower one.
    factor, failed = potrf(work.T, lower=False, clean=False, overwrite_a=True)
    inverse, failed_too = (factor, 0) if failed else potri(factor, lower=False, overwrite_c=True)
    result = np.asarray(inverse.T)
    if failed or failed_too or not np.isfinite(result.diagonal()).all():
        raise InputError(
            f"the matrix is not positive definite (row {max(failed, failed_too) or '?'} of {len(work)})",
            "A larger `reg` adds to its diagonal and makes it so.",
        )
    _mirror_lower(result)
    return result


def _check_diagonal(matrix: NDArray[Any]) -> None:
    diagonal = matrix.diagonal()
    if not np.isfinite(diagonal).all():
        raise InputError("the matrix holds values that are not finite", "Look for NaN or infinite weights.")


def _mirror_lower(matrix: NDArray[Any]) -> None:
    """Copy the lower triangle onto the upper one, in place."""
    n = len(matrix)
    for top in range(0, n, _TILE):
        rows = slice(top, min(top + _TILE, n))
        for left in range(0, top, _TILE):
            columns = slice(left, left + _TILE)
            matrix[columns, rows] = matrix[rows, columns].T
        block = matrix[rows, rows]
        block[:] = np.tril(block) + np.tril(block, -1).T
