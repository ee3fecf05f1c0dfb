"""Nobody in common: the accounts of a person on the target and elsewhere are different people."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset, IdMap
from isthmus.errors import InputError
from isthmus.evaluation.protocols.chance import draw_people
from isthmus.evaluation.protocols.holding import Mask, cases_of, check_shares, training_of, wanted_entries
from isthmus.evaluation.split import Split, entries, select_entries
from isthmus.schema import UserNums

__all__ = ["leave_platform_out"]


def leave_platform_out(
    dataset: Dataset, target: str, *, test: float = 0.2, validation: float = 0.1, seed: int = 0
) -> Split:
    """Links to the target are cut: what a model can carry over is in the texts alone.

    Shares of the people known on `target` and elsewhere are asked about with their history elsewhere only,
    and nothing of theirs on the target is in training. Everybody else known on both becomes two people: the
    one they were, without the target, and a new one behind all others, `<person> on <target>`. Raises
    SettingsError for shares out of range, UnknownNameError for the platform, InputError where nobody is known
    on both.
    """
    check_shares(test, validation)
    rows, wanted = entries(dataset.interactions), wanted_entries(dataset, target)
    on_target = dataset.item_platform == dataset.platform_num(target)
    here = on_target[dataset.interactions.indices]
    both = np.intersect1d(rows[here], rows[~here])
    test_users, validation_users = draw_people(
        dataset, np.intersect1d(rows[wanted], both), test, validation, seed
    )
    if len(test_users) == 0:
        raise InputError(
            f"only {len(both)} people are known on {target} and elsewhere",
            "Link accounts of the same people: without them there is nobody to ask about.",
        )
    tested = np.union1d(test_users, validation_users)
    asked = np.isin(rows, tested)
    train = training_of(dataset, target, ~(asked & here), tested)
    facts = {
        "people_on_both": len(both),
        "test_people": len(test_users),
        "validation_people": len(validation_users),
        "held_out": int(np.count_nonzero(asked & wanted)),
    }
    cases = [cases_of(dataset, wanted, users, ~here, wanted) for users in (validation_users, test_users)]
    two = _on_both_sides(train, on_target)
    parted = _part(train, on_target, two, target)
    facts |= {"people_parted": len(two)}
    return Split(parted, cases[0], cases[1], target, "leave-platform-out", seed, facts)


def _on_both_sides(dataset: Dataset, on_target: Mask) -> UserNums:
    """People with events, wanted or refused, on the target and elsewhere."""
    rows = np.concatenate([entries(dataset.interactions), entries(dataset.blocked)])
    here = on_target[np.concatenate([dataset.interactions.indices, dataset.blocked.indices])]
    return np.intersect1d(rows[here], rows[~here])


def _part(dataset: Dataset, on_target: Mask, who: UserNums, target: str) -> Dataset:
    """The same with what `who` did on the target as that of new people behind the others."""
    rows, columns = entries(dataset.interactions), dataset.interactions.indices
    moved = on_target[columns] & np.isin(rows, who)
    times = select_entries(dataset.interactions, moved, who, dataset.times)
    stayed = dataset.keeping(~moved)
    refused = on_target[dataset.blocked.indices] & np.isin(entries(dataset.blocked), who)
    everybody = np.arange(dataset.n_users)
    new = np.array([f"{id_} on {target}" for id_ in dataset.users.ids[who]], dtype=object)
    return replace(
        stayed,
        users=IdMap(np.concatenate([dataset.users.ids, new])),
        interactions=_below(stayed.interactions, select_entries(dataset.interactions, moved, who)),
        times=np.concatenate([stayed.times, times.data]),
        blocked=_below(
            select_entries(dataset.blocked, ~refused, everybody),
            select_entries(dataset.blocked, refused, who),
        ),
        devices=(),  # a row was done by one of two people now, and nothing here asks on a device
        on_device=None,
    )


def _below(upper: csr_array, lower: csr_array) -> csr_array:
    return csr_array(vstack([upper, lower], format="csr"))
