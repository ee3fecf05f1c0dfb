"""InterestMLP: a perceptron turns the texts of a history into an interest, which is held against contents."""

from collections.abc import Iterator
from typing import ClassVar, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.factorisation import contrast
from isthmus.models.neural.pairs import FORBID, Pair, PairConfig, PairScorer
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.texts import centred_texts, explain_by_omission, mean_texts
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, Validation, hold_out
from isthmus.schema import Explanations, FloatArray, ItemNums, Query

__all__ = ["InterestMLP", "InterestMLPConfig"]


@dataclass(frozen=True, config=FORBID)
class InterestMLPConfig(PairConfig):
    """Settings of the perceptron and of how it passes to the target."""

    hidden_size: int = Field(default=512, ge=1)
    """Units of the hidden layer."""
    negatives: int = Field(default=4, ge=1)
    """Items drawn for contrast per interaction."""
    fine_tune: Literal["none", "last", "all"] = "all"
    """What is trained on with the target's own interactions: nothing, the last layer, or both."""


@final
class InterestMLP(PairScorer):
    """score = s(interest . content + b), interest = W2 relu(W1 f + b1) + b2, s the logistic function.

    f is the mean text vector of the history, content the text vector of a candidate; both come from the
    encoder as they are, centred. Trained by logistic loss with items drawn for contrast, f without the item
    that is asked about: first on the source platforms, then, as `fine_tune` says, on the target. A reference
    of the field's introductory texts (covington-2016 in small) rather than one paper's method. The score is a
    probability against items drawn at random. Without texts it is 1/2 for everybody.
    """

    name: ClassVar[str] = "interest_mlp"
    config_type: ClassVar[type] = InterestMLPConfig
    config: InterestMLPConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        texts = centred_texts(dataset)
        if texts.shape[1] == 0:
            return {"texts": texts}
        rest, validation = hold_out(dataset, self.config.hold_out)
        net = _Net(texts, rest, run, stage, self.config)
        elsewhere = Validation(
            tuple(case for case in validation.cases if case.query.platform != pair.platform)
        )
        self._train(net, rest, pair.sources, run, f"{stage}-source", elsewhere)
        if self.config.fine_tune != "none":
            net.layers[0].requires_grad_(self.config.fine_tune == "all")
            self._train(net, rest, (pair.target,), run, f"{stage}-target", validation.on(pair.platform))
        return {"texts": texts, "bias": net.bias.detach().cpu().numpy(), **keep_layers(net.layers, "layer.")}

    def _train(
        self,
        net: "_Net",
        rest: Dataset,
        pools: tuple[ItemNums, ...],
        run: Run,
        stage: str,
        validation: Validation,
    ) -> None:
        parts = [Positives.of(rest.interactions, pool) for pool in pools]

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for part in parts:
                for batch in part.batches(self.config.batch_size, self.config.negatives, rng):
                    yield net.loss(*(torch.from_numpy(column).to(run.device) for column in batch))

        if any(len(part) for part in parts):
            run.train(net, losses, stage, validation.judge(net.score))

    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        return logistic(_logits(arrays, query))

    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """Per past item what the score loses without it."""
        names = ("topics you like", "topics together")
        return explain_by_omission(lambda asked: self._score_pair(arrays, asked), query, items, names)


def logistic(x: FloatArray) -> FloatArray:
    """1 / (1 + e^-x), without overflow."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1.0 + small))


def _logits(arrays: Arrays, query: Query) -> FloatArray:
    texts = arrays["texts"]
    if texts.shape[1] == 0:
        return np.zeros((len(query), len(query.candidates)))
    interest = apply_layers(arrays, "layer.", mean_texts(query.history, texts), "relu")
    return np.asarray(interest @ texts[query.candidates].T.astype(np.float64) + arrays["bias"])


class _Net(torch.nn.Module):
    """The perceptron, beside the texts it reads and the people it learns from."""

    def __init__(
        self, texts: NDArray[np.float32], rest: Dataset, run: Run, stage: str, config: InterestMLPConfig
    ) -> None:
        super().__init__()
        size = texts.shape[1]
        with run.start(stage):
            self.layers = make_layers([size, config.hidden_size, size], "relu").to(run.device)
            self.bias = torch.nn.Parameter(torch.zeros(1, device=run.device))
        has_text = np.asarray(texts.any(axis=1)).astype(np.float32)
        touched = (rest.interactions > 0).astype(np.float32)
        self.texts, self.has_text, self.sums, self.counts = (
            torch.from_numpy(array).to(run.device)
            for array in (texts, has_text, touched @ texts, touched @ has_text)
        )

    def loss(self, users: torch.Tensor, liked: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Logistic loss of a mini-batch, each interest made of the rest of the person's history."""
        left = (self.counts[users] - self.has_text[liked]).clamp(min=1)
        interest = self.layers((self.sums[users] - self.texts[liked]) / left[:, None])
        near = (interest * self.texts[liked]).sum(-1) + self.bias
        far = (interest[:, None] * self.texts[others]).sum(-1) + self.bias
        return contrast(near, far, "logistic")

    def score(self, case: Case) -> FloatArray:
        """Logits of people in training."""
        users = torch.from_numpy(case.users).to(self.sums.device)
        interest = self.layers(self.sums[users] / self.counts[users].clamp(min=1)[:, None])
        asked = torch.from_numpy(case.query.candidates).to(self.sums.device)
        return (interest @ self.texts[asked].T).cpu().numpy().astype(np.float64)
