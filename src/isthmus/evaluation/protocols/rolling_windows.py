"""Several successive futures: the time split, again and again as time goes on."""

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation.protocols.holding import check_shares
from isthmus.evaluation.protocols.time_split import split_in_time, times_on
from isthmus.evaluation.split import Split
from isthmus.schema import IntArray

__all__ = ["rolling_windows"]


def rolling_windows(
    dataset: Dataset,
    target: str,
    *,
    windows: int = 4,
    test: float = 0.1,
    validation: float = 0.1,
    seed: int = 0,
) -> tuple[Split, ...]:
    """The latest `windows` slices of a share `test` of the interactions on the target, oldest first.

    Each is a `time_split` of its own: models learn from what came before its validation slice, so that every
    window is asked about by models of its own day. Slices whose edges fall on one moment are one. Nothing is
    random: `seed` is only noted. Raises SettingsError for shares that leave nothing to learn from, InputError
    where a time on the target is unknown or a window is empty.
    """
    check_shares(test, validation)
    if windows < 1 or windows * test + validation >= 1:
        raise SettingsError(
            f"{windows} windows of {test:g} and a validation of {validation:g} leave nothing to learn from.",
            "For example windows=4, test=0.1 and validation=0.1.",
        )
    ordered = times_on(dataset, target)
    edges = _edges(ordered, windows, test)
    ends = [*edges[1:].tolist(), None]
    return tuple(
        split_in_time(
            dataset, target, _before(ordered, start, validation), start, end,
            protocol="rolling-windows", seed=seed,
        )
        for start, end in zip(edges.tolist(), ends, strict=True)
    )  # fmt: skip


def _edges(ordered: IntArray, windows: int, test: float) -> IntArray:
    """Seconds at which the windows begin, ascending."""
    places = np.round((1 - test * np.arange(windows, 0, -1)) * len(ordered)).astype(np.int64)
    edges = np.unique(ordered[np.minimum(places, len(ordered) - 1)])
    if edges[0] == ordered[0]:
        raise InputError("the first window has nothing before it", "Ask for fewer or smaller windows.")
    return edges


def _before(ordered: IntArray, start: int, validation: float) -> int:
    """Seconds from which on an interaction before `start` is of the validation."""
    n_before = int(np.searchsorted(ordered, start))
    first = max(n_before - round(validation * len(ordered)), 0)
    return int(ordered[first]) if first < n_before else start
