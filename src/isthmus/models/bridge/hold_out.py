"""Hides target events of people known on both sides, so that the blend can be learnt on them.

People and the events they keep are chosen by a hash of their ids: taking one person out does not reshuffle
the rest, and nothing depends on the order of the data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset, Twins, find_twins
from isthmus.models.bridge.config import BridgeConfig
from isthmus.schema import IntArray, Query, UserNums

__all__ = ["EVENTS_LEFT", "Case", "HoldOut", "hide", "turns"]

EVENTS_LEFT = (0, 1, 2, 4, 8, 16, 32)
"""Numbers k of target events left; a set of weights is learnt for each, and serves up to the next."""


@dataclass(frozen=True)
class Case:
    """People with `k` target events left, or up to the next k: what they ask, what they really went for."""

    k: int
    query: Query
    truth: csr_array
    """(q, c): non-zero where a candidate was hidden from the person."""


@dataclass(frozen=True)
class HoldOut:
    """What remains to learn from, and the cases to learn the blend on."""

    rest: Dataset
    cases: tuple[Case, ...]


def turns(dataset: Dataset, target: int, config: BridgeConfig) -> int:
    """How often other people are hidden: once where that is enough to learn on, else until all have been."""
    people = len(_who_can_be_hidden(dataset, target, config))
    each = _people_each_turn(people, config)
    return 1 if each >= config.learn_on or each == 0 else people // each


def hide(dataset: Dataset, target: int, config: BridgeConfig, turn: int = 0) -> HoldOut:
    """Hide all target events of some people; a case per number of events left.

    In each of the `turns` these are other people. They are known on both sides; where these are few, some
    who are known on the target alone tell what helps people of whom something is known there.
    """
    people = _choose(dataset, target, config, turn)
    chosen = np.zeros(dataset.n_users, dtype=bool)
    chosen[people] = True
    row = np.repeat(np.arange(dataset.n_users), np.diff(dataset.interactions.indptr))
    on_target = dataset.item_platform[dataset.interactions.indices] == target
    hidden = chosen[row] & on_target
    order = _order_within(dataset, row, hidden)
    twins = find_twins(dataset, dataset.platforms[target])
    counts = dataset.counts(dataset.platforms[target])
    cases = [
        _case(dataset, target, some, hidden & (order >= left[row]), k, twins)
        for k, some, left in _asked(people, counts)
    ]
    return HoldOut(dataset.keeping(~hidden), tuple(case for case in cases if len(case.query)))


def _asked(people: UserNums, counts: IntArray) -> Iterator[tuple[int, UserNums, IntArray]]:
    """Sets of weights by their k, whom they are learnt on, and how many events (users,) are left to each.

    Everybody is cut down to each k. Besides, everybody keeps four fifths, or all but one: somebody who did
    k things in all is not like one of many things of whom k are known, whose other events say more.
    """
    for k in EVENTS_LEFT:
        yield k, people, np.full_like(counts, k)
    most = counts - np.maximum(1, counts // 5)
    for k, end in pairwise((*EVENTS_LEFT[1:], np.iinfo(np.int64).max)):
        yield k, people[(most[people] >= k) & (most[people] < end)], most


def _choose(dataset: Dataset, target: int, config: BridgeConfig, turn: int) -> UserNums:
    people = _who_can_be_hidden(dataset, target, config)
    each = _people_each_turn(len(people), config)
    return np.sort(_in_lasting_order(dataset, people)[turn * each : (turn + 1) * each])


def _who_can_be_hidden(dataset: Dataset, target: int, config: BridgeConfig) -> UserNums:
    """Those known on both sides; where they are fewer than `learn_on`, others fill up that number."""
    there = dataset.counts(dataset.platforms[target])
    elsewhere = np.diff(dataset.interactions.indptr) > there
    both = np.flatnonzero((there > 0) & elsewhere)
    if len(both) >= config.learn_on:
        return both
    others = _in_lasting_order(dataset, np.flatnonzero((there > 1) & ~elsewhere))
    return np.concatenate([both, others[: config.learn_on - len(both)]])


def _in_lasting_order(dataset: Dataset, people: UserNums) -> UserNums:
    return people[np.argsort(hash_ids(dataset.users.ids[people]), kind="stable")]


def _people_each_turn(people: int, config: BridgeConfig) -> int:
    return min(config.max_hold_out, round(max(config.hold_out * people, min(150, people / 2))))


def _order_within(dataset: Dataset, row: IntArray, hidden: NDArray[np.bool_]) -> IntArray:
    """(nnz,): 0, 1, 2, ... in a random but lasting order within each person's hidden events."""
    users = hash_ids(dataset.users.ids)[row[hidden]]
    items = hash_ids(dataset.items.ids)[dataset.interactions.indices[hidden]]
    with np.errstate(over="ignore"):
        mixed = (users ^ (items * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    places = np.flatnonzero(hidden)[np.lexsort((mixed, row[hidden]))]
    owners = row[places]
    order = np.full(len(row), -1, dtype=np.int64)
    starts = np.searchsorted(owners, owners, side="left")
    order[places] = np.arange(len(places)) - starts
    return order


def _case(
    dataset: Dataset, target: int, people: UserNums, hidden: NDArray[np.bool_], k: int, twins: Twins
) -> Case:
    """What was bought under another platform already teaches nothing: it is neither wanted nor in the way.

    Nor does anybody of whom nothing is left.
    """
    query = dataset.keeping(~hidden).query(people, dataset.platforms[target])
    owned = twins.reached_by(query.history)
    query = replace(query, taken=query.taken + owned if query.taken is not None else owned)
    wanted = dataset.keeping(hidden).interactions[people]
    wanted = csr_array(wanted - wanted.multiply(owned.astype(bool)))[:, query.candidates]
    wanted.eliminate_zeros()
    asked = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(query.history.indptr) > 0))
    return Case(k, query.take(asked), csr_array(wanted[asked]))


def hash_ids(ids: Iterable[Any]) -> NDArray[np.uint64]:
    """64 bits for each id, the same in every process."""
    digests = b"".join(
        blake2b(str(id_).encode("utf-8", "surrogatepass"), digest_size=8).digest() for id_ in ids
    )
    return np.frombuffer(digests, dtype=np.uint64)
