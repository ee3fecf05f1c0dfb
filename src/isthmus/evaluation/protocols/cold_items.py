"""New items: what nobody in training has touched is asked for."""

from dataclasses import replace
from typing import Literal

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation.protocols.chance import hash_ids
from isthmus.evaluation.protocols.holding import cases_of, check_shares, training_of, wanted_entries
from isthmus.evaluation.split import Cases, Split, entries
from isthmus.schema import ItemNums

__all__ = ["cold_items"]


def cold_items(
    dataset: Dataset,
    target: str,
    *,
    test: float = 0.2,
    validation: float = 0.1,
    among: Literal["all", "cold"] = "all",
    seed: int = 0,
) -> Split:
    """Shares of the items of `target` are new: no interaction with them is in training or in any history.

    Their texts stay known. Whoever touched one and anything else is asked about, with all that is left as
    history: `among` all items of the target, where the new ones compete with the known, or among the new ones
    of the test (or validation) only. Raises SettingsError for shares out of range or another `among`,
    UnknownNameError for the platform, InputError where nobody can be asked.
    """
    check_shares(test, validation)
    if among not in ("all", "cold"):
        raise SettingsError(f"among must be all or cold, not {among!r}.")
    rows, columns = entries(dataset.interactions), dataset.interactions.indices
    wanted = wanted_entries(dataset, target)
    test_items, validation_items = _draw_items(dataset, np.unique(columns[wanted]), test, validation, seed)
    known = ~np.isin(columns, np.union1d(test_items, validation_items))
    cases: list[Cases] = []
    for new in (validation_items, test_items):
        truth = np.isin(columns, new)
        asked = cases_of(dataset, wanted, np.intersect1d(rows[truth], rows[known]), known, truth)
        cases.append(replace(asked, among=new if among == "cold" else None))
    if len(cases[1]) == 0:
        raise InputError(
            f"nobody touched one of {len(test_items)} new items of {target} and anything else",
            "Ask for a larger share.",
        )
    facts = {
        "cold_items": len(test_items),
        "cold_items_of_validation": len(validation_items),
        "among": f"{among} items",
        "test_people": len(cases[1]),
        "validation_people": len(cases[0]),
        "held_out": int(np.count_nonzero(~known)),
    }
    train = training_of(dataset, target, known, np.union1d(cases[0].users, cases[1].users))
    return Split(train, cases[0], cases[1], target, "cold-items", seed, facts)


def _draw_items(
    dataset: Dataset, items: ItemNums, test: float, validation: float, seed: int
) -> tuple[ItemNums, ItemNums]:
    """New items of the test and of the validation, ascending: those with the smallest hashes."""
    order = items[np.argsort(hash_ids(dataset.items.ids[items], seed), kind="stable")]
    n_test, n_validation = round(test * len(order)), round(validation * len(order))
    return np.sort(order[:n_test]), np.sort(order[n_test : n_test + n_validation])
