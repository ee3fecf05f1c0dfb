"""Who is tested on what: four protocols, each of which makes a `Split` of a dataset.

All of them rank every item of the target platform that may be recommended, keep validation apart from test,
and leave nothing of what is asked for in the data a model learns from. Chance comes from a keyed hash of
ids, so that the same seed gives the same split on every machine, and taking one person out does not
reshuffle the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.evaluation.split import Cases, Split, entries, select_entries
from isthmus.schema import NO_TIME, IntArray, UserNums

__all__ = ["PROTOCOLS", "cold_start", "find_protocol", "k_shot", "leave_last_out", "time_split"]

Mask = NDArray[np.bool_]


def cold_start(
    dataset: Dataset, target: str, *, test: float = 0.2, validation: float = 0.1, seed: int = 0
) -> Split:
    """Shares of the people known on `target` and elsewhere are asked about as if they were new there.

    All their interactions on the target are hidden from training; those elsewhere stay. Raises SettingsError
    for shares out of range, UnknownNameError for the platform, InputError where nobody is known on both.
    """
    return _hold_out_people(dataset, target, (0,), test, validation, seed, "cold-start")


def k_shot(
    dataset: Dataset,
    target: str,
    k: int | Sequence[int] = (0, 1, 2, 4, 8),
    *,
    test: float = 0.2,
    validation: float = 0.1,
    seed: int = 0,
) -> Split:
    """As `cold_start`, but `k` random interactions of a person on the target are left in the history.

    With a single `k` they are left in training too. With several, the same people are asked about once per
    k, smaller histories being part of larger ones and the truth the same for all, namely what is left by
    none; one training must then serve all k, so it sees nothing of these people on the target. People need
    one interaction more than the largest k. Raises as `cold_start` does.
    """
    ks = tuple(sorted({k} if isinstance(k, int) else set(k)))
    if not ks or ks[0] < 0:
        raise SettingsError(
            f"k must be whole numbers of at least 0, not {k}.", "For example k=(0, 1, 2, 4, 8)."
        )
    return _hold_out_people(dataset, target, ks, test, validation, seed, "k-shot")


def leave_last_out(dataset: Dataset, target: str, *, left: int = 1, seed: int = 0) -> Split:
    """Each person's last interaction on the target is the test, the one before it the validation.

    The validation interaction is in the history of the test, as it came before. People need `left` further
    ones on the target, which stay in training. Of people with an interaction whose time is unknown, two
    random ones are held out instead; the facts count them. Leaks the future: others' later events are in
    training, so prefer `time_split` where all times are known. Raises InputError where nobody has enough
    interactions.
    """
    if left < 0:
        raise SettingsError(f"left must be at least 0, not {left}.")
    rows = entries(dataset.interactions)
    wanted = _wanted(dataset, target)
    undated = np.zeros(dataset.n_users, dtype=bool)
    undated[rows[wanted & (dataset.times == NO_TIME)]] = True
    chance = _entry_hashes(dataset, seed)
    times = np.where(undated[rows], NO_TIME, dataset.times)
    back = _rank_within(rows, wanted, (chance, times), descending=True)  # 0: the last
    enough = np.bincount(rows[wanted], minlength=dataset.n_users) >= left + 2
    users = np.flatnonzero(enough)
    if len(users) == 0:
        raise InputError(
            f"nobody has {left + 2} interactions on {target}",
            "Leave-last-out needs that many; try cold-start.",
        )
    is_test = wanted & enough[rows] & (back == 0)
    is_validation = wanted & enough[rows] & (back == 1)
    facts = {
        "test_people": len(users),
        "validation_people": len(users),
        "held_out": int(is_test.sum() + is_validation.sum()),
        "people_without_times": int(np.count_nonzero(undated & enough)),
    }
    return Split(
        train=_training(dataset, target, ~is_test & ~is_validation, users),
        validation=_cases(dataset, wanted, users, ~is_test & ~is_validation, is_validation),
        test=_cases(dataset, wanted, users, ~is_test, is_test),
        target=target,
        protocol="leave-last-out",
        seed=seed,
        facts=facts,
    )


def time_split(
    dataset: Dataset,
    target: str,
    *,
    test: float = 0.1,
    validation: float = 0.1,
    at: datetime | None = None,
    seed: int = 0,
) -> Split:
    """The past learns, the future is asked for: the latest share `test` of interactions on the target, or all
    from `at` on, is the test, the slice `validation` before it the validation.

    Training and histories hold only what came before, on every platform; interactions elsewhere whose time
    is unknown are left out and counted. An interaction is as late as its last event. People without any
    history at the cut are not asked about. Nothing is random: `seed` is only noted. Raises InputError where
    a time on the target is unknown or a slice is empty.
    """
    _check_shares(test, validation)
    rows = entries(dataset.interactions)
    wanted = _wanted(dataset, target)
    times = dataset.times
    if (times[wanted] == NO_TIME).any() or not wanted.any():
        raise InputError(
            f"{np.count_nonzero(times[wanted] == NO_TIME)} interactions on {target} have no time",
            "Without times there is no past and future: use leave-last-out or cold-start.",
        )
    test_from, validation_from = _cuts(times[wanted], test, validation, at)
    dated = times != NO_TIME
    past, before_test = dated & (times < validation_from), dated & (times < test_from)
    is_test = wanted & (times >= test_from)
    is_validation = wanted & before_test & ~past
    facts = {
        "validation_from": _iso(validation_from),
        "test_from": _iso(test_from),
        "held_out": int(is_test.sum() + is_validation.sum()),
        "undated_elsewhere": int(np.count_nonzero(~dated)),
    }
    cases: list[Cases] = []
    for truth, known in ((is_validation, past), (is_test, before_test)):
        users = np.intersect1d(rows[truth], rows[known])
        cases.append(_cases(dataset, wanted, users, known, truth))
    if len(cases[1]) == 0:
        raise InputError(f"nobody has a past before and a future on {target} after {facts['test_from']}")
    facts |= {"validation_people": len(cases[0]), "test_people": len(cases[1])}
    tested = np.union1d(cases[0].users, cases[1].users)
    train = _training(dataset, target, past, tested)
    return Split(train, cases[0], cases[1], target, "time-split", seed, facts)


PROTOCOLS: Mapping[str, Callable[..., Split]] = {
    "cold-start": cold_start,
    "k-shot": k_shot,
    "leave-last-out": leave_last_out,
    "time-split": time_split,
}
"""Every protocol by its name."""


def find_protocol(name: str) -> Callable[..., Split]:
    """The protocol called `name`; raises UnknownNameError."""
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def _hold_out_people(
    dataset: Dataset,
    target: str,
    ks: tuple[int, ...],
    test: float,
    validation: float,
    seed: int,
    protocol: str,
) -> Split:
    _check_shares(test, validation)
    rows = entries(dataset.interactions)
    wanted = _wanted(dataset, target)
    on_target = (dataset.item_platform == dataset.platform_num(target))[dataset.interactions.indices]
    eligible = _eligible(rows, wanted, on_target, dataset.n_users, ks[-1])
    test_users, validation_users = _draw(dataset, eligible, test, validation, seed)
    if len(test_users) == 0:
        raise InputError(
            f"only {len(eligible)} people have over {ks[-1]} interactions on {target} and some elsewhere",
            "Link accounts of the same people, ask for a larger share, or try leave-last-out.",
        )
    place = _rank_within(rows, wanted, (_entry_hashes(dataset, seed),))
    truth = wanted & (place >= ks[-1])
    tested = np.zeros(dataset.n_users, dtype=bool)
    tested[test_users] = tested[validation_users] = True
    known = ~on_target | (wanted & (place < ks[0]) if len(ks) == 1 else np.zeros_like(wanted))
    test_cases, validation_cases = (
        _stack([_cases(dataset, wanted, users, ~on_target | (wanted & (place < k)), truth) for k in ks])
        for users in (test_users, validation_users)
    )
    facts = {
        "people_on_both": len(eligible),
        "test_people": len(test_users),
        "validation_people": len(validation_users),
        "held_out": int(np.count_nonzero(truth & tested[rows])),
        "k": list(ks),
        "left_events": "in history only" if len(ks) > 1 else "in training and history",
    }
    train = _training(dataset, target, ~tested[rows] | known, np.flatnonzero(tested))
    return Split(train, validation_cases, test_cases, target, protocol, seed, facts)


def _wanted(dataset: Dataset, target: str) -> Mask:
    """(nnz,): interactions with items of the target that may be recommended."""
    may_be = np.zeros(dataset.n_items, dtype=bool)
    may_be[dataset.candidates(target)] = True
    return np.asarray(may_be[dataset.interactions.indices])


def _eligible(rows: IntArray, wanted: Mask, on_target: Mask, n_users: int, k: int) -> UserNums:
    """People with more than `k` interactions on the target and at least one elsewhere."""
    here = np.bincount(rows[wanted], minlength=n_users)
    elsewhere = np.bincount(rows[~on_target], minlength=n_users)
    return np.flatnonzero((here > k) & (elsewhere > 0))


def _draw(
    dataset: Dataset, eligible: UserNums, test: float, validation: float, seed: int
) -> tuple[UserNums, UserNums]:
    """Test and validation people, ascending: those with the smallest hashes."""
    order = eligible[np.argsort(_hashes(dataset.users.ids[eligible], seed), kind="stable")]
    n_test, n_validation = round(test * len(order)), round(validation * len(order))
    return np.sort(order[:n_test]), np.sort(order[n_test : n_test + n_validation])


def _cases(dataset: Dataset, wanted: Mask, users: UserNums, known: Mask, truth: Mask) -> Cases:
    left = np.bincount(entries(dataset.interactions)[wanted & known], minlength=dataset.n_users)
    return Cases(
        users=users,
        history=select_entries(dataset.interactions, known, users),
        times=select_entries(dataset.interactions, known, users, dataset.times),
        truth=select_entries(dataset.interactions, truth, users),
        k=left[users],
    )


def _stack(parts: list[Cases]) -> Cases:
    """The rows of all parts, one part after the other."""
    return Cases(
        users=np.concatenate([part.users for part in parts]),
        history=csr_array(vstack([part.history for part in parts], format="csr")),
        times=csr_array(vstack([part.times for part in parts], format="csr")),
        truth=csr_array(vstack([part.truth for part in parts], format="csr")),
        k=np.concatenate([part.k for part in parts]),
    )


def _training(dataset: Dataset, target: str, kept: Mask, tested: UserNums) -> Dataset:
    """What models learn from; what tested people refused on the target is held out as well."""
    blocked = dataset.blocked
    is_tested = np.zeros(dataset.n_users, dtype=bool)
    is_tested[tested] = True
    on_target = dataset.item_platform == dataset.platform_num(target)
    told = ~(is_tested[entries(blocked)] & on_target[blocked.indices])
    return replace(dataset.keeping(kept), blocked=select_entries(blocked, told, np.arange(dataset.n_users)))


def _rank_within(rows: IntArray, chosen: Mask, keys: tuple[Any, ...], descending: bool = False) -> IntArray:
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


def _hashes(ids: NDArray[Any], seed: int) -> NDArray[np.uint64]:
    """(n,): a number per id that only the id and the seed decide."""
    key = str(seed).encode()
    digests = b"".join(blake2b(id_.encode(), digest_size=8, key=key).digest() for id_ in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _entry_hashes(dataset: Dataset, seed: int) -> NDArray[np.uint64]:
    """(nnz,): a number per interaction that only its person, its item and the seed decide."""
    people = _hashes(dataset.users.ids, seed)[entries(dataset.interactions)]
    mixed = people ^ _hashes(dataset.items.ids, seed)[dataset.interactions.indices]
    # the finish of splitmix64 (steele-2014): without it, entries of two people would be in the same order
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _cuts(times: IntArray, test: float, validation: float, at: datetime | None) -> tuple[int, int]:
    """Seconds from which on an interaction is of the test, and of the validation."""
    ordered = np.sort(times)
    if at is None:
        test_from = int(ordered[min(round((1 - test) * len(ordered)), len(ordered) - 1)])
    else:
        test_from = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    n_before = int(np.searchsorted(ordered, test_from))
    if n_before in (0, len(ordered)):
        raise InputError(
            f"all interactions lie on one side of {_iso(test_from)}",
            f"They lie between {_iso(int(ordered[0]))} and {_iso(int(ordered[-1]))}.",
        )
    first = max(n_before - round(validation * len(ordered)), 0)
    return test_from, int(ordered[first]) if first < n_before else test_from


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _check_shares(test: float, validation: float) -> None:
    if not (0 < test < 1 and 0 <= validation < 1 and test + validation <= 1):
        raise SettingsError(
            f"test={test} and validation={validation} are not shares of one whole.",
            "For example 0.2 and 0.1.",
        )
