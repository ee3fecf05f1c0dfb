"""Twins: the same product sold under two platforms, which makes a test row a matter of looking it up.

Whoever bought a charger under "electronics" has bought it under "phones" too: the popular pairs of this
field hold 11 to 15 % of such rows, and they more than double the figures. Two items of different platforms
are twins

- where their titles are the same and most of their creators are too; or
- where they have largely the same audience (Jaccard of the people), and their titles are the same, or their
  vectors nearly are, or one of them has no text to go by; or
- where the dataset knows them to be one thing (`Dataset.same`), whatever titles and audiences say.

The same title alone is not enough: a story and its film share it, and to recommend the film to whoever read
the story is what transfer is for. Nor is the same audience alone where both have text that differs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from isthmus.dataset.dataset import Dataset
from isthmus.errors import SettingsError
from isthmus.items import normalise_title
from isthmus.schema import FloatArray, IntArray, ItemNums

__all__ = ["TwinSettings", "Twins", "find_twins"]

_CHUNK = 2048
"""Target items whose audiences are compared with all others at once."""


@dataclass(frozen=True)
class TwinSettings:
    """When two items count as one product."""

    jaccard: float = 0.34
    """Least share of common people among all people of the two items."""
    shared: int = 3
    """Least number of common people: with one or two, the same audience is chance."""
    cosine: float = 0.95
    """From here on two vectors are nearly the same text."""
    creators: float = 0.5
    """Least share of common creators among all creators of the two items."""

    def __post_init__(self) -> None:
        if not (
            0 < self.jaccard <= 1 and self.shared >= 1 and 0 < self.cosine <= 1 and 0 < self.creators <= 1
        ):
            raise SettingsError(
                f"{self} is out of range.", "Shares lie above 0 and up to 1, shared is at least 1."
            )


@dataclass(frozen=True)
class Twins:
    """Pairs of items that are one product, ascending by the numbers `target` (t,) and `other` (t,)."""

    target: ItemNums
    other: ItemNums
    jaccard: FloatArray
    """(t,): likeness of the audiences, 0 where it is below what the settings ask for."""
    same_title: NDArray[np.bool_]
    """(t,): whether the titles are the same."""
    matched: NDArray[np.bool_]
    """(t,): whether the dataset knows the two to be one thing."""
    n_items: int

    def __len__(self) -> int:
        return len(self.target)

    def reached_by(self, history: csr_array) -> csr_array:
        """(q, n_items): non-zero where an item of the target has a twin in a person's `history`."""
        ones = np.ones(len(self))
        pairs = csr_array((ones, (self.other, self.target)), shape=(self.n_items, self.n_items))
        touched = csr_array((np.ones(history.nnz), history.indices, history.indptr), shape=history.shape)
        return csr_array(touched @ pairs)

    @property
    def facts(self) -> Mapping[str, int]:
        """How many pairs, and how many items of the target are in one."""
        return {
            "pairs": len(self),
            "target_items": len(np.unique(self.target)),
            "pairs_with_the_same_title": int(self.same_title.sum()),
            "matched_pairs": int(self.matched.sum()),
        }


def find_twins(dataset: Dataset, target: str, settings: TwinSettings | None = None) -> Twins:
    """All twins of the items of `target` on other platforms.

    Cost is that of one sparse product people x items, a few thousand target items at a time. Raises
    UnknownNameError for the platform.
    """
    settings = settings or TwinSettings()
    on_target = dataset.item_platform == dataset.platform_num(target)
    n = dataset.n_items
    alike = [_keys(pairs, n) for pairs in _alike_audiences(dataset, on_target, settings)]
    audience = np.concatenate([keys for keys, _ in alike]) if alike else np.zeros(0, dtype=np.int64)
    jaccard = np.concatenate([values for _, values in alike]) if alike else np.zeros(0)
    titled = _same_titles(dataset, on_target)
    titled_keys = np.sort(titled[0] * n + titled[1])
    is_twin = _texts_agree(dataset, audience // n, audience % n, titled_keys, settings)
    by_creator = titled_keys[_same_creators(dataset, titled_keys // n, titled_keys % n, settings.creators)]
    matched = _matched(dataset, on_target)
    found = np.unique(np.concatenate([audience[is_twin], by_creator, matched]))
    likeness = np.zeros(len(found))
    alike_too = np.isin(audience, found)
    likeness[np.searchsorted(found, audience[alike_too])] = jaccard[alike_too]
    return Twins(found // n, found % n, likeness, np.isin(found, titled_keys), np.isin(found, matched), n)


Pairs = tuple[ItemNums, ItemNums, FloatArray]


def _keys(pairs: Pairs, n_items: int) -> tuple[IntArray, FloatArray]:
    return pairs[0] * n_items + pairs[1], pairs[2]


def _alike_audiences(
    dataset: Dataset, on_target: NDArray[np.bool_], settings: TwinSettings
) -> Iterator[Pairs]:
    """(target item, other item, Jaccard) of pairs whose audiences are alike, piece by piece."""
    people = dataset.interactions
    binary = csc_array(csr_array((np.ones(people.nnz), people.indices, people.indptr), shape=people.shape))
    size = np.diff(binary.indptr)
    # An item with fewer people than must be shared has no twin: on sparse data that is most of them.
    ours = np.flatnonzero(on_target & (size >= settings.shared))
    others = np.flatnonzero(~on_target & (size >= settings.shared))
    across = csr_array(binary[:, others])
    for start in range(0, len(ours), _CHUNK):
        chunk = ours[start : start + _CHUNK]
        shared = csr_array(binary[:, chunk].T) @ across
        rows = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
        mine, theirs, count = chunk[rows], others[shared.indices], shared.data
        jaccard = count / (size[mine] + size[theirs] - count)
        good = (jaccard >= settings.jaccard) & (count >= settings.shared)
        yield mine[good], theirs[good], jaccard[good]


def _same_titles(dataset: Dataset, on_target: NDArray[np.bool_]) -> tuple[ItemNums, ItemNums]:
    """(target item, other item) of equal normalised titles."""
    titles = pl.Series(dataset.features.titles.tolist(), dtype=pl.String)
    frame = pl.DataFrame({
        "item": np.arange(dataset.n_items),
        "title": normalise_title(titles),
        "ours": on_target,
    }).filter(pl.Series(_has_title(dataset)) & pl.col("title").is_not_null())  # fmt: skip
    pairs = frame.filter("ours").join(frame.filter(~pl.col("ours")), on="title", suffix="_other")
    return pairs["item"].to_numpy(), pairs["item_other"].to_numpy()


def _matched(dataset: Dataset, on_target: NDArray[np.bool_]) -> IntArray:
    """Keys of the pairs that the dataset knows to be one thing, an item of the target first."""
    both = np.concatenate([dataset.same, dataset.same[:, ::-1]])
    ours = both[on_target[both[:, 0]]]
    return np.asarray(ours[:, 0] * dataset.n_items + ours[:, 1])


def _has_title(dataset: Dataset) -> NDArray[np.bool_]:
    """(n_items,): whether the title is more than the id that stands in for a missing one."""
    ids = (key.rpartition("\x1f")[2] for key in dataset.items.ids)
    return np.fromiter(
        (title != id_ for title, id_ in zip(dataset.features.titles, ids, strict=True)),
        dtype=bool,
        count=dataset.n_items,
    )


def _texts_agree(
    dataset: Dataset, mine: ItemNums, theirs: ItemNums, titled: IntArray, settings: TwinSettings
) -> NDArray[np.bool_]:
    """(p,): whether the texts of pairs with the same audience say the same, or one of them says nothing."""
    same_title = np.isin(mine * dataset.n_items + theirs, titled)
    vectors = dataset.features.vectors
    near = np.einsum("pd,pd->p", vectors[mine], vectors[theirs]) >= settings.cosine
    has_text = _has_title(dataset) | dataset.features.has_text
    return np.asarray(same_title | near | ~has_text[mine] | ~has_text[theirs])


def _same_creators(dataset: Dataset, mine: ItemNums, theirs: ItemNums, least: float) -> NDArray[np.bool_]:
    """(p,): whether both have creators and most of these are the same."""
    creators = dataset.features.creators.matrix
    if len(mine) == 0 or creators.shape[1] == 0:
        return np.zeros(len(mine), dtype=bool)
    shared = np.asarray(creators[mine].multiply(creators[theirs]).sum(axis=1)).ravel()
    count = np.diff(creators.indptr)
    return np.asarray((shared > 0) & (shared >= least * (count[mine] + count[theirs] - shared)))
