"""Sparse matrices as named arrays, the form in which a model is saved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.schema import IntArray

__all__ = ["below", "pack_sparse", "under", "unpack_sparse"]

Arrays = dict[str, NDArray[Any]]


def pack_sparse(name: str, matrix: csr_array) -> Arrays:
    """The parts of `matrix` under names that begin with `name`."""
    shape: IntArray = np.array(matrix.shape, dtype=np.int64)
    return {f"{name}.data": matrix.data, f"{name}.indices": matrix.indices, f"{name}.indptr": matrix.indptr,
            f"{name}.shape": shape}  # fmt: skip


def unpack_sparse(name: str, arrays: Arrays) -> csr_array:
    """What `pack_sparse` made."""
    parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    rows, columns = arrays[f"{name}.shape"].tolist()
    return csr_array(parts, shape=(rows, columns))


def under(prefix: str, arrays: Arrays) -> Arrays:
    """The same arrays under `prefix/name`."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def below(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays that `under` put below `prefix`, under their own names."""
    start = f"{prefix}/"
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}
