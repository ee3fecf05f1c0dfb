"""SSCDR: distances in place of products, and a bridge that learns from source items too."""

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.bridged import BridgedScorer, BridgeSettings, hold_out_people
from isthmus.models.neural.factorisation import mixed_batches, start_factors
from isthmus.models.neural.factors import Factors
from isthmus.models.neural.pairs import FORBID, Pair
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers
from isthmus.models.neural.sampling import Positives, rows_of
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, Validation, hold_out
from isthmus.schema import FloatArray, ItemNums

__all__ = ["SSCDR", "SSCDRConfig"]


@dataclass(frozen=True, config=FORBID)
class SSCDRConfig(BridgeSettings):
    """Settings of the two metric spaces and of the bridge; `loss`, `ridge` and `reg` are not used."""

    margin: float = Field(default=1.0, gt=0)
    """How much farther, in squared distance, an item drawn for contrast is to be than one that was taken."""
    unlabelled: float = Field(default=0.1, ge=0)
    """lambda: weight of the bridge's loss over source items beside that over people known on both sides."""
    hops: int = Field(default=1, ge=0, le=1)
    """1: who is mapped is the mean of themselves and of their source items; 0: themselves only."""


@final
class SSCDR(BridgedScorer):
    """score = |p|^2 - |p - q_j|^2, p the person on the target or f(p_u), mapped from the source. Source:
    kang-2019.

    Either side is a metric space (hsieh-2017): [margin + |p - q|^2 - |p - q'|^2]+ over items taken q and
    drawn q', everything within the unit ball. The bridge f, one hidden layer of twice the size with tanh, is
    fitted to people known on both sides, |f(p_u) - p_u'|^2, and to their source items: f(q) of those taken is
    to be nearer to p_u' by the margin than f(q') of others. Somebody to be mapped is first smoothed with
    their source items. Who has a past on the target keeps their own place there (`mapped_below`). |p|^2
    changes no order; it is there so that a score is a product.
    """

    name: ClassVar[str] = "sscdr"
    config_type: ClassVar[type] = SSCDRConfig
    config: SSCDRConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        rest, validation = hold_out(dataset, self.config.hold_out)
        there = validation.on(pair.platform)
        elsewhere = Validation(tuple(one for one in validation.cases if one.query.platform != pair.platform))
        source = self._learn_space(dataset, rest, pair.sources, run, f"{stage}-source", elsewhere)
        target = self._learn_space(dataset, rest, (pair.target,), run, f"{stage}-target", there)
        bridge = self._learn_bridge(dataset, pair, run, f"{stage}-bridge", source, target)
        return source.arrays("source.") | target.arrays("target.") | keep_layers(bridge, "bridge.")

    def _learn_space(
        self,
        dataset: Dataset,
        rest: Dataset,
        pools: tuple[ItemNums, ...],
        run: Run,
        stage: str,
        validation: Validation,
    ) -> Factors:
        """Places of everybody and of the items of `pools`, written as factors whose product is the score."""
        config, items = self.config, np.sort(np.concatenate(pools))
        parts = [Positives.of(rest.interactions, pool) for pool in pools]
        with run.start(stage):
            people, things = (
                start_factors(n, config.embedding_size, run) for n in (dataset.n_users, dataset.n_items)
            )

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for batch in mixed_batches(parts, [1.0] * len(parts), config.batch_size, config.negatives, rng):
                users, liked, others, _ = (column.to(run.device) for column in batch)
                yield triplet(
                    within(people[users]), within(things[liked]), within(things[others]), config.margin
                )

        def score(case: Case) -> FloatArray:
            asked = (
                torch.from_numpy(numbers).to(run.device) for numbers in (case.users, case.query.candidates)
            )
            mine, theirs = (
                as_product(within(all_[some])) for all_, some in zip((people, things), asked, strict=True)
            )
            found: FloatArray = (mine[0] @ theirs[1].T).cpu().numpy().astype(np.float64)
            return found

        run.train(torch.nn.ParameterList([people, things]), losses, stage, validation.judge(score))
        with torch.no_grad():
            mine, theirs = (
                as_product(within(people))[0].cpu().numpy(),
                as_product(within(things))[1].cpu().numpy(),
            )
        return Factors.of(items, theirs[items], mine, dataset.interactions, validation)

    def _learn_bridge(
        self, dataset: Dataset, pair: Pair, run: Run, stage: str, source: Factors, target: Factors
    ) -> torch.nn.Sequential:
        config, size = self.config, self.config.embedding_size
        with run.start(stage):
            bridge = make_layers([size, 2 * size, size], "tanh").to(run.device)
        people, asked = hold_out_people(dataset, np.flatnonzero(pair.both(dataset.interactions)), 0.1)
        taken = Positives.of(dataset.interactions, pair.source)
        here, there, things = (
            torch.from_numpy(array.astype(np.float32)).to(run.device)
            for array in (
                source.of_people(dataset.interactions)[:, :-1],
                target.of_people(dataset.interactions)[:, :-1],
                source.on(np.arange(dataset.n_items))[:, :-1] / 2,
            )
        )
        starts = dataset.interactions[:, pair.source]

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            order = rng.permutation(people)
            for start in range(0, len(order), config.bridge_batch_size):
                users = order[start : start + config.bridge_batch_size]
                counts = np.diff(starts.indptr)[users]
                liked = pair.source[
                    starts.indices[starts.indptr[users] + (rng.random(len(users)) * counts).astype(np.int64)]
                ]
                others = taken.negatives(users, config.negatives, rng)
                labelled = (bridge(here[users]) - there[users]).square().sum(1).mean()
                near, far = within(bridge(things[liked])), within(bridge(things[others]))
                yield labelled + config.unlabelled * triplet(there[users], near, far, config.margin)

        def judge() -> float:
            return -float((bridge(here[asked]) - there[asked]).square().sum(1).mean())

        if len(people):
            run.train(bridge, losses, stage, judge if len(asked) else None, epochs=config.bridge_epochs)
        return bridge

    def _mapped(self, arrays: Arrays, history: csr_array, people: FloatArray) -> FloatArray:
        places = _inside(people[:, :-1])
        if self.config.hops:
            mine = history[:, arrays["source.items"]]
            ones = csr_array((np.ones(mine.nnz), mine.indices, mine.indptr), shape=mine.shape)
            things = arrays["source.vectors"][:, :-1].astype(np.float64) / 2
            counts = np.bincount(rows_of(mine), minlength=mine.shape[0])
            places = (places + (ones @ things) / np.maximum(counts, 1)[:, None]) / 2
        mapped = _inside(apply_layers(arrays, "bridge.", places, "tanh"))
        return np.hstack([mapped, np.ones((len(mapped), 1))])


def within(places: torch.Tensor) -> torch.Tensor:
    """(..., d): what lies outside the unit ball is brought to its surface."""
    return places / places.norm(dim=-1, keepdim=True).clamp(min=1.0)


def triplet(anchor: torch.Tensor, near: torch.Tensor, far: torch.Tensor, margin: float) -> torch.Tensor:
    """Mean of [margin + |a - near|^2 - |a - far|^2]+, anchor and near (b, d), far (b, n, d)."""
    closer, farther = (anchor - near).square().sum(-1), (anchor[:, None] - far).square().sum(-1)
    return torch.relu(margin + closer[:, None] - farther).mean()


def as_product(places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, d + 1) as person and as item: (p, 1) . (2 q, -|q|^2) = |p|^2 - |p - q|^2."""
    ones = torch.ones_like(places[:, :1])
    return torch.cat([places, ones], 1), torch.cat([2 * places, -places.square().sum(1, keepdim=True)], 1)


def _inside(places: FloatArray) -> FloatArray:
    return np.asarray(places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1.0))
