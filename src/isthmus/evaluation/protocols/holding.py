"""What all protocols do: mark interactions, hold some back, and gather what people are asked about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.errors import SettingsError
from isthmus.evaluation.split import Cases, entries, select_entries
from isthmus.schema import IntArray, UserNums

__all__ = ["Mask", "cases_of", "check_shares", "iso", "rank_within", "stack", "training_of", "wanted_entries"]

Mask = NDArray[np.bool_]


def wanted_entries(dataset: Dataset, target: str) -> Mask:
    """(nnz,): interactions with items of the target that may be recommended."""
    may_be = np.zeros(dataset.n_items, dtype=bool)
    may_be[dataset.candidates(target)] = True
    return np.asarray(may_be[dataset.interactions.indices])


def cases_of(dataset: Dataset, wanted: Mask, users: UserNums, known: Mask, truth: Mask) -> Cases:
    """People asked for the entries marked in `truth` with those marked in `known` as history, all (nnz,)."""
    left = np.bincount(entries(dataset.interactions)[wanted & known], minlength=dataset.n_users)
    return Cases(
        users=users,
        history=select_entries(dataset.interactions, known, users),
        times=select_entries(dataset.interactions, known, users, dataset.times),
        truth=select_entries(dataset.interactions, truth, users),
        k=left[users],
        truth_times=select_entries(dataset.interactions, truth, users, dataset.times),
    )


def stack(parts: list[Cases]) -> Cases:
    """The rows of all parts, one part after the other; the parts come from `cases_of`."""

    def joined(name: str) -> csr_array:
        return csr_array(vstack([getattr(part, name) for part in parts], format="csr"))

    return Cases(
        users=np.concatenate([part.users for part in parts]),
        history=joined("history"),
        times=joined("times"),
        truth=joined("truth"),
        k=np.concatenate([part.k for part in parts]),
        truth_times=joined("truth_times"),
    )


def training_of(dataset: Dataset, target: str, kept: Mask, tested: UserNums) -> Dataset:
    """What models learn from; what tested people refused on the target is held out as well."""
    blocked = dataset.blocked
    is_tested = np.zeros(dataset.n_users, dtype=bool)
    is_tested[tested] = True
    on_target = dataset.item_platform == dataset.platform_num(target)
    told = ~(is_tested[entries(blocked)] & on_target[blocked.indices])
    return replace(dataset.keeping(kept), blocked=select_entries(blocked, told, np.arange(dataset.n_users)))


def rank_within(rows: IntArray, chosen: Mask, keys: tuple[Any, ...], descending: bool = False) -> IntArray:
    """(nnz,): the place of each chosen entry among those of its row, by `keys` (the last counts most)."""
    where = np.flatnonzero(chosen)
    order = where[np.lexsort((*(key[where] for key in keys), rows[where]))]
    if descending:
        order = order[::-1]
    counted = rows[order]
    first = np.concatenate([[True], counted[1:] != counted[:-1]]) if len(order) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(first)
    ranks = np.full(len(rows), -1, dtype=np.int64)
    ranks[order] = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    return ranks


def iso(seconds: int) -> str:
    """Seconds since 1970 as people write a moment."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def check_shares(test: float, validation: float) -> None:
    """Raise SettingsError unless both are shares of one whole and something is left to test."""
    if not (0 < test < 1 and 0 <= validation < 1 and test + validation <= 1):
        raise SettingsError(
            f"test={test} and validation={validation} are not shares of one whole.",
            "For example 0.2 and 0.1.",
        )
