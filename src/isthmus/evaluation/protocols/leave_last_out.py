"""Each person's last event on the target is asked for."""

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation.protocols.chance import hash_entries
from isthmus.evaluation.protocols.holding import cases_of, rank_within, training_of, wanted_entries
from isthmus.evaluation.split import Split, entries
from isthmus.schema import NO_TIME

__all__ = ["leave_last_out"]


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
    wanted = wanted_entries(dataset, target)
    undated = np.zeros(dataset.n_users, dtype=bool)
    undated[rows[wanted & (dataset.times == NO_TIME)]] = True
    chance = hash_entries(dataset, seed)
    times = np.where(undated[rows], NO_TIME, dataset.times)
    back = rank_within(rows, wanted, (chance, times), descending=True)  # 0: the last
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
        train=training_of(dataset, target, ~is_test & ~is_validation, users),
        validation=cases_of(dataset, wanted, users, ~is_test & ~is_validation, is_validation),
        test=cases_of(dataset, wanted, users, ~is_test, is_test),
        target=target,
        protocol="leave-last-out",
        seed=seed,
        facts=facts,
    )
