"""People and items as a graph: what is passed along its edges."""

import numpy as np
import torch
from scipy.sparse import csr_array

from isthmus.models.neural.sampling import rows_of
from isthmus.schema import FloatArray, ItemNums

__all__ = ["edges", "neighbour_weights", "propagate"]


def edges(
    interactions: csr_array, items: ItemNums, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """To people from items (n_users, m) and to items from people (m, n_users), as sparse matrices.

    Each edge weighs 1 / sqrt(|N_u| |N_i|), N the neighbours of a person and of an item. Twice the same
    numbers: a matrix whose rows are gathered is several times faster than its transpose.
    """
    mine = interactions[:, items]
    people = np.maximum(np.diff(mine.indptr), 1)
    counts = np.maximum(np.bincount(mine.indices, minlength=len(items)), 1)
    weights = 1.0 / np.sqrt(people[rows_of(mine)] * counts[mine.indices])
    weighted = csr_array((weights, mine.indices, mine.indptr), shape=mine.shape)
    return _tensor(weighted, device), _tensor(csr_array(weighted.T.tocsr()), device)


def _tensor(matrix: csr_array, device: torch.device) -> torch.Tensor:
    matrix.sort_indices()
    places = torch.from_numpy(np.vstack([rows_of(matrix), matrix.indices.astype(np.int64)]))
    values = torch.from_numpy(matrix.data.astype(np.float32))
    return torch.sparse_coo_tensor(places, values, matrix.shape, is_coalesced=True, check_invariants=True).to(
        device
    )


class _Product(torch.autograd.Function):
    """A sparse matrix times a dense one, whose gradient is the product with the transpose kept beside it."""

    @staticmethod
    def forward(ctx, matrix, transpose, dense):  # type: ignore[no-untyped-def]
        ctx.transpose = transpose
        return torch.sparse.mm(matrix, dense)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        return None, None, torch.sparse.mm(ctx.transpose, gradient)


def propagate(matrix: torch.Tensor, transpose: torch.Tensor, dense: torch.Tensor) -> torch.Tensor:
    """(a, d): what each row of `matrix` (a, b) sums up of `dense` (b, d); `transpose` is (b, a)."""
    return _Product.apply(matrix, transpose, dense)


def neighbour_weights(history: csr_array, counts: FloatArray) -> csr_array:
    """(q, m): the edges of somebody new: 1 / sqrt(|N_u| |N_i|) over histories (q, m), |N_i| the `counts`
    (m,).
    """
    people = np.maximum(np.diff(history.indptr), 1)
    weights = 1.0 / np.sqrt(people[rows_of(history)] * np.maximum(counts, 1.0)[history.indices])
    return csr_array((weights, history.indices, history.indptr), shape=history.shape)
