"""Hold out people: what cold start and k-shot share."""

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.evaluation.protocols.chance import draw_people, hash_entries
from isthmus.evaluation.protocols.holding import (
    Mask,
    cases_of,
    check_shares,
    rank_within,
    stack,
    training_of,
    wanted_entries,
)
from isthmus.evaluation.split import Split, entries
from isthmus.schema import IntArray, UserNums

__all__ = ["hold_out_people"]


def hold_out_people(
    dataset: Dataset,
    target: str,
    ks: tuple[int, ...],
    test: float,
    validation: float,
    seed: int,
    protocol: str,
) -> Split:
    """Ask shares of the people known on `target` and elsewhere once per number of `ks` of events left."""
    check_shares(test, validation)
    rows = entries(dataset.interactions)
    wanted = wanted_entries(dataset, target)
    on_target = (dataset.item_platform == dataset.platform_num(target))[dataset.interactions.indices]
    eligible = _eligible(rows, wanted, on_target, dataset.n_users, ks[-1])
    test_users, validation_users = draw_people(dataset, eligible, test, validation, seed)
    if len(test_users) == 0:
        raise InputError(
            f"only {len(eligible)} people have over {ks[-1]} interactions on {target} and some elsewhere",
            "Link accounts of the same people, ask for a larger share, or try leave-last-out.",
        )
    place = rank_within(rows, wanted, (hash_entries(dataset, seed),))
    truth = wanted & (place >= ks[-1])
    tested = np.zeros(dataset.n_users, dtype=bool)
    tested[test_users] = tested[validation_users] = True
    known = ~on_target | (wanted & (place < ks[0]) if len(ks) == 1 else np.zeros_like(wanted))
    test_cases, validation_cases = (
        stack([cases_of(dataset, wanted, users, ~on_target | (wanted & (place < k)), truth) for k in ks])
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
    train = training_of(dataset, target, ~tested[rows] | known, np.flatnonzero(tested))
    return Split(train, validation_cases, test_cases, target, protocol, seed, facts)


def _eligible(rows: IntArray, wanted: Mask, on_target: Mask, n_users: int, k: int) -> UserNums:
    """People with more than `k` interactions on the target and at least one elsewhere."""
    here = np.bincount(rows[wanted], minlength=n_users)
    elsewhere = np.bincount(rows[~on_target], minlength=n_users)
    return np.flatnonzero((here > k) & (elsewhere > 0))
