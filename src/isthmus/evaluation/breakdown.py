"""For whom, and for which items, a metric is high: one figure with its interval per group.

Groups without anybody who can be judged are absent. A figure of all lists together (coverage) is that of the
group's lists, without an interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.evaluation.metrics import Lists, Metric
from isthmus.evaluation.significance import Interval, bootstrap_interval
from isthmus.schema import IntArray, UserNums

__all__ = [
    "ACTIVITY",
    "Mask",
    "by_activity",
    "by_item_popularity",
    "by_platform",
    "find_head",
    "group_by_activity",
    "group_by_platform",
    "split_by_popularity",
]

Mask = NDArray[np.bool_]

ACTIVITY: Mapping[str, tuple[int, int | None]] = {
    "0": (0, 0), "1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-8": (5, 8), "9+": (9, None),
}  # fmt: skip
"""Bands of events that people have on the target: the first and the last number of each."""


def by_platform(
    metric: Metric,
    lists: Lists,
    item_platform: IntArray,
    platforms: Sequence[str],
    *,
    users: UserNums | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
) -> dict[str, Interval]:
    """A figure per platform that people are known on: over everybody with anything of it in their history.

    `item_platform` (n_items,) holds places in `platforms`. Whoever is known on several counts in each, so the
    groups overlap. `users` (q,) says whose each list is; a person is drawn with all their lists. Raises
    InputError without `lists.history`, and as the metric does.
    """
    groups = group_by_platform(lists, item_platform, platforms)
    return _figures(metric, lists, groups, users, resamples, level)


def by_activity(
    metric: Metric,
    lists: Lists,
    k: IntArray,
    *,
    users: UserNums | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
) -> dict[str, Interval]:
    """A figure per band of ACTIVITY, by the (q,) number of events each person has on the target."""
    if np.shape(k) != (len(lists.item_nums),):
        raise InputError(f"{len(lists.item_nums)} lists need as many numbers of events", field="k")
    return _figures(metric, lists, group_by_activity(k), users, resamples, level)


def by_item_popularity(
    metric: Metric,
    lists: Lists,
    counts: IntArray,
    *,
    users: UserNums | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
) -> dict[str, Interval]:
    """A figure each for what people took of the "head", of the "tail", and of "cold" items.

    `counts` (n_items,) are interactions in training, 0 outside of the target's candidates. Head: the most
    popular items that carry half of them; cold: items without any; tail: the rest. The lists stay whole, and
    only what was taken of the group is relevant, so a figure is over the people who took such an item.
    """
    if np.shape(counts) != (lists.truth.shape[1],):
        raise InputError(f"{lists.truth.shape[1]} items need as many counts", field="counts")
    figures: dict[str, Interval] = {}
    for name, asked in split_by_popularity(lists, counts).items():
        figures |= _figures(metric, asked, {name: asked.n_relevant > 0}, users, resamples, level)
    return figures


def group_by_platform(lists: Lists, item_platform: IntArray, platforms: Sequence[str]) -> dict[str, Mask]:
    """Per platform (q,): who has anything of it in their history; raises InputError without one."""
    touched = csr_array(
        (np.ones(len(item_platform)), (np.arange(len(item_platform)), item_platform)),
        shape=(len(item_platform), len(platforms)),
    )
    counts = np.asarray((lists.seen @ touched).todense())  # (q, platforms)
    return {name: counts[:, number] > 0 for number, name in enumerate(platforms)}


def group_by_activity(k: IntArray) -> dict[str, Mask]:
    """Per band of ACTIVITY (q,): whose number of events on the target, (q,) `k`, lies in it."""
    return {
        name: (k >= first) & (k <= (np.iinfo(np.int64).max if last is None else last))
        for name, (first, last) in ACTIVITY.items()
    }


def split_by_popularity(lists: Lists, counts: IntArray) -> dict[str, Lists]:
    """The lists three times, asked only for head, tail or cold items by their (n_items,) `counts`."""
    head = find_head(counts)
    groups = {"head": head, "tail": ~head & (counts > 0), "cold": counts == 0}
    return {name: replace(lists, truth=_only(lists.truth, items)) for name, items in groups.items()}


def find_head(counts: NDArray[Any]) -> Mask:
    """(n_items,): the fewest items that carry at least half of all interactions; of equals the first ones."""
    order = np.argsort(-counts, kind="stable")
    carried = np.cumsum(counts[order])
    n_head = int(np.searchsorted(carried, counts.sum() / 2)) + 1 if counts.any() else 0
    head = np.zeros(len(counts), dtype=bool)
    head[order[:n_head]] = True
    return head


def _figures(
    metric: Metric,
    lists: Lists,
    groups: Mapping[str, Mask],
    users: UserNums | None,
    resamples: int,
    level: float,
) -> dict[str, Interval]:
    if users is not None and len(users) != len(lists.item_nums):
        raise InputError(f"{len(lists.item_nums)} lists need as many owners", field="users")
    figures = {}
    for name, members in groups.items():
        found = _figure(
            metric, lists.rows(members), None if users is None else users[members], resamples, level
        )
        if found.n and not np.isnan(found.mean):
            figures[name] = found
    return figures


def _figure(metric: Metric, lists: Lists, users: UserNums | None, resamples: int, level: float) -> Interval:
    values = metric(lists) if len(lists.item_nums) else np.zeros(0)
    if values.ndim == 0:
        return Interval(float(values), np.nan, np.nan, len(lists.item_nums))
    return bootstrap_interval(values, n=resamples, level=level, groups=users)


def _only(truth: csr_array, items: Mask) -> csr_array:
    """`truth` where only `items` are relevant; the pattern stays, the rest holds 0."""
    return csr_array((truth.data * items[truth.indices], truth.indices, truth.indptr), shape=truth.shape)
