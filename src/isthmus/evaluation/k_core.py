"""The k-core: people and items that are known well enough to be measured on."""

from dataclasses import replace

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import SettingsError
from isthmus.evaluation.split import entries

__all__ = ["k_core"]


def k_core(dataset: Dataset, k: int) -> Dataset:
    """Per platform, the largest set of interactions in which every person and every item has at least `k`.

    People and items keep their numbers; items that fell out, or never had anybody, are hidden, so that they
    are no candidates (seidman-1983). Raises SettingsError for `k` below 1.
    """
    if k < 1:
        raise SettingsError(f"a core needs k of at least 1, not {k}.")
    columns = dataset.interactions.indices
    n_platforms = len(dataset.platforms)
    # one number per (person, platform): a person may fall out of one platform and stay on another
    person = entries(dataset.interactions) * n_platforms + dataset.item_platform[columns]
    kept = np.ones(len(columns), dtype=bool)
    while True:
        of_person = np.bincount(person[kept], minlength=dataset.n_users * n_platforms)
        of_item = np.bincount(columns[kept], minlength=dataset.n_items)
        stays = kept & (of_person[person] >= k) & (of_item[columns] >= k)
        if stays.sum() == kept.sum():
            return replace(dataset.keeping(kept), hidden=dataset.hidden | (of_item == 0))
        kept = stays
