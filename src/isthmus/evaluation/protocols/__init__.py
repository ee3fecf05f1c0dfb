"""Who is tested on what: protocols, each of which makes a `Split` of a dataset, or several in a series.

All of them rank every item of the target platform that may be recommended (unless `cold_items` is told
otherwise), keep validation apart from test, and leave nothing of what is asked for in the data a model learns
from. Chance comes from a keyed hash of ids, so that the same seed gives the same split on every machine, and
taking one person out does not reshuffle the rest.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from isthmus.dataset import Dataset
from isthmus.errors import SettingsError, UnknownNameError
from isthmus.evaluation.protocols.cold_items import cold_items
from isthmus.evaluation.protocols.cold_start import cold_start
from isthmus.evaluation.protocols.k_shot import k_shot
from isthmus.evaluation.protocols.leave_last_out import leave_last_out
from isthmus.evaluation.protocols.leave_platform_out import leave_platform_out
from isthmus.evaluation.protocols.rolling_windows import rolling_windows
from isthmus.evaluation.protocols.time_split import time_split
from isthmus.evaluation.split import Split

__all__ = [
    "PROTOCOLS",
    "SERIES",
    "cold_items",
    "cold_start",
    "find_options",
    "find_protocol",
    "k_shot",
    "leave_last_out",
    "leave_platform_out",
    "make_splits",
    "rolling_windows",
    "time_split",
]

PROTOCOLS: Mapping[str, Callable[..., Split]] = {
    "cold-start": cold_start,
    "k-shot": k_shot,
    "leave-last-out": leave_last_out,
    "time-split": time_split,
    "leave-platform-out": leave_platform_out,
    "cold-items": cold_items,
}
"""Every protocol that makes one split, by its name."""

SERIES: Mapping[str, Callable[..., tuple[Split, ...]]] = {"rolling-windows": rolling_windows}
"""Every protocol that makes several, by its name."""


def find_protocol(name: str) -> Callable[..., Split]:
    """The protocol called `name` that makes one split; raises UnknownNameError."""
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def find_options(name: str) -> dict[str, Any]:
    """The options of the protocol of this name, each with its default; raises UnknownNameError."""
    parameters = inspect.signature(_known(name)).parameters.values()
    return {
        one.name: one.default for one in parameters if one.default is not one.empty and one.name != "seed"
    }


def make_splits(
    dataset: Dataset, target: str, protocol: str, *, seed: int = 0, options: Mapping[str, Any] | None = None
) -> tuple[Split, ...]:
    """The split, or the series of splits, that the protocol of this name makes with its `options`.

    Raises UnknownNameError for the protocol, SettingsError for an option it has not, and what it raises.
    """
    make = _known(protocol)
    try:
        made = make(dataset, target, seed=seed, **(options or {}))
    except TypeError as error:
        raise SettingsError(f"{protocol}: {error}.", "See the options of this protocol.") from error
    return made if isinstance(made, tuple) else (made,)


def _known(name: str) -> Callable[..., Any]:
    known: dict[str, Callable[..., Any]] = {**PROTOCOLS, **SERIES}
    if name not in known:
        raise UnknownNameError("protocol", name, known)
    return known[name]
