"""Matrix factorisation over all cells, or by gradient descent over sampled ones, on one or more platforms."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.neural.factors import Factors
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.training import Run, TrainingConfig
from isthmus.models.neural.validation import Case, Validation
from isthmus.numeric import ColumnFactors
from isthmus.schema import FloatArray, ItemNums, UserNums

__all__ = ["FactorConfig", "contrast", "factorise", "mixed_batches", "start_factors"]

Loss = Literal["all", "logistic", "squared", "bpr"]
UNSEEN = 0.03
"""What a cell counts of which nothing is known, beside one for an interaction, where all cells are."""
_ROUNDS = 8


@dataclass(frozen=True, config={"extra": "forbid"})
class FactorConfig(TrainingConfig):
    """Settings of a factorisation besides how it is trained."""

    embedding_size: int = Field(default=512, ge=1)
    """Factors per person and item."""
    loss: Loss = "all"
    """all: squared, over all cells, seen and unseen, solved for people and items in turns (hu-2008), without
    steps of a gradient. Of an interaction and of items drawn for contrast: logistic, squared, or of the pair
    (rendle-2009)."""
    ridge: float = Field(default=5.0, gt=0)
    """Weight of the squares of the factors where all cells count."""
    negatives: int = Field(default=1, ge=1)
    """Items drawn for contrast per interaction."""
    reg: float = Field(default=0.0, ge=0)
    """Weight of the squared length of the factors in a mini-batch."""


def factorise(
    dataset: Dataset,
    rest: Dataset,
    pools: Sequence[ItemNums],
    run: Run,
    stage: str,
    validation: Validation,
) -> Factors:
    """Factors of everybody in `dataset` and of the items of all `pools`, learnt from `rest`.

    Where not all cells count, items are drawn for contrast from the pool of the interaction.
    `run.config` is a FactorConfig.
    """
    config = run.config
    assert isinstance(config, FactorConfig)
    items = np.sort(np.concatenate(pools))
    if config.loss == "all":
        return _over_all_cells(rest, items, config, run.seed)
    parts = [Positives.of(rest.interactions, pool) for pool in pools]
    with run.start(stage):
        people = start_factors(dataset.n_users, config.embedding_size, run)
        vectors = start_factors(dataset.n_items, config.embedding_size, run)
    module = torch.nn.ParameterList([people, vectors])

    def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
        for users, liked, others, counts in mixed_batches(
            parts, [1.0] * len(parts), config.batch_size, config.negatives, rng
        ):
            p, q, n = (
                people[users.to(run.device)],
                vectors[liked.to(run.device)],
                vectors[others.to(run.device)],
            )
            chosen = contrast((p * q).sum(-1), (p[:, None] * n).sum(-1), config.loss, counts.to(run.device))
            lengths = p.square().sum() + q.square().sum() + n.square().sum() / config.negatives
            yield chosen + config.reg * lengths / len(users)

    def score(case: Case) -> FloatArray:
        with torch.no_grad():
            mine, theirs = people[_long(case.users, run)], vectors[_long(case.query.candidates, run)]
            return (mine @ theirs.T).cpu().numpy().astype(np.float64)

    run.train(module, losses, stage, validation.judge(score))
    learnt = [kept.detach().cpu().numpy() for kept in (vectors, people)]
    return Factors.of(items, learnt[0][items], learnt[1], dataset.interactions, validation)


def _over_all_cells(dataset: Dataset, items: ItemNums, config: FactorConfig, seed: int) -> Factors:
    cells = csr_array(dataset.interactions[:, items] > 0).astype(np.float32)
    found = ColumnFactors.learn(
        cells, config.embedding_size, unseen=UNSEEN, ridge=config.ridge, rounds=_ROUNDS,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    short = config.embedding_size - found.vectors.shape[1]  # directions that were cut to nothing
    found = ColumnFactors.of(np.pad(found.vectors, ((0, 0), (0, short))), UNSEEN, config.ridge)
    nobody = np.zeros(0, dtype=np.int64)  # who is known is solved for as who is new
    people = np.zeros((0, found.vectors.shape[1]), dtype=np.float32)
    return Factors(items, found.vectors, people, nobody, found.solver.astype(np.float64))


def contrast(
    liked: torch.Tensor, others: torch.Tensor, loss: Loss, counts: torch.Tensor | None = None
) -> torch.Tensor:
    """The mean loss of scores `liked` (b,) against `others` (b, n), each row counted `counts` (b,) times.

    Logistic, also where factors come from all cells and this trains what is built on them: -ln s(liked) and
    -ln s(-other); squared: (1 - liked)^2 and other^2; bpr: -ln s(liked - other), s the logistic function.
    """
    counts = torch.ones_like(liked) if counts is None else counts
    if loss == "bpr":
        each = functional.softplus(others - liked[:, None]).mean(1)
    elif loss == "squared":
        each = ((1 - liked).square() + others.square().sum(1)) / (1 + others.shape[1])
    else:
        each = (functional.softplus(-liked) + functional.softplus(others).sum(1)) / (1 + others.shape[1])
    return (counts * each).sum() / counts.sum()


def start_factors(n: int, size: int, run: Run) -> torch.nn.Parameter:
    """(n, size) from a normal distribution of variance 2 / (n + size) (glorot-2010), within `run.start`."""
    return torch.nn.Parameter(torch.nn.init.xavier_normal_(torch.empty(n, size)).to(run.device))


def mixed_batches(
    parts: Sequence[Positives],
    weights: Sequence[float],
    batch_size: int,
    negatives: int,
    rng: np.random.Generator,
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Mini-batches with the same mix of pools in each: people, items, others (b, n), counts."""
    n_steps = max(1, -(-sum(len(part) for part in parts) // batch_size))
    orders = [np.array_split(rng.permutation(len(part)), n_steps) for part in parts]
    for step in range(n_steps):
        drawn = [_draw(part, order[step], negatives, rng) for part, order in zip(parts, orders, strict=True)]
        users, liked, others = (np.concatenate(column) for column in zip(*drawn, strict=True))
        counts = np.repeat(np.array(weights, dtype=np.float32), [len(part[0]) for part in drawn])
        if len(users):
            yield tuple(torch.from_numpy(column) for column in (users, liked, others, counts))


def _draw(
    part: Positives, chosen: ItemNums, negatives: int, rng: np.random.Generator
) -> tuple[UserNums, ItemNums, ItemNums]:
    people = part.people[chosen]
    return people, part.items[chosen], part.negatives(people, negatives, rng)


def _long(numbers: UserNums, run: Run) -> torch.Tensor:
    return torch.from_numpy(numbers).to(run.device)
