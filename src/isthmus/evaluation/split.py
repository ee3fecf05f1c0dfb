"""What an evaluation is made of: the data a model may see, and the people it is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.schema import IntArray, ItemNums, Query, UserNums

__all__ = ["Cases", "Split", "entries", "select_entries"]


@dataclass(frozen=True)
class Cases:
    """People to be asked about, one row each; a person may stand in several rows with different histories."""

    users: UserNums
    """(q,): their numbers in the dataset the split was made of, which are those of `Split.train` too."""
    history: csr_array
    """(q, n_items): what may be known of them when they are asked about."""
    times: csr_array
    """(q, n_items): when that was, in seconds since 1970, NO_TIME where unknown; the pattern of `history`."""
    truth: csr_array
    """(q, n_items): what they then took of the target platform; never in the history, always a candidate."""
    k: IntArray
    """(q,): how many events on the target platform the history holds."""
    truth_times: csr_array | None = None
    """When they took each of `truth`, as in `times`; None: not told."""
    among: ItemNums | None = None
    """Items (c,), ascending, from which the lists are made; None: all that may be recommended."""

    def __len__(self) -> int:
        return len(self.users)

    def query(self, dataset: Dataset, target: str) -> Query:
        """The question: what of `target`, among all its items that may be recommended, or those of `among`.

        What a person refused on the target is not told to the model either: it is an event like those held
        out.
        """
        return Query(
            history=self.history,
            platform=dataset.platform_num(target),
            candidates=self.candidates(dataset, target),
            times=self.times,
        )

    def candidates(self, dataset: Dataset, target: str) -> ItemNums:
        """Items (c,) from which the lists are made, ascending."""
        return dataset.candidates(target) if self.among is None else self.among


@dataclass(frozen=True)
class Split:
    """Who learns from what and who is asked what; nothing of `validation` or `test` truth is in `train`."""

    train: Dataset
    """The dataset less what is held out; people and items keep their numbers."""
    validation: Cases
    """To choose settings on; apart from `test`."""
    test: Cases
    target: str
    """Name of the platform that is recommended from."""
    protocol: str
    seed: int
    facts: Mapping[str, Any]
    """What was done, in counts and words, for the report."""


def entries(matrix: csr_array) -> IntArray:
    """(nnz,): the row of each entry of `matrix`."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def select_entries(
    matrix: csr_array, marked: NDArray[np.bool_], users: UserNums, data: NDArray[Any] | None = None
) -> csr_array:
    """The rows `users` of `matrix` with only the entries marked in (nnz,) `marked`, holding (nnz,) `data`."""
    values = matrix.data if data is None else data
    counts = np.bincount(entries(matrix)[marked], minlength=matrix.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    kept = csr_array((values[marked], matrix.indices[marked], indptr), shape=matrix.shape)
    return csr_array(kept[users])
