"""Methods with a bridge: factors of either side, and something that leads people across."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.factorisation import FactorConfig, factorise
from isthmus.models.neural.factors import Factors, explain_product
from isthmus.models.neural.pairs import FORBID, Pair, PairConfig, PairScorer, touched
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Validation, hash_ids, hold_out
from isthmus.schema import Explanations, FloatArray, ItemNums, Query, UserNums

__all__ = ["BridgeSettings", "BridgedScorer", "factorise_sides", "hold_out_people"]


@dataclass(frozen=True, config=FORBID)
class BridgeSettings(FactorConfig, PairConfig):
    """Settings of the two factorisations and of a bridge between them."""

    embedding_size: int = Field(default=64, ge=1)
    """Factors per person and item, on either side."""
    reg: float = Field(default=0.003, ge=0)
    """Weight of the squared length of the factors in a mini-batch."""
    bridge_epochs: int = Field(default=300, ge=1)
    """Passes over what the bridge is learnt from at most."""
    bridge_batch_size: int = Field(default=128, ge=1)
    """People, or interactions, in a mini-batch of the bridge."""
    mapped_below: int = Field(default=1, ge=0)
    """People with fewer interactions than this on the target are mapped; the others have factors there."""


class BridgedScorer(PairScorer):
    """score = p . q_j: p a person's own factors on the target, or mapped from the source for who is new
    there.
    """

    config: BridgeSettings

    @abstractmethod
    def _mapped(self, arrays: Arrays, history: csr_array, people: FloatArray) -> FloatArray:
        """Factors on the target (q, d) of people with these histories and (q, d) factors on the source."""

    def _mapped_parts(self, arrays: Arrays, history: csr_array, of_past: FloatArray) -> FloatArray:
        """What the parts (h, d) of one person become on the target; none where the bridge is not linear."""
        return of_past[:0]

    @final
    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        target = Factors.read(arrays, "target.")
        return self._people(arrays, query.history) @ target.on(query.candidates).T

    @final
    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """Per past item its part in the person's factors; of those that a linear bridge mapped too."""
        target = Factors.read(arrays, "target.")
        parts = self._parts(arrays, query.history)
        return explain_product(parts, items, target.on, ("read or bought together", "learnt taste"))

    def _people(self, arrays: Arrays, history: csr_array) -> FloatArray:
        source, target = Factors.read(arrays, "source."), Factors.read(arrays, "target.")
        people = target.of_people(history)
        new = self._new(history, source, target)
        if len(new):
            people[new] = self._mapped(arrays, history[new], source.of_people(history[new]))
        return people

    def _parts(self, arrays: Arrays, history: csr_array) -> Iterator[tuple[ItemNums, FloatArray, FloatArray]]:
        source, target = Factors.read(arrays, "source."), Factors.read(arrays, "target.")
        new = set(self._new(history, source, target).tolist())
        people = self._people(arrays, history)
        for row in range(history.shape[0]):
            one = history[row : row + 1]
            if row not in new:
                yield next(target.parts(one))
                continue
            past, of_past, _ = next(source.parts(one))
            carried = self._mapped_parts(arrays, one, of_past)
            yield past[: len(carried)], carried, people[row] - carried.sum(axis=0)

    def _new(self, history: csr_array, source: Factors, target: Factors) -> ItemNums:
        few = touched(history, target.items) < self.config.mapped_below
        return np.flatnonzero(few & (touched(history, source.items) > 0))


def factorise_sides(
    dataset: Dataset, pair: Pair, run: Run, stage: str, *, judged: bool = True
) -> tuple[Factors, Factors, Dataset, Validation]:
    """Factors of the source and of the target, each learnt from its own interactions alone.

    Then what they were learnt from, and who on the target was held out: nobody, where what follows is not
    `judged` by them and factors are solved for and need no sign when to stop.
    """
    assert isinstance(run.config, FactorConfig)
    nobody = run.config.loss == "all" and not judged
    rest, validation = hold_out(dataset, 0.0 if nobody else run.config.hold_out)
    elsewhere = Validation(tuple(case for case in validation.cases if case.query.platform != pair.platform))
    there = validation.on(pair.platform)
    source = factorise(dataset, rest, pair.sources, run, f"{stage}-source", elsewhere)
    return source, factorise(dataset, rest, [pair.target], run, f"{stage}-target", there), rest, there


def hold_out_people(dataset: Dataset, people: UserNums, share: float) -> tuple[UserNums, UserNums]:
    """`people` in two parts, the second the `share` of them with the smallest hashes; each ascending."""
    order = people[np.argsort(hash_ids(dataset.users.ids[people]), kind="stable")]
    n = round(share * len(order))
    return np.sort(order[n:]), np.sort(order[:n])
