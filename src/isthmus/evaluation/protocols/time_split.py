"""The past learns, the future is asked for."""

from datetime import UTC, datetime

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.evaluation.protocols.holding import cases_of, check_shares, iso, training_of, wanted_entries
from isthmus.evaluation.split import Cases, Split, entries
from isthmus.schema import NO_TIME, IntArray

__all__ = ["split_in_time", "time_split", "times_on"]


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
    check_shares(test, validation)
    test_from, validation_from = _cuts(times_on(dataset, target), test, validation, at)
    return split_in_time(dataset, target, validation_from, test_from, seed=seed)


def times_on(dataset: Dataset, target: str) -> IntArray:
    """Times of all interactions on `target`, ascending. Raises InputError where one is unknown."""
    times = np.sort(dataset.times[wanted_entries(dataset, target)])
    undated = np.count_nonzero(times == NO_TIME)
    if undated or len(times) == 0:
        raise InputError(
            f"{undated} interactions on {target} have no time",
            "Without times there is no past and future: use leave-last-out or cold-start.",
        )
    return times


def split_in_time(
    dataset: Dataset,
    target: str,
    validation_from: int,
    test_from: int,
    until: int | None = None,
    *,
    protocol: str = "time-split",
    seed: int = 0,
) -> Split:
    """Validation from `validation_from` to `test_from`, test from there to before `until`, in seconds since
    1970.

    Raises InputError where nobody can be tested.
    """
    rows, times = entries(dataset.interactions), dataset.times
    wanted, dated = wanted_entries(dataset, target), times != NO_TIME
    past, before_test = dated & (times < validation_from), dated & (times < test_from)
    is_test = wanted & (times >= test_from) & (times < (np.inf if until is None else until))
    is_validation = wanted & before_test & ~past
    facts = {"validation_from": iso(validation_from), "test_from": iso(test_from)}
    facts |= {} if until is None else {"test_until": iso(until)}
    cases: list[Cases] = []
    for truth, known in ((is_validation, past), (is_test, before_test)):
        users = np.intersect1d(rows[truth], rows[known])
        cases.append(cases_of(dataset, wanted, users, known, truth))
    if len(cases[1]) == 0:
        raise InputError(f"nobody has a past before and a future on {target} after {facts['test_from']}")
    counts = {
        "held_out": int(is_test.sum() + is_validation.sum()),
        "undated_elsewhere": int(np.count_nonzero(~dated)),
        "validation_people": len(cases[0]),
        "test_people": len(cases[1]),
    }
    tested = np.union1d(cases[0].users, cases[1].users)
    train = training_of(dataset, target, past, tested)
    return Split(train, cases[0], cases[1], target, protocol, seed, facts | counts)


def _cuts(ordered: IntArray, test: float, validation: float, at: datetime | None) -> tuple[int, int]:
    """Seconds from which on an interaction is of the test, and of the validation."""
    if at is None:
        test_from = int(ordered[min(round((1 - test) * len(ordered)), len(ordered) - 1)])
    else:
        test_from = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    n_before = int(np.searchsorted(ordered, test_from))
    if n_before in (0, len(ordered)):
        raise InputError(
            f"all interactions lie on one side of {iso(test_from)}",
            f"They lie between {iso(int(ordered[0]))} and {iso(int(ordered[-1]))}.",
        )
    first = max(n_before - round(validation * len(ordered)), 0)
    return test_from, int(ordered[first]) if first < n_before else test_from
