"""The gate of sources: whether what a person did on a platform tells anything of that person.

People whose target events were all hidden are asked about twice: with what they did on one source alone, and
with what somebody else did there. A source whose answers are as good with somebody else's history is noise.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.models.bridge.blend import Blend, Sample, ranks_of
from isthmus.models.bridge.components import Component, dense
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.hold_out import Case
from isthmus.schema import FloatArray, IntArray, Query

__all__ = ["Gate", "log_ranks", "only_platforms"]

_PEOPLE = 800
"""At most so many are asked in a turn."""
_CELLS_AT_ONCE = 200
_CLEAR = 1.64
"""Standard errors; of a hundred platforms of chance five would be let in."""
_FEWEST = 20
"""Of fewer people nothing can be said."""


class Gate:
    """Gathers, over people hidden in turns, what each source platform is worth for a target."""

    def __init__(self, item_platform: IntArray, target: int) -> None:
        self._item_platform = item_platform
        self._gains: dict[int, list[FloatArray]] = {
            int(source): [] for source in np.unique(item_platform) if source != target
        }

    def watch(
        self, components: Sequence[Component], sample: Sample, case: Case, config: BridgeConfig
    ) -> None:
        """Ask `components`, which never saw the target events of the people of `case`, whose k is 0.

        `sample` is what they said of the case; those that remember people are not asked.
        """
        asked = np.array([not component.remembers for component in components], dtype=bool)
        components = [component for component in components if not component.remembers]
        blend = Blend.learn(components, {0: sample.only(asked)}, replace(config, polish=False))
        for source, gains in self._gains.items():
            from_source = self._item_platform == source
            known = np.diff(only_platforms(case.query, from_source).history.indptr) > 0
            there = np.flatnonzero(known)[:_PEOPLE]
            if len(there):
                query = only_platforms(case.query.take(there), from_source)
                gains.append(self._gain(components, blend, query, case.truth[there].toarray() != 0))

    def _gain(self, components: Sequence[Component], blend: Blend, query: Query, truth: Any) -> FloatArray:
        """(people,): by what factor (its logarithm) what was hidden ranks better with their own history."""
        scores = _blended(components, blend, query, self._item_platform)
        others = np.roll(scores, 1, axis=0)
        return np.asarray(log_ranks(others, truth, query) - log_ranks(scores, truth, query))

    def noise(self) -> IntArray:
        """Sources whose gain is not clear of nothing, where enough people are known to say so."""
        useless = []
        for source, parts in self._gains.items():
            gain = np.concatenate(parts) if parts else np.zeros(0)
            if len(gain) >= _FEWEST and gain.mean() <= _CLEAR * gain.std() / np.sqrt(len(gain)):
                useless.append(source)
        return np.array(useless, dtype=np.int64)


def only_platforms(query: Query, wanted: NDArray[np.bool_]) -> Query:
    """The query with only the past items marked in (n_items,) `wanted`."""
    keep = wanted[query.history.indices]
    indptr = np.concatenate([[0], np.cumsum(keep)])[query.history.indptr]

    def picked(matrix: csr_array) -> csr_array:
        return csr_array((matrix.data[keep], matrix.indices[keep], indptr), shape=matrix.shape)

    times = None if query.times is None else picked(query.times)
    here = None if query.here is None else picked(query.here)
    return replace(query, history=picked(query.history), times=times, here=here)


def _blended(
    components: Sequence[Component], blend: Blend, query: Query, item_platform: IntArray
) -> NDArray[np.float32]:
    factors = blend.rows(query, item_platform).astype(np.float32)
    total = np.zeros((len(query), len(query.candidates)), dtype=np.float32)
    for component, factor in zip(components, factors.T, strict=True):
        if factor.any() and not component.idle:
            total += factor[:, None] * dense(component.score(query))
    return total


def log_ranks(scores: NDArray[np.float32], truth: NDArray[np.bool_], query: Query) -> FloatArray:
    """(people,): mean logarithm of the rank of what was hidden, the middle one where scores are equal.

    Every rank tells something; NDCG, which sees only the first of a list, needs about four times as many
    people to be as sure.
    """
    for mask in query.barred():
        scores = np.where((mask[:, query.candidates].toarray() != 0) & ~truth, -np.inf, scores)
    people, columns = np.nonzero(truth)
    logs = np.zeros(len(people))
    for start in range(0, len(people), _CELLS_AT_ONCE):
        some = slice(start, start + _CELLS_AT_ONCE)
        logs[some] = np.log1p(ranks_of(scores, people[some], columns[some]))
    return np.asarray(np.bincount(people, logs, len(truth)) / np.maximum(truth.sum(axis=1), 1))
