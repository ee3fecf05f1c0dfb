"""PTUPCDR: a bridge for each person, made by a network that reads what they touched on the source."""

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.bridged import BridgedScorer, BridgeSettings, factorise_sides
from isthmus.models.neural.factorisation import contrast
from isthmus.models.neural.factors import Factors
from isthmus.models.neural.pairs import FORBID, Pair
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.sequences import latest
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, Validation
from isthmus.schema import NO_ITEM, FloatArray, ItemNums

__all__ = ["PTUPCDR", "PTUPCDRConfig"]


@dataclass(frozen=True, config=FORBID)
class PTUPCDRConfig(BridgeSettings):
    """Settings of the two factorisations and of the network that makes bridges."""

    embedding_size: int = Field(default=64, ge=1, le=512)
    """Factors per person and item, on either side; a bridge has this number squared."""
    hidden_size: int = Field(default=50, ge=1)
    """Units of the hidden layer of the network that makes bridges."""
    length: int = Field(default=20, ge=1)
    """Latest source items that the network reads."""
    bridge_batch_size: int = Field(default=512, ge=1)
    """Interactions in a mini-batch of the bridge."""


@final
class PTUPCDR(BridgedScorer):
    """score = (M_u p_u) . q_j, p_u the person's factors on the source, q_j the item's on the target. Source:
    zhu-2022.

    M_u = g(sum_h a_h q_h), over the source items of the person: a the softmax of an attention network, g a
    meta network with one hidden layer whose d x d numbers are the person's own bridge. As in the paper the
    factors stay as they are and both networks are fitted to what people known on both took on the target, not
    to factors there. The paper has ratings and a squared loss; here `loss` stands for it, with items drawn
    for contrast. People held out are not fitted, and say when to stop. Who has a past on the target keeps
    their own factors there (`mapped_below`).
    """

    name: ClassVar[str] = "ptupcdr"
    config_type: ClassVar[type] = PTUPCDRConfig
    config: PTUPCDRConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        source, target, rest, validation = factorise_sides(dataset, pair, run, stage)
        kept = source.arrays("source.") | target.arrays("target.")
        return kept | self._learn_bridge(rest, pair, run, f"{stage}-bridge", (source, target), validation)

    def _learn_bridge(
        self,
        rest: Dataset,
        pair: Pair,
        run: Run,
        stage: str,
        sides: tuple[Factors, Factors],
        validation: Validation,
    ) -> Arrays:
        reader = _Reader(rest, sides, run, stage, self.config)
        both = pair.both(rest.interactions)
        asked = np.unique(
            np.concatenate([case.users for case in validation.cases] or [np.zeros(0, np.int64)])
        )
        both[asked] = False
        fitted = rest.keeping(np.repeat(both, np.diff(rest.interactions.indptr)))
        taken = Positives.of(fitted.interactions, pair.target)

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for batch in taken.batches(self.config.bridge_batch_size, self.config.negatives, rng):
                yield reader.loss(*(torch.from_numpy(column).to(run.device) for column in batch))

        if len(taken):
            run.train(reader, losses, stage, validation.judge(reader.score), epochs=self.config.bridge_epochs)
        return keep_layers(reader.attention, "attention.") | keep_layers(reader.maker, "maker.")

    def _mapped(self, arrays: Arrays, history: csr_array, people: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("qd,qde->qe", people, self._bridges(arrays, history)))

    def _mapped_parts(self, arrays: Arrays, history: csr_array, of_past: FloatArray) -> FloatArray:
        return np.asarray(of_past @ self._bridges(arrays, history)[0])

    def _bridges(self, arrays: Arrays, history: csr_array) -> FloatArray:
        """(q, d, d): the bridge of each history."""
        source = Factors.read(arrays, "source.")
        read = source.on(_source_items(history, source.items, self.config.length))  # (q, length, d)
        there = read.any(axis=2)
        attention = apply_layers(arrays, "attention.", read, "relu")[:, :, 0]
        powers = np.exp(attention - attention.max(axis=1, keepdims=True)) * there
        weights = powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-300)
        traits = np.einsum("ql,qld->qd", weights, read)
        made = apply_layers(arrays, "maker.", traits, "relu")
        return made.reshape(len(made), read.shape[2], read.shape[2])


def _source_items(history: csr_array, items: ItemNums, length: int) -> ItemNums:
    """(q, length): the last of each person's source items in item order, NO_ITEM where there are fewer."""
    found = latest(history[:, items], None, length)
    return np.where(found == NO_ITEM, NO_ITEM, items[np.maximum(found, 0)])


class _Reader(torch.nn.Module):
    """The attention and the meta network, beside the factors that they read."""

    def __init__(
        self, rest: Dataset, sides: tuple[Factors, Factors], run: Run, stage: str, config: PTUPCDRConfig
    ) -> None:
        super().__init__()
        self.config, size = config, config.embedding_size
        with run.start(stage):
            self.attention = make_layers([size, size, 1], "relu").to(run.device)
            self.maker = make_layers([size, config.hidden_size, size * size], "relu").to(run.device)
        source, target = sides
        read = _source_items(rest.interactions, source.items, config.length)
        every = np.arange(rest.n_items)
        arrays = (source.on(every), target.on(every), source.of_people(rest.interactions))
        self.here, self.there, self.people = (
            torch.from_numpy(array.astype(np.float32)).to(run.device) for array in arrays
        )
        self.read = torch.from_numpy(read).to(run.device)

    def mapped(self, users: torch.Tensor) -> torch.Tensor:
        """(b, d): where each person's own bridge leads them."""
        read = self.here[self.read[users]]  # (b, length, d)
        absent = self.read[users] == NO_ITEM
        weights = torch.softmax(self.attention(read)[:, :, 0].masked_fill(absent, -1e9), dim=1)
        traits = torch.einsum("bl,bld->bd", weights, read)
        bridges = self.maker(traits).view(len(users), read.shape[2], read.shape[2])
        return torch.einsum("bd,bde->be", self.people[users], bridges)

    def loss(self, users: torch.Tensor, liked: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Of a mini-batch of what people known on both took on the target."""
        distinct, places = torch.unique(users, return_inverse=True)
        mapped = self.mapped(distinct)[places]
        near, far = (mapped * self.there[liked]).sum(-1), (mapped[:, None] * self.there[others]).sum(-1)
        return contrast(near, far, self.config.loss)

    def score(self, case: Case) -> FloatArray:
        """Scores of people as if they were new on the target."""
        mapped = self.mapped(torch.from_numpy(case.users).to(self.here.device))
        return (
            (mapped @ self.there[torch.from_numpy(case.query.candidates).to(self.here.device)].T)
            .cpu()
            .numpy()
        )
