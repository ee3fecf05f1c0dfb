"""EMCDR: factors of each side on its own, and a bridge from the one to the other."""

from collections.abc import Iterator
from typing import ClassVar, Literal, final

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.bridged import BridgedScorer, BridgeSettings, factorise_sides, hold_out_people
from isthmus.models.neural.factors import Factors
from isthmus.models.neural.pairs import FORBID, Pair
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers
from isthmus.models.neural.training import Run
from isthmus.schema import FloatArray

__all__ = ["EMCDR", "EMCDRConfig"]


@dataclass(frozen=True, config=FORBID)
class EMCDRConfig(BridgeSettings):
    """Settings of the two factorisations and of the bridge."""

    embedding_size: int = Field(default=128, ge=1)
    """Factors per person and item, on either side."""
    bridge: Literal["linear", "mlp"] = "mlp"
    """A matrix, or one hidden layer of twice the size with tanh, as in the paper."""


@final
class EMCDR(BridgedScorer):
    """score = f(p_u) . q_j, p_u the person's factors on the source, q_j the item's on the target. Source:
    man-2017.

    First either side is factorised, over all cells (hu-2008) or by a loss over some; then the bridge f is
    fitted to the people known on both: the mean of |f(p_u) - p_u'|^2, p_u' their factors on the target. The
    bridge stops when a tenth of these people, chosen by a hash and not fitted, are mapped no better. The
    paper maps people who are new on the target; who has a past there keeps their own factors
    (`mapped_below`).
    """

    name: ClassVar[str] = "emcdr"
    config_type: ClassVar[type] = EMCDRConfig
    config: EMCDRConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        source, target, _, _ = factorise_sides(dataset, pair, run, stage, judged=False)
        kept = source.arrays("source.") | target.arrays("target.")
        return kept | self._learn_bridge(dataset, pair, run, f"{stage}-bridge", source, target)

    def _learn_bridge(
        self, dataset: Dataset, pair: Pair, run: Run, stage: str, source: Factors, target: Factors
    ) -> Arrays:
        size, batch = self.config.embedding_size, self.config.bridge_batch_size
        hidden = [2 * size] if self.config.bridge == "mlp" else []
        with run.start(stage):
            bridge = make_layers([size, *hidden, size], "tanh").to(run.device)
        people, asked = hold_out_people(dataset, np.flatnonzero(pair.both(dataset.interactions)), 0.1)
        fitted, judged = (_ends(dataset.interactions[some], source, target, run) for some in (people, asked))

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            order = rng.permutation(len(people))
            for start in range(0, len(order), batch):
                here, there = (end[order[start : start + batch]] for end in fitted)
                yield bridge_loss(bridge(here), there)

        def judge() -> float:
            return -float(bridge_loss(bridge(judged[0]), judged[1]))

        if len(people):
            run.train(bridge, losses, stage, judge if len(asked) else None, epochs=self.config.bridge_epochs)
        return keep_layers(bridge, "bridge.")

    def _mapped(self, arrays: Arrays, history: csr_array, people: FloatArray) -> FloatArray:
        return apply_layers(arrays, "bridge.", people, "tanh")

    def _mapped_parts(self, arrays: Arrays, history: csr_array, of_past: FloatArray) -> FloatArray:
        if self.config.bridge == "mlp":
            return of_past[:0]
        return np.asarray(of_past @ arrays["bridge.0.weight"].astype(np.float64).T)


def bridge_loss(mapped: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Mean over people of the squared distance (n, d) between where the bridge leads and where they are."""
    return (mapped - there).square().sum(1).mean()


def _ends(
    history: csr_array, source: Factors, target: Factors, run: Run
) -> tuple[torch.Tensor, torch.Tensor]:
    found = (side.of_people(history).astype(np.float32) for side in (source, target))
    here, there = (torch.from_numpy(end).to(run.device) for end in found)
    return here, there
