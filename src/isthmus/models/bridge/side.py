"""What is fitted for one target platform, and how its components' scores become one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.models.bridge.blend import Blend
from isthmus.models.bridge.components import Component, LowRank, Scores
from isthmus.schema import IntArray, Query

__all__ = ["Side", "Voice"]

_AT_ONCE = 4
"""Rows that are multiplied and added while they are in the cache: memory is slower than arithmetic."""


@dataclass(frozen=True)
class Voice:
    """What of people's past speaks for or against items."""

    sign: float
    query: Query
    """The past, as a history."""
    components: Sequence[int]
    """Places of the components that it speaks through."""
    speaks: NDArray[np.bool_]
    """(q,): whose past holds anything."""


class Asked(NamedTuple):
    """A component and the people whom it is asked about."""

    number: int
    query: Query
    rows: IntArray | slice
    factor: NDArray[np.float32]
    """(people,): what its scores are multiplied by."""


@dataclass(frozen=True)
class Side:
    """What is fitted for one target platform."""

    components: tuple[Component, ...]
    blend: Blend
    ignored: IntArray
    """Numbers of the platforms that are no help: what people did there is not looked at."""

    def blended(self, voices: Sequence[Voice], factors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(q, c): sum of the scores of all components by `factors` (q, components).

        Those that are products of few numbers are one product.
        """
        asked = [one for voice in voices for one in _asked(voice, factors)]
        few = [one for one in asked if one.number in self._parts]
        total = self._products(few, voices[0].query)
        for number, query, rows, factor in asked:
            component = self.components[number]
            scores = component.rest(query) if isinstance(component, LowRank) else component.score(query)
            if scores is not None:
                _add(total, rows, factor, scores)
        return total

    def _products(self, asked: Sequence[Asked], query: Query) -> NDArray[np.float32]:
        if not self._parts:
            return np.zeros((len(query), len(query.candidates)), dtype=np.float32)
        people = np.zeros((len(query), len(self._columns)), dtype=np.float32)
        for number, past, rows, factor in asked:
            component = self.components[number]
            assert isinstance(component, LowRank)
            people[rows, self._parts[number]] += factor[:, None] * component.people(past)
        if len(query.candidates) == self._columns.shape[1]:
            return people @ self._columns
        return people @ self._columns[:, self.components[0].places(query.candidates)]

    @cached_property
    def _parts(self) -> dict[int, slice]:
        """Rows of `_columns` of each component that is a product."""
        parts, start = {}, 0
        for number, component in enumerate(self.components):
            if isinstance(component, LowRank):
                width = len(component.columns(slice(0, 0)))
                parts[number], start = slice(start, start + width), start + width
        return parts

    @cached_property
    def _columns(self) -> NDArray[np.float32]:
        """(numbers of all products, items of the target)."""
        return np.concatenate([c.columns(slice(None)) for c in self.components if isinstance(c, LowRank)])


def _asked(voice: Voice, factors: NDArray[np.float32]) -> Iterator[Asked]:
    """Whom each component is asked about: nobody for whom it has no weight."""
    for number in voice.components:
        factor = np.float32(voice.sign) * factors[:, number]
        rows = np.flatnonzero((factor != 0) & voice.speaks)
        if len(rows) == len(factor):
            yield Asked(number, voice.query, slice(None), factor)
        elif len(rows):
            yield Asked(number, voice.query.take(rows), rows, factor[rows])


def _add(
    total: NDArray[np.float32],
    rows: IntArray | slice,
    factor: NDArray[np.float32],
    scores: Scores | csr_array,
) -> None:
    """Add factor (m,) * scores (m, c), sparse or not, to the `rows` of `total` in place."""
    places = np.arange(len(total))[rows]
    if isinstance(scores, csr_array):
        of = np.repeat(np.arange(len(places)), np.diff(scores.indptr))
        total[places[of], scores.indices] += scores.data * factor[of]
        return
    scratch = np.empty((_AT_ONCE, total.shape[1]), dtype=np.float32)
    for start in range(0, len(places), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        part = np.multiply(
            scores[some], factor[some, None], out=scratch[: len(places[some])], casting="same_kind"
        )
        if isinstance(rows, slice):
            total[some] += part
        else:
            total[places[some]] += part
