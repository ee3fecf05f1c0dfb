"""CoNet: a perceptron on either side, and cross connections between their hidden layers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar, final

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.factorisation import contrast, mixed_batches
from isthmus.models.neural.factors import fingerprints, first_of_each, look_up
from isthmus.models.neural.pairs import FORBID, Pair, PairConfig, PairScorer
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, hold_out
from isthmus.models.shares import Shares
from isthmus.schema import NO_ITEM, Explanations, FloatArray, ItemNums, Query, UserNums

__all__ = ["CoNet", "CoNetConfig"]

_REFERENCE = 64
"""Items of each side that stand for all others when somebody new is found."""


@dataclass(frozen=True, config=FORBID)
class CoNetConfig(PairConfig):
    """Settings of the two perceptrons and of what crosses between them."""

    embedding_size: int = Field(default=32, ge=1)
    """Numbers per person and item."""
    hidden_sizes: tuple[int, ...] = Field(default=(64, 32, 16, 8), min_length=1)
    """Units of the hidden layers, the same on both sides."""
    negatives: int = Field(default=4, ge=1)
    """Items drawn for contrast per interaction."""
    sparsity: float = Field(default=0.0, ge=0)
    """Weight of the absolute values of the cross connections; above 0 it is the paper's SCoNet."""
    fold_in_steps: int = Field(default=30, ge=0)
    """Gradient steps that find the numbers of a person whose history is new."""
    fold_in_rate: float = Field(default=0.05, gt=0)
    """Size of these steps."""


@final
class CoNet(PairScorer):
    """score = the target's perceptron on [p_u, q_j], fed by the source's at every hidden layer. Source:
    hu-2018.

    a' = relu(W a + b + H c) and c' = relu(V c + d + H a): a the layer of the target, c of the source, H the
    cross connections, which both directions and both sides share, as they share p. Both sides' logistic
    losses are added up. The paper takes pairs of an item here and an item there for a person and does not say
    which stands there when a list is made: in training it is one of the person's own, drawn at random, and
    for a list the mean of them. Nothing crosses for who has none. Somebody whose history is new is found by
    gradient steps on p alone. All of a score is one share.
    """

    name: ClassVar[str] = "conet"
    config_type: ClassVar[type] = CoNetConfig
    config: CoNetConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        rest, validation = hold_out(dataset, self.config.hold_out, [pair.platform])
        side = np.isin(np.arange(dataset.n_items), pair.target).astype(np.int64)
        with run.start(stage):
            towers = _Towers.start(dataset.n_users, dataset.n_items, self.config).to(run.device)
        parts = [Positives.of(rest.interactions, pool) for pool in (*pair.sources, pair.target)]
        n_source = max(1, sum(len(part) for part in parts[:-1]))
        weights = [1.0 / n_source] * (len(parts) - 1) + [1.0 / max(1, len(parts[-1]))]
        partners = _Partners(rest.interactions, side)

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for batch in mixed_batches(parts, weights, self.config.batch_size, self.config.negatives, rng):
                yield self._loss(towers, batch, side, partners, rng)

        def score(case: Case) -> FloatArray:
            people = towers.kept["people"][torch.from_numpy(case.users).to(run.device)]
            return _score(towers, side, people, case.query)

        run.train(towers, losses, stage, validation.judge(score))
        return self._keep(towers, side, dataset, run)

    def _loss(
        self,
        towers: "_Towers",
        batch: tuple[torch.Tensor, ...],
        side: ItemNums,
        partners: "_Partners",
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """Logistic loss of a mini-batch on both sides, each counting as much as the batch says."""
        users, liked, others, counts = batch
        sides, (beside, there) = side[liked.numpy()], partners.draw(users.numpy(), side[liked.numpy()], rng)
        total = torch.zeros((), device=counts.device)
        for which in (0, 1):
            rows = torch.from_numpy(np.flatnonzero(sides == which))
            if len(rows) == 0:
                continue
            people, partner = towers.kept["people"][users[rows]], towers.kept["things"][beside[rows]]
            fed = there[rows].to(people.dtype)
            near = towers(which, people, towers.kept["things"][liked[rows]], partner, fed)
            n = others.shape[1]
            far = towers(
                which,
                people.repeat_interleave(n, 0),
                towers.kept["things"][others[rows].ravel()],
                partner.repeat_interleave(n, 0),
                fed.repeat_interleave(n, 0),
            )
            weight = counts[rows].sum() / counts.sum()
            total = total + weight * contrast(near, far.view(-1, n), "logistic")
        return total + self.config.sparsity * towers.crossing()

    def _keep(self, towers: "_Towers", side: ItemNums, dataset: Dataset, run: Run) -> Arrays:
        kept = {name: one.detach().cpu().numpy() for name, one in towers.kept.items()}
        prints = fingerprints(dataset.interactions, np.arange(dataset.n_items))
        first = first_of_each(prints)
        people = kept.pop("people")
        rng = np.random.default_rng(run.seed)
        reference = [
            rng.choice(some, min(_REFERENCE, len(some)), replace=False)
            for some in (np.flatnonzero(side == which) for which in (0, 1))
        ]
        known = {"people": people[first], "prints": prints[first], "middle": people.mean(axis=0)}
        return known | kept | {"side": side, "reference": np.concatenate(reference)}

    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        towers = _Towers.read(arrays)
        return _score(towers, arrays["side"], self._people(arrays, towers, query.history), query)

    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """One share: what crosses between layers cannot be told apart by past items."""
        asked, places = np.unique(items, return_inverse=True)
        real = asked != NO_ITEM
        found = np.zeros((len(query), len(asked)))
        found[:, real] = self._score_pair(arrays, replace(query, candidates=asked[real]))
        scores = np.take_along_axis(found, places.reshape(items.shape), axis=1)
        shares = Shares(["learnt taste"])
        shares.add_constant(scores)
        return shares.explain(scores)

    def _people(self, arrays: Arrays, towers: "_Towers", history: csr_array) -> torch.Tensor:
        """(q, d): what was learnt of each history, or what a few steps make of it."""
        places, known = look_up(arrays["prints"], fingerprints(history, np.arange(history.shape[1])))
        people = np.tile(arrays["middle"].astype(np.float64), (history.shape[0], 1))
        people[known] = arrays["people"][places[known]]
        for row in np.flatnonzero(~known & (np.diff(history.indptr) > 0)):
            people[row] = self._fold_in(arrays, towers, history[[row]], people[row])
        return torch.from_numpy(people)

    def _fold_in(
        self, arrays: Arrays, towers: "_Towers", history: csr_array, start: FloatArray
    ) -> FloatArray:
        """(d,): from `start`, gradient steps on the loss of the past items (1, n_items) beside others."""
        side, person = arrays["side"], torch.from_numpy(start[None].copy())
        past, others = history.indices.astype(np.int64), arrays["reference"]
        parts = [
            (which, torch.from_numpy(some[side[some] == which]), liked)
            for which in (0, 1)
            for some, liked in ((past, True), (others, False))
        ]
        for _ in range(self.config.fold_in_steps):
            person.requires_grad_()
            loss = torch.zeros((), dtype=person.dtype)
            for which, some, liked in parts:
                partner, fed = _partner_means(towers, side, history, which)
                mine, beside = person.expand(len(some), -1), partner.expand(len(some), -1)
                near = towers(which, mine, towers.kept["things"][some], beside, fed.expand(len(some)))
                if len(some):
                    loss = loss + functional.softplus(-near if liked else near).mean()
            (step,) = torch.autograd.grad(loss, person)
            person = (person - self.config.fold_in_rate * step).detach()
        found: FloatArray = person[0].numpy()
        return found


class _Towers(torch.nn.Module):
    """Both perceptrons, numbers of people and things, and the connections: `kept`, by name."""

    def __init__(self, kept: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        self.kept = torch.nn.ParameterDict(dict(kept))
        self.n_layers = sum(name.startswith("cross") for name in kept)

    @classmethod
    def start(cls, n_people: int, n_items: int, config: CoNetConfig) -> "_Towers":
        """First parameters; call it in `run.start`."""
        size = config.embedding_size
        kept = {"people": _drawn(n_people, size), "things": _drawn(n_items, size)}
        for layer, (inside, outside) in enumerate(pairwise([2 * size, *config.hidden_sizes])):
            kept[f"cross{layer}"] = _drawn(outside, inside)
            for side in (0, 1):
                kept[f"weight{side}{layer}"] = _drawn(outside, inside)
                kept[f"bias{side}{layer}"] = torch.zeros(outside)
        for side in (0, 1):
            kept[f"out{side}"] = _drawn(1, config.hidden_sizes[-1])[0]
            kept[f"constant{side}"] = torch.zeros(1)
        return cls(kept)

    @classmethod
    def read(cls, arrays: Arrays) -> "_Towers":
        """From what was kept, in float64."""
        names = ("things", "cross", "weight", "bias", "out", "constant")
        chosen = {name: array for name, array in arrays.items() if name.startswith(names)}
        kept = {name: torch.from_numpy(array.astype(np.float64)) for name, array in chosen.items()}
        return cls(kept).requires_grad_(False)

    def forward(
        self, side: int, people: torch.Tensor, things: torch.Tensor, partner: torch.Tensor, fed: torch.Tensor
    ) -> torch.Tensor:
        """(b,): scores of `things` on `side`, fed by the other tower on `partner` where `fed` (b,) is one."""
        kept, other = self.kept, 1 - side
        a, c = torch.cat([people, things], dim=1), torch.cat([people, partner], dim=1)
        for layer in range(self.n_layers):
            cross = kept[f"cross{layer}"].T
            mine = a @ kept[f"weight{side}{layer}"].T + kept[f"bias{side}{layer}"]
            theirs = c @ kept[f"weight{other}{layer}"].T + kept[f"bias{other}{layer}"]
            a, c = (
                torch.relu(mine + fed[:, None] * (c @ cross)),
                torch.relu(theirs + fed[:, None] * (a @ cross)),
            )
        return a @ kept[f"out{side}"] + kept[f"constant{side}"]

    def crossing(self) -> torch.Tensor:
        """Sum of the absolute values of the cross connections."""
        return torch.stack([self.kept[f"cross{layer}"].abs().sum() for layer in range(self.n_layers)]).sum()


class _Partners:
    """Items of a person on the other side."""

    def __init__(self, interactions: csr_array, side: ItemNums) -> None:
        self.items = [np.flatnonzero(side == which) for which in (0, 1)]
        self.own = [interactions[:, some] for some in self.items]

    def draw(
        self, users: UserNums, sides: ItemNums, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Per row an item of the person on the side that `sides` is not, and whether there is any."""
        chance, beside = rng.random(len(users)), np.zeros(len(users), dtype=np.int64)
        there = np.zeros(len(users), dtype=bool)
        for which in (0, 1):
            own, rows = self.own[1 - which], np.flatnonzero(sides == which)
            counts = np.diff(own.indptr)[users[rows]]
            rows = rows[counts > 0]
            places = own.indptr[users[rows]] + (chance[rows] * counts[counts > 0]).astype(np.int64)
            beside[rows], there[rows] = self.items[1 - which][own.indices[places]], True
        return torch.from_numpy(beside), torch.from_numpy(there)


def _partner_means(
    towers: _Towers, side: ItemNums, history: csr_array, which: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """(q, d): the mean of each person's items on the side that `which` is not, and (q,) whether there are
    any.
    """
    other = np.flatnonzero(side != which)
    mine = history[:, other]
    counts = np.diff(mine.indptr)
    ones = csr_array((np.ones(mine.nnz), mine.indices, mine.indptr), shape=mine.shape)
    things = towers.kept["things"].detach()
    means = (ones @ things[torch.from_numpy(other)].cpu().numpy().astype(np.float64)) / np.maximum(counts, 1)[
        :, None
    ]
    return torch.from_numpy(means).to(things), torch.from_numpy(counts > 0).to(things)


def _score(towers: _Towers, side: ItemNums, people: torch.Tensor, query: Query) -> FloatArray:
    """Scores (q, c) of target items for people (q, d) with these histories."""
    partner, fed = _partner_means(towers, side, query.history, 1)
    things = towers.kept["things"][torch.from_numpy(query.candidates)]
    scores = np.zeros((len(query), len(query.candidates)))
    with torch.no_grad():
        for row in range(len(query) if len(things) else 0):
            mine, beside = people[row].expand(len(things), -1), partner[row].expand(len(things), -1)
            scores[row] = towers(1, mine, things, beside, fed[row].expand(len(things))).cpu().numpy()
    return scores


def _drawn(n: int, size: int) -> torch.Tensor:
    return torch.nn.init.xavier_normal_(torch.empty(n, size))
