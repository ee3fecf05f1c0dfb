"""AlphaRec: texts, projected into a space of behaviour and smoothed over the graph of people and items."""

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.base import NeuralScorer
from isthmus.models.neural.factors import explain_product
from isthmus.models.neural.graph import edges, neighbour_weights, propagate
from isthmus.models.neural.pairs import FORBID, PairConfig
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.texts import centred_texts, mean_texts
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, hold_out
from isthmus.numeric import unit_rows
from isthmus.schema import Explanations, FloatArray, ItemNums, Query

__all__ = ["AlphaRec", "AlphaRecConfig"]


@dataclass(frozen=True, config=FORBID)
class AlphaRecConfig(PairConfig):
    """Settings of the projection, the graph and the loss."""

    embedding_size: int = Field(default=64, ge=1)
    """Numbers that a text becomes."""
    layers: int = Field(default=2, ge=0)
    """How often features are passed along the edges."""
    temperature: float = Field(default=0.15, gt=0)
    """tau of the contrastive loss: small values make it look at the nearest of the others."""
    negatives: int = Field(default=256, ge=1)
    """Items of the same platform that a mini-batch is contrasted with."""


@final
class AlphaRec(NeuralScorer):
    """score = cos(e_u, e_j), e the mean over layers of graph convolution of projected texts. Source:
    sheng-2024.

    Layer 0 is W2 leaky(W1 x + b1) + b2 of the text vector x of an item, and of the mean of their items for a
    person; each further layer sums over neighbours with weight 1 / sqrt(|N_u| |N_i|) (he-2020). The loss is
    -ln(exp(s_ui / tau) / (exp(s_ui / tau) + sum over others of exp(s_uj / tau))). There are no ids, so that
    people and items that are new are no special case; all platforms make one graph. The paper draws the
    others for each interaction; here those of a platform share them within a mini-batch, without what a
    person has touched. Text vectors are centred. Without texts all scores are 0.
    """

    name: ClassVar[str] = "alpharec"
    config_type: ClassVar[type] = AlphaRecConfig
    config: AlphaRecConfig

    def score(self, query: Query) -> FloatArray:
        """Cosines of the person and the candidates; 0 for an empty history."""
        arrays = self._learnt()
        if arrays["texts"].shape[1] == 0:
            return np.zeros((len(query), len(query.candidates)))
        first, weights = self._person(arrays, query.history)
        people = first + weights @ arrays["passed"]
        return unit_rows(people) @ unit_rows(arrays["whole"][query.candidates]).T

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Per past item what it passes to the person; apart, what the projected mean of the texts adds."""
        arrays = self._learnt()
        names = ("close in the graph", "topics you like")
        return explain_product(
            self._parts(arrays, query.history), items, lambda asked: _items(arrays, asked), names
        )

    def _parts(self, arrays: Arrays, history: csr_array) -> Iterator[tuple[ItemNums, FloatArray, FloatArray]]:
        if arrays["texts"].shape[1] == 0:
            for _ in range(history.shape[0]):
                yield np.zeros(0, dtype=np.int64), np.zeros((0, 1)), np.zeros(1)
            return
        first, weights = self._person(arrays, history)
        for row in range(history.shape[0]):
            mine = slice(weights.indptr[row], weights.indptr[row + 1])
            past = weights.indices[mine].astype(np.int64)
            of_past = weights.data[mine, None] * arrays["passed"][past]
            length = float(np.linalg.norm(of_past.sum(axis=0) + first[row])) or 1.0
            yield past, of_past / length, first[row] / length

    def _person(self, arrays: Arrays, history: csr_array) -> tuple[FloatArray, csr_array]:
        """Layer 0 (q, e) and the edges (q, n_items) of each history; nothing for an empty one."""
        means = mean_texts(history, arrays["texts"])
        first = apply_layers(arrays, "layer.", means, "leaky_relu") / (1 + self.config.layers)
        first[np.diff(history.indptr) == 0] = 0.0
        return first, neighbour_weights(history, arrays["counts"])

    def _learn(self, dataset: Dataset, run: Run) -> Arrays:
        texts = centred_texts(dataset)
        if texts.shape[1] == 0:
            return {"texts": texts}
        wanted = None if self.config.target is None else [dataset.platform_num(self.config.target)]
        rest, validation = hold_out(dataset, self.config.hold_out, wanted)
        graph = _Graph(texts, rest, run, self.config)
        pools = [np.flatnonzero(rest.item_platform == number) for number in range(len(rest.platforms))]
        parts = [Positives.of(rest.interactions, pool) for pool in pools]

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            chunks = [
                (part, chosen)
                for part in parts
                for chosen in np.array_split(
                    rng.permutation(len(part)), -(-len(part) // self.config.batch_size) or 1
                )
                if len(chosen)
            ]
            for place in rng.permutation(len(chunks)):
                part, chosen = chunks[place]
                others = rng.choice(part.pool, min(self.config.negatives, len(part.pool)), replace=False)
                yield graph.loss(part, part.people[chosen], part.items[chosen], others)

        run.train(graph, losses, "alpharec", validation.judge(graph.score))
        return graph.arrays()


def info_nce(near: torch.Tensor, far: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean of -ln(exp(near / t) / (exp(near / t) + sum exp(far / t))), near (b,), far (b, n)."""
    logits = torch.cat([near[:, None], far], dim=1) / temperature
    return (torch.logsumexp(logits, dim=1) - logits[:, 0]).mean()


class _Graph(torch.nn.Module):
    """The projection, beside the texts and the graph."""

    def __init__(self, texts: NDArray[np.float32], rest: Dataset, run: Run, config: AlphaRecConfig) -> None:
        super().__init__()
        self.config, self.device = config, run.device
        size = texts.shape[1]
        with run.start("alpharec"):
            self.layers = make_layers([size, max(1, size // 2), config.embedding_size], "leaky_relu").to(
                run.device
            )
        people = mean_texts(rest.interactions, texts).astype(np.float32)
        self.texts, self.people = (torch.from_numpy(array).to(run.device) for array in (texts, people))
        self.to_people, self.to_items = edges(rest.interactions, np.arange(rest.n_items), run.device)
        self.counts = np.bincount(rest.interactions.indices, minlength=rest.n_items).astype(np.float64)

    def features(self) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The mean over layers of people (n, e), and each layer of items (m, e)."""
        people, items = self.layers(self.people), self.layers(self.texts)
        layers, total = [items], people
        for _ in range(self.config.layers):
            people, items = (
                propagate(self.to_people, self.to_items, items),
                propagate(self.to_items, self.to_people, people),
            )
            total, layers = total + people, [*layers, items]
        return total / (1 + self.config.layers), layers

    def loss(self, part: Positives, users: ItemNums, liked: ItemNums, others: ItemNums) -> torch.Tensor:
        """Contrastive loss of interactions against `others` (n,), less those that the person has touched."""
        people, layers = self.features()
        u = functional.normalize(people[self._tensor(users)], dim=1)
        items = functional.normalize(sum(layers) / len(layers), dim=1)
        far = u @ items[self._tensor(others)].T
        known = part.hold(np.repeat(users, len(others)), np.tile(others, len(users)))
        mask = self._tensor(known.reshape(far.shape) > 0)
        near = (u * items[self._tensor(liked)]).sum(-1)
        return info_nce(near, far.masked_fill(mask, -1e4), self.config.temperature)

    def score(self, case: Case) -> FloatArray:
        """Cosines of people in training."""
        people, layers = self.features()
        u = functional.normalize(people[self._tensor(case.users)], dim=1)
        items = functional.normalize(sum(layers) / len(layers), dim=1)
        found: FloatArray = (
            (u @ items[self._tensor(case.query.candidates)].T).cpu().numpy().astype(np.float64)
        )
        return found

    def arrays(self) -> Arrays:
        """Texts, projection, and of each item what it is and what it passes on to people."""
        with torch.no_grad():
            _, layers = self.features()
        each = np.stack([layer.cpu().numpy().astype(np.float64) for layer in layers])
        kept = {"passed": each[:-1].sum(axis=0) / len(each), "whole": each.mean(axis=0)}
        return (
            kept
            | {"texts": self.texts.cpu().numpy(), "counts": self.counts}
            | keep_layers(self.layers, "layer.")
        )

    def _tensor(self, array: NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)


def _items(arrays: Arrays, items: ItemNums) -> FloatArray:
    """(m, e): the items' features, of length one."""
    if arrays["texts"].shape[1] == 0:
        return np.zeros((len(items), 1))
    return unit_rows(arrays["whole"][items])
