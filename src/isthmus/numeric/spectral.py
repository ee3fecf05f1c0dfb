"""Leading singular vectors of sparse matrices."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

__all__ = ["right_vectors"]

_SHORT = 512
"""Up to this many rows or columns all singular vectors are computed at once; beyond, only the first."""


def right_vectors(matrix: csr_array, rank: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(columns, rank or fewer): right singular vectors of the largest singular values that are not 0.

    `rng` starts the search; where values are equal, which vectors stand for them is chance.
    """
    smaller = min(matrix.shape)
    if rank == 0 or smaller == 0:
        return np.zeros((matrix.shape[1], 0))
    if smaller <= max(_SHORT, rank + 1):
        _, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        _, values, right = svds(matrix, k=rank, v0=rng.standard_normal(smaller))
    best = np.argsort(-values, kind="stable")[:rank]
    best = best[values[best] > 1e-9]
    return np.asarray(right[best].T)
