"""Who is checked on while training: some people, chosen by a hash, of whom one interaction is kept back.

They are taken from the data a model is given to learn from, never from a test. Neither the people nor the
interactions depend on the order of the data, and taking one person out does not reshuffle the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.dataset import Dataset
from isthmus.models.neural.sampling import rows_of
from isthmus.schema import FloatArray, IntArray, Query, UserNums

__all__ = ["Case", "Validation", "hash_ids", "hold_out"]

_MOST = 1000
"""People asked per platform at most: beyond it the figure hardly gets surer."""
_LENGTH = 10


@dataclass(frozen=True)
class Case:
    """People who are asked what they would take of one platform, and what that was."""

    users: UserNums
    """(q,) their numbers in the dataset."""
    query: Query
    wanted: IntArray
    """(q,): the place of the item kept back among the candidates."""

    def ndcg(self, scores: FloatArray) -> float:
        """NDCG@10 of (q, c) `scores`, what was seen left out: 1 / log2(2 + items above), 0 from ten on."""
        scores = np.array(scores, dtype=np.float64)
        own = np.take_along_axis(scores, self.wanted[:, None], axis=1)
        seen = self.query.history[:, self.query.candidates].tocoo()
        scores[seen.row, seen.col] = -np.inf
        above = (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2  # ties: half of them
        return float(np.mean(np.where(above < _LENGTH, 1.0 / np.log2(2.0 + above), 0.0)))


@dataclass(frozen=True)
class Validation:
    """The cases of all platforms asked about; without any there is nothing to check on."""

    cases: tuple[Case, ...]

    def ndcg(self, score: Callable[[Case], FloatArray]) -> float:
        """Mean NDCG@10 over people, where `score` gives the (q, c) scores of a case."""
        figures = [case.ndcg(score(case)) for case in self.cases]
        return float(np.average(figures, weights=[len(case.users) for case in self.cases]))

    def judge(self, score: Callable[[Case], FloatArray]) -> Callable[[], float] | None:
        """What `Run.train` takes: the figure of now, or None where there is nobody to ask."""
        return (lambda: self.ndcg(score)) if self.cases else None

    def on(self, platform: int) -> "Validation":
        """The cases of one platform only."""
        return Validation(tuple(case for case in self.cases if case.query.platform == platform))


def hold_out(
    dataset: Dataset, share: float, platforms: Sequence[int] | None = None
) -> tuple[Dataset, Validation]:
    """`dataset` less one interaction per chosen person and platform, and these as cases.

    Of the people with two interactions or more on a platform the `share` with the smallest hashes is chosen.
    """
    numbers = range(len(dataset.platforms)) if platforms is None else platforms
    row = rows_of(dataset.interactions)
    picked = [_pick(dataset, row, number, share) for number in numbers]
    kept = np.ones(len(row), dtype=bool)
    for entries in picked:
        kept[entries] = False
    rest = dataset.keeping(kept)
    cases = (
        _case(dataset, rest, row, number, entries)
        for number, entries in zip(numbers, picked, strict=True)
        if len(entries)
    )
    return rest, Validation(tuple(cases))


def _pick(dataset: Dataset, row: IntArray, platform: int, share: float) -> IntArray:
    """Entries to keep back, one for each chosen person."""
    items = dataset.interactions.indices
    here = np.flatnonzero((dataset.item_platform == platform)[items] & ~dataset.hidden[items])
    counts = np.bincount(row[here], minlength=dataset.n_users)
    eligible = np.flatnonzero(counts >= 2)
    people = hash_ids(dataset.users.ids[eligible])
    chosen = eligible[np.argsort(people, kind="stable")[: min(_MOST, round(share * len(eligible)))]]
    here = here[np.isin(row[here], chosen)]
    mixed = _mix(hash_ids(dataset.users.ids), row[here], hash_ids(dataset.items.ids), items[here])
    order = here[np.lexsort((mixed, row[here]))]
    first = np.concatenate([[True], row[order][1:] != row[order][:-1]]) if len(order) else np.zeros(0, bool)
    return order[first]


def _case(dataset: Dataset, rest: Dataset, row: IntArray, platform: int, entries: IntArray) -> Case:
    query = rest.query(row[entries], dataset.platforms[platform])
    wanted = np.searchsorted(query.candidates, dataset.interactions.indices[entries])
    return Case(row[entries], query, wanted)


def _mix(
    people: NDArray[np.uint64], row: IntArray, items: NDArray[np.uint64], column: NDArray[np.integer]
) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        mixed = people[row] ^ (items[column] * np.uint64(0x9E3779B97F4A7C15))
        return np.asarray((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9))


def hash_ids(ids: NDArray[Any]) -> NDArray[np.uint64]:
    """(n,): 64 bits for each id, the same in every process."""
    digests = b"".join(
        blake2b(str(id_).encode("utf-8", "surrogatepass"), digest_size=8).digest() for id_ in ids
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
