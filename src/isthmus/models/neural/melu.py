"""MeLU: a model of preferences that is trained so that a few events of somebody are enough to adapt it."""

from collections.abc import Iterator
from typing import ClassVar, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.base import NeuralScorer
from isthmus.models.neural.pairs import FORBID, PairConfig
from isthmus.models.neural.perceptron import make_layers
from isthmus.models.neural.sampling import Contrast
from isthmus.models.neural.sequences import latest
from isthmus.models.neural.texts import centred_texts, explain_by_omission
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, hold_out
from isthmus.schema import NO_ITEM, Explanations, FloatArray, ItemNums, Query

__all__ = ["MeLU", "MeLUConfig"]

Weights = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Of the decision layers: (h, e), (h,), (h,) and a scalar."""


@dataclass(frozen=True, config=FORBID)
class MeLUConfig(PairConfig):
    """Settings of the preference model and of how it adapts."""

    embedding_size: int = Field(default=64, ge=1)
    """Numbers that an item's text becomes; the same for everybody."""
    hidden_size: int = Field(default=64, ge=1)
    """Units of the decision layer, which adapts."""
    support: int = Field(default=10, ge=1)
    """Events of a person that the model adapts to while training."""
    asked: int = Field(default=4, ge=1)
    """Other events of theirs on which the adapted model is judged."""
    negatives: int = Field(default=4, ge=1)
    """Items drawn for contrast per event asked about."""
    reference: int = Field(default=64, ge=1)
    """Items that stand for all others while adapting."""
    local_learning_rate: float = Field(default=0.5, gt=0)
    """Step size of the adaptation."""
    local_steps: int = Field(default=2, ge=1)
    """Steps of the adaptation."""
    order: Literal["second", "first"] = "second"
    """Whether the training sees through the adaptation's gradients, or takes them as given."""
    batch_size: int = Field(default=128, ge=1)
    """People in a mini-batch."""


@final
class MeLU(NeuralScorer):
    """score = w . relu(W e_j + b) + c, with e_j = relu(A x_j + a) and (W, b, w, c) adapted to the person.

    Source: lee-2019, trained as finn-2017. x_j is the item's text vector. The decision layers take
    `local_steps` gradient steps on the person's events: logistic loss, the events against items that stand
    for all others; the embedding stays as it is. Training lowers the loss, after these steps, on other events
    of the same people, by second-order gradients or, leaving them out, first-order. The paper has ratings and
    profiles of people; here events and items drawn for contrast stand for ratings, and there are no profiles.
    Without events everybody is served by the layers from which adaptation starts; without texts all scores
    are 0. With a `target` the events asked about are those of the target where there are any.
    """

    name: ClassVar[str] = "melu"
    config_type: ClassVar[type] = MeLUConfig
    config: MeLUConfig

    def score(self, query: Query) -> FloatArray:
        """Preference for the candidates, after adapting to each history."""
        arrays = self._learnt()
        scores = np.zeros((len(query), len(query.candidates)))
        if arrays["texts"].shape[1] == 0:
            return scores
        candidates = _embed(arrays, query.candidates)
        for row in range(len(query)):
            past = query.history.indices[query.history.indptr[row] : query.history.indptr[row + 1]]
            scores[row] = _preference(candidates, self._adapted(arrays, past.astype(np.int64)))[0]
        return scores

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Per past item what the score loses without it."""
        return explain_by_omission(self.score, query, items, ("topics you like", "what most people like"))

    def _learn(self, dataset: Dataset, run: Run) -> Arrays:
        texts = centred_texts(dataset)
        if texts.shape[1] == 0:
            return {"texts": texts}
        wanted = None if self.config.target is None else [dataset.platform_num(self.config.target)]
        rest, validation = hold_out(dataset, self.config.hold_out, wanted)
        learner = _Learner(texts, rest, run, self.config)

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            yield from learner.losses(wanted, rng)

        def score(case: Case) -> FloatArray:
            self._state = learner.arrays()
            return self.score(case.query)

        run.train(learner, losses, "melu", validation.judge(score))
        return learner.arrays()

    def _adapted(self, arrays: Arrays, past: ItemNums) -> tuple[FloatArray, ...]:
        """The decision layers after the local steps on the events `past` (h,)."""
        weights = tuple(arrays[name].astype(np.float64) for name in ("hidden", "bias", "out", "constant"))
        if len(past) == 0:
            return weights
        liked, others = _embed(arrays, past), _embed(arrays, arrays["reference"])
        for _ in range(self.config.local_steps):
            steps = _gradient(liked, others, weights)
            weights = tuple(
                now - self.config.local_learning_rate * step for now, step in zip(weights, steps, strict=True)
            )
        return weights


def support_loss(
    weights: Weights, liked: torch.Tensor, mask: torch.Tensor, others: torch.Tensor
) -> torch.Tensor:
    """Half the mean -ln s(y) of `liked` (k, e) where `mask` (k,) is one, half -ln s(-y) of `others`."""
    near = (functional.softplus(-preference(liked, weights)) * mask).sum() / mask.sum().clamp(min=1)
    return (near + functional.softplus(preference(others, weights)).mean()) / 2


def preference(embedded: torch.Tensor, weights: Weights) -> torch.Tensor:
    """(k,): w . relu(W e + b) + c of `embedded` (k, e)."""
    hidden, bias, out, constant = weights
    return torch.relu(embedded @ hidden.T + bias) @ out + constant


def adapt(
    weights: Weights, liked: torch.Tensor, mask: torch.Tensor, others: torch.Tensor, config: MeLUConfig
) -> Weights:
    """`weights` after the local steps of one person; nothing changes where `mask` is zero throughout."""
    some = mask.any().to(liked.dtype)
    for _ in range(config.local_steps):
        steps = torch.func.grad(support_loss)(weights, liked, mask, others)
        if config.order == "first":
            steps = tuple(step.detach() for step in steps)
        rate = config.local_learning_rate * some
        weights = tuple(now - rate * step for now, step in zip(weights, steps, strict=True))
    return weights


class _Learner(torch.nn.Module):
    """The layers, beside the texts they read and the people they learn from."""

    def __init__(self, texts: NDArray[np.float32], rest: Dataset, run: Run, config: MeLUConfig) -> None:
        super().__init__()
        self.config, self.rest, self.device = config, rest, run.device
        with run.start("melu"):
            layers = make_layers([texts.shape[1], config.embedding_size, config.hidden_size, 1], "relu")
            self.layers = layers.to(run.device)
        self.texts = torch.from_numpy(texts).to(run.device)
        self.described = np.flatnonzero(texts.any(axis=1))
        rng = np.random.default_rng(run.seed)
        self.reference = np.sort(
            rng.choice(self.described, min(config.reference, len(self.described)), replace=False)
        )
        self.contrast = Contrast.of(rest.interactions, rest.item_platform)

    def losses(self, wanted: list[int] | None, rng: np.random.Generator) -> Iterator[torch.Tensor]:
        """One epoch: everybody with two events or more, once; `wanted` are the platforms asked about."""
        rows, n = self.rest.interactions, self.config.asked
        chance = rng.permutation(rows.nnz)
        if wanted is not None:
            chance = chance + rows.nnz * np.isin(self.rest.item_platform[rows.indices], wanted)
        times = rows.copy()
        times.data = chance.astype(np.int64)
        drawn = latest(rows, times, self.config.support + n)
        able = np.flatnonzero(np.diff(rows.indptr) >= 2)
        # of a short history the latest half is asked about, so that something is left to adapt to
        n_asked = np.minimum(n, np.diff(rows.indptr) // 2)
        able = rng.permutation(able)
        for start in range(0, len(able), self.config.batch_size):
            people = able[start : start + self.config.batch_size]
            yield self.loss(people, drawn[people], n_asked[people], rng)

    def loss(
        self, people: ItemNums, drawn: ItemNums, n_asked: ItemNums, rng: np.random.Generator
    ) -> torch.Tensor:
        """Mean logistic loss of what a mini-batch of people is asked about, after adapting to the rest."""
        config, length = self.config, drawn.shape[1]
        is_asked = np.arange(length) >= length - n_asked[:, None]
        asked, asked_mask = drawn[:, -config.asked :], is_asked[:, -config.asked :]
        support_mask = (drawn != NO_ITEM) & ~is_asked
        owners = np.repeat(people, config.asked)
        others = self.contrast.draw(owners, np.maximum(asked, 0).ravel(), config.negatives, rng)
        reference = rng.choice(self.described, min(config.reference, len(self.described)), replace=False)
        weights = self._weights()

        def of_one(
            support: torch.Tensor, mask: torch.Tensor, near: torch.Tensor, far: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            mine = adapt(weights, support, mask, stand_in, config)
            return preference(near, mine), preference(far, mine)

        stand_in = self._embed(reference)
        near, far = torch.func.vmap(of_one)(
            self._embed(np.maximum(drawn, 0)),
            self._tensor(support_mask.astype(np.float32)),
            self._embed(np.maximum(asked, 0)),
            self._embed(others.reshape(len(people), -1)),
        )
        mask = self._tensor(asked_mask.astype(np.float32))
        wrong = functional.softplus(far).view(*mask.shape, -1).mean(2)
        return ((functional.softplus(-near) + wrong) * mask).sum() / (2 * mask.sum().clamp(min=1))

    def arrays(self) -> Arrays:
        """Texts, layers, and the items that stand for all others."""
        parameters = [kept.detach().cpu().numpy() for kept in self.layers.parameters()]
        names = ("embedding", "embedding_bias", "hidden", "bias", "out", "constant")
        kept = dict(zip(names, parameters, strict=True))
        kept["out"] = kept["out"][0]
        return {"texts": self.texts.cpu().numpy(), "reference": self.reference, **kept}

    def _weights(self) -> Weights:
        middle, last = self.layers[2], self.layers[4]
        return middle.weight, middle.bias, last.weight[0], last.bias[0]

    def _embed(self, items: ItemNums) -> torch.Tensor:
        return torch.relu(self.layers[0](self.texts[self._tensor(items)]))

    def _tensor(self, array: NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)


def _embed(arrays: Arrays, items: ItemNums) -> FloatArray:
    """(k, e): relu(A x + a) of the texts of `items`."""
    texts = arrays["texts"][items].astype(np.float64)
    return np.maximum(texts @ arrays["embedding"].T.astype(np.float64) + arrays["embedding_bias"], 0.0)


def _preference(embedded: FloatArray, weights: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray]:
    """Preferences (k,) and the hidden layer (k, h) behind them."""
    hidden, bias, out, constant = weights
    inside = np.maximum(embedded @ hidden.T + bias, 0.0)
    return inside @ out + constant, inside


def _gradient(
    liked: FloatArray, others: FloatArray, weights: tuple[FloatArray, ...]
) -> tuple[FloatArray, ...]:
    """The gradient of `support_loss` by each of the weights."""
    embedded = np.vstack([liked, others])
    found, inside = _preference(embedded, weights)
    near = np.arange(len(embedded)) < len(liked)
    chance = 0.5 * (1.0 + np.tanh(found / 2))  # the logistic function, without overflow
    slope = np.where(near, (chance - 1) / (2 * len(liked)), chance / (2 * max(1, len(others))))
    back = slope[:, None] * weights[2] * (inside > 0)
    return back.T @ embedded, back.sum(axis=0), inside.T @ slope, np.asarray([slope.sum()])
