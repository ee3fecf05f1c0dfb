"""Hashes of many events in 8 bytes each, to tell at once what is surely new."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hashes"]

_N_PARTS = 64
_EDGES = np.arange(1, _N_PARTS, dtype=np.uint64) << np.uint64(58)
_FRESH = 1_000_000
_SHARE = 16
"""New hashes wait by themselves while they are fewer than `_FRESH`, or than this part of the others."""

UInt64s = NDArray[np.uint64]


class Hashes:
    """A set of hashes that grows: parts by their first bits, each ascending.

    Adding to one long row would need its memory twice; a part is made anew by itself.
    """

    def __init__(self, hashes: UInt64s) -> None:
        self._fresh = np.empty(0, np.uint64)
        self._waiting: list[UInt64s] = []
        self._parts = [np.empty(0, np.uint64)] * _N_PARTS
        self._settled = 0
        self.add(np.sort(hashes))

    def __len__(self) -> int:
        return self._settled + len(self._fresh) + sum(map(len, self._waiting))

    def add(self, ordered: UInt64s) -> None:
        """Add hashes, ascending. They are put in their places when next something is asked."""
        if len(ordered):
            self._waiting.append(ordered)

    def holds(self, hashes: UInt64s) -> NDArray[np.bool_]:
        """Which of `hashes` are here."""
        if not len(self):
            return np.zeros(len(hashes), dtype=bool)
        order = np.argsort(hashes)  # ascending needles walk through memory instead of jumping
        found = np.empty(len(hashes), dtype=bool)
        found[order] = self.holds_ordered(hashes[order])
        return found

    def holds_ordered(self, ordered: UInt64s) -> NDArray[np.bool_]:
        """As `holds`, of hashes that are ascending."""
        self._settle()
        found = _are_in(ordered, self._fresh)
        if self._settled:
            for part, start, stop in self._cuts(ordered):
                found[start:stop] |= _are_in(ordered[start:stop], self._parts[part])
        return found

    def _settle(self) -> None:
        if self._waiting:
            self._fresh = np.concatenate([self._fresh, *self._waiting])
            self._fresh.sort(kind="stable")  # runs that are in order are merged only
            self._waiting = []
        if len(self._fresh) > max(_FRESH, self._settled // _SHARE):
            for part, start, stop in self._cuts(self._fresh):
                merged = np.concatenate([self._parts[part], self._fresh[start:stop]])
                merged.sort(kind="stable")
                self._parts[part] = merged
            self._settled += len(self._fresh)
            self._fresh = np.empty(0, np.uint64)

    @staticmethod
    def _cuts(ordered: UInt64s) -> Iterator[tuple[int, int, int]]:
        """Number of a part, and from where to where its hashes stand in `ordered`."""
        cuts = [0, *np.searchsorted(ordered, _EDGES).tolist(), len(ordered)]
        yield from ((part, start, stop) for part, (start, stop) in enumerate(pairwise(cuts)) if stop > start)


def _are_in(needles: UInt64s, there: UInt64s) -> NDArray[np.bool_]:
    if not len(there):
        return np.zeros(len(needles), dtype=bool)
    places = np.searchsorted(there, needles)
    found: NDArray[np.bool_] = there[np.minimum(places, len(there) - 1)] == needles
    return found
