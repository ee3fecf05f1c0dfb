"""What a mini-batch is drawn from: interactions that were, and items of which nothing is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from isthmus.schema import IntArray, ItemNums, UserNums

__all__ = ["Contrast", "Positives", "rows_of"]

_REDRAWS = 4


@dataclass(frozen=True)
class Positives:
    """Interactions as pairs, and the items (`pool`) among which others are drawn for contrast."""

    people: UserNums
    """(p,)"""
    items: ItemNums
    """(p,)"""
    pool: ItemNums
    """(m,) ascending."""
    keys: IntArray
    """(p,) ascending: person times `width` plus item, to look a pair up."""
    width: int

    @classmethod
    def of(cls, interactions: csr_array, pool: ItemNums) -> Self:
        """The entries of (n_users, n_items) `interactions` that lie in the columns `pool`."""
        width = interactions.shape[1]
        inside = np.zeros(width, dtype=bool)
        inside[pool] = True
        chosen = inside[interactions.indices]
        people = rows_of(interactions)[chosen]
        items = interactions.indices[chosen].astype(np.int64)
        return cls(people, items, pool, np.sort(people * width + items), width)

    def __len__(self) -> int:
        return len(self.people)

    def negatives(self, people: UserNums, n: int, rng: np.random.Generator) -> ItemNums:
        """(len(people), n): items of the pool drawn evenly; of those a person has touched almost none."""
        owners = np.repeat(people, n)
        drawn = self.pool[rng.integers(len(self.pool), size=len(owners))]
        for _ in range(_REDRAWS):
            touched = np.flatnonzero(self.hold(owners, drawn))
            if len(touched) == 0:
                break
            drawn[touched] = self.pool[rng.integers(len(self.pool), size=len(touched))]
        return drawn.reshape(len(people), n)

    def hold(self, people: UserNums, items: ItemNums) -> IntArray:
        """(len(people),): whether each pair is an interaction."""
        if len(self.keys) == 0:
            return np.zeros(len(people), dtype=np.int64)
        wanted = people * self.width + items
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return (self.keys[places] == wanted).astype(np.int64)

    def batches(
        self, size: int, negatives: int, rng: np.random.Generator
    ) -> Iterator[tuple[UserNums, ItemNums, ItemNums]]:
        """All in random order, `size` at a time: people (b,), items (b,), others (b, negatives)."""
        order = rng.permutation(len(self))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            people = self.people[chosen]
            yield people, self.items[chosen], self.negatives(people, negatives, rng)


def rows_of(matrix: csr_array) -> IntArray:
    """(nnz,): the row of each entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


@dataclass(frozen=True)
class Contrast:
    """Items drawn for contrast from the platform of another item."""

    touched: Positives
    order: ItemNums
    """(n_items,): items sorted by platform."""
    starts: IntArray
    """Where each platform begins in `order`, and the end."""
    item_platform: IntArray

    @classmethod
    def of(cls, interactions: csr_array, item_platform: IntArray) -> Self:
        """From (n_users, n_items) `interactions` and the platform of each item."""
        order = np.argsort(item_platform, kind="stable")
        starts = np.searchsorted(item_platform[order], np.arange(item_platform.max(initial=0) + 2))
        return cls(Positives.of(interactions, np.arange(len(order))), order, starts, item_platform)

    def draw(self, people: UserNums, items: ItemNums, n: int, rng: np.random.Generator) -> ItemNums:
        """(b, n): items of the platforms of `items` (b,); of those `people` (b,) have touched almost none."""
        platform = np.repeat(self.item_platform[items], n)
        first, size = self.starts[platform], self.starts[platform + 1] - self.starts[platform]
        owners = np.repeat(people, n)
        drawn = self.order[first + (rng.random(len(first)) * size).astype(np.int64)]
        for _ in range(_REDRAWS):
            again = np.flatnonzero(self.touched.hold(owners, drawn))
            drawn[again] = self.order[first[again] + (rng.random(len(again)) * size[again]).astype(np.int64)]
        return drawn.reshape(len(people), n)
