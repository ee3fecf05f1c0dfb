"""BiTGCF: a graph on either side, and features of people that pass from each to the other at every layer."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, final

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array
from torch.nn import functional

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.factorisation import contrast, mixed_batches, start_factors
from isthmus.models.neural.factors import Factors, explain_product
from isthmus.models.neural.graph import edges, neighbour_weights, propagate
from isthmus.models.neural.pairs import FORBID, Pair, PairConfig, PairScorer, touched
from isthmus.models.neural.sampling import Positives
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import Case, Validation, hold_out
from isthmus.schema import Explanations, FloatArray, ItemNums, Query

__all__ = ["BiTGCF", "BiTGCFConfig"]

SIDES = ("source", "target")
_LEAST = 1e-12
_RIDGES = (0.01, 0.1, 1.0)
"""What is tried for the maps to first features, over the mean square of what is sent."""


@dataclass(frozen=True, config=FORBID)
class BiTGCFConfig(PairConfig):
    """Settings of the graph and of what passes between the sides."""

    learning_rate: float = Field(default=0.005, gt=0)
    """Step size of Adam."""
    embedding_size: int = Field(default=64, ge=1)
    """Numbers per person, item and layer."""
    layers: int = Field(default=2, ge=1)
    """How often features are passed along the edges."""
    keep: float = Field(default=0.8, ge=0, le=1)
    """lambda: how much of a person's features stays with their side; the rest comes from the other."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of the features of a layer that is left out at random while training."""
    negatives: int = Field(default=4, ge=1)
    """Items drawn for contrast per interaction."""
    reg: float = Field(default=0.0, ge=0)
    """Weight of the squared length of the first layer's features in a mini-batch."""


@final
class BiTGCF(PairScorer):
    """score = u . i, each the layers of graph convolution side by side. Source: liu-2020.

    Propagation, on either side: u^k = u + sum over its items of (i + u * i) / sqrt(|N_u| |N_i|), of the
    features of layer k - 1, and likewise for items. Transfer, of the people: the mean of the mixture by
    degree (n_s u_s + n_t u_t) / (n_s + n_t), the same for both sides, and of lambda u_own + (1 - lambda)
    u_other. Layers after the first have length one. The logistic losses of both sides are added up. Beyond
    the paper: people known on one side only take part, with nothing of their own on the other; somebody new,
    or with a new history, has first features from a ridge regression of those learnt on what the first
    features of past items send along the edges, and then takes part in the propagation as everybody.
    """

    name: ClassVar[str] = "bitgcf"
    config_type: ClassVar[type] = BiTGCFConfig
    config: BiTGCFConfig

    def _learn_pair(self, dataset: Dataset, pair: Pair, run: Run, stage: str) -> Arrays:
        rest, validation = hold_out(dataset, self.config.hold_out, [pair.platform])
        graph = _Graph(rest, pair, run, stage, self.config)
        parts = [Positives.of(rest.interactions, pool) for pool in (*pair.sources, pair.target)]
        n_source = max(1, sum(len(part) for part in parts[:-1]))
        weights = [1.0 / n_source] * (len(parts) - 1) + [1.0 / max(1, len(parts[-1]))]

        def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
            for batch in mixed_batches(parts, weights, self.config.batch_size, self.config.negatives, rng):
                yield graph.loss(*(column.to(run.device) for column in batch))

        run.train(graph, losses, stage, validation.judge(graph.score))
        return self._taught(graph, graph.arrays(dataset), validation)

    def _taught(self, graph: "_Graph", arrays: Arrays, validation: Validation) -> Arrays:
        """With the maps to first features whose ridge serves best the people checked on, who are new here."""
        if not validation.cases:
            return arrays
        tried = [arrays | graph.maps(ridge) for ridge in _RIDGES]
        return max(tried, key=lambda one: validation.ndcg(lambda case: self._score_pair(one, case.query)))

    def _score_pair(self, arrays: Arrays, query: Query) -> FloatArray:
        people = [of_past.sum(axis=0) + rest for _, of_past, rest in self._parts(arrays, query.history)]
        found = _vectors(arrays, query.candidates)
        return np.array(people).reshape(len(query), found.shape[1]) @ found.T

    def _explain_pair(self, arrays: Arrays, query: Query, items: ItemNums) -> Explanations:
        """Per past item what it passes to the person, at every layer, and its part in the first features."""
        parts = self._parts(arrays, query.history)
        names = ("close in the graph", "learnt taste")
        return explain_product(parts, items, lambda asked: _vectors(arrays, asked), names)

    def _parts(self, arrays: Arrays, history: csr_array) -> Iterator[tuple[ItemNums, FloatArray, FloatArray]]:
        """The layers of each person side by side, as a sum over past items and a rest."""
        walks = [_Walk.of(arrays, side, history) for side in SIDES]
        for row in range(history.shape[0]):
            steps = [walk.start(row) for walk in walks]
            past = np.concatenate([step[0] for step in steps])
            degrees = [len(step[0]) for step in steps]
            # one row per past item of either side, and the last for what none carries
            now = [np.zeros((len(past) + 1, step[1].shape[1])) for step in steps]
            bounds = (slice(0, degrees[0]), slice(degrees[0], len(past)))
            for mine, step, bound in zip(now, steps, bounds, strict=True):
                mine[bound], mine[-1] = step[1], step[2]
            layers = [now[1].copy()]
            for layer in range(self.config.layers):
                for walk, mine, bound in zip(walks, now, bounds, strict=True):
                    mine[bound] += walk.passed(row, layer, mine.sum(axis=0))
                now = transfer(now[0], now[1], degrees[0], degrees[1], self.config.keep)
                layers.append(now[1] / max(float(np.linalg.norm(now[1].sum(axis=0))), _LEAST))
            whole = np.hstack(layers)
            yield past, whole[:-1], whole[-1]


def transfer(source: Any, target: Any, n_source: Any, n_target: Any, keep: float) -> list[Any]:
    """What either side has of the people after the transfer; `n_source`, `n_target` are their degrees."""
    by_degree = (n_source * source + n_target * target) / np.maximum(n_source + n_target, 1)
    mixed = [keep * own + (1 - keep) * other for own, other in ((source, target), (target, source))]
    return [(by_degree + own) / 2 for own in mixed]


class _Graph(torch.nn.Module):
    """The features of all people and items on both sides."""

    def __init__(self, rest: Dataset, pair: Pair, run: Run, stage: str, config: BiTGCFConfig) -> None:
        super().__init__()
        self.config, self.device = config, run.device
        self.items: Sequence[ItemNums] = (pair.source, pair.target)
        self.places = np.zeros(rest.n_items, dtype=np.int64)  # of an item, source before target
        self.places[np.concatenate(self.items)] = np.arange(rest.n_items)
        size = config.embedding_size
        with run.start(stage):
            self.people = torch.nn.ParameterList(start_factors(rest.n_users, size, run) for _ in SIDES)
            self.vectors = torch.nn.ParameterList(start_factors(len(some), size, run) for some in self.items)
        self.edges = [edges(rest.interactions, some, run.device) for some in self.items]
        degrees = [touched(rest.interactions, some).astype(np.float32) for some in self.items]
        self.degrees = [torch.from_numpy(some)[:, None].to(run.device) for some in degrees]
        self.n_people, self.n_source = rest.n_users, len(pair.source)
        self.counts = np.bincount(rest.interactions.indices, minlength=rest.n_items).astype(np.float64)

    def layers(self) -> tuple[list[list[torch.Tensor]], list[list[torch.Tensor]]]:
        """Per layer what (source, target) have of people and of items."""
        now = [own * (degree > 0) for own, degree in zip(self.people, self.degrees, strict=True)]
        things = list(self.vectors)
        people, items = [now], [things]
        total = (self.degrees[0] + self.degrees[1]).clamp(min=1)
        for _ in range(self.config.layers):
            passed = []
            for side, (to_people, to_items) in enumerate(self.edges):
                got = propagate(to_people, to_items, things[side])
                given = propagate(to_items, to_people, now[side])
                passed.append(
                    (
                        self._drop(now[side] + got + now[side] * got),
                        self._drop(things[side] + given + things[side] * given),
                    )
                )
            (source, one), (target, other) = passed
            by_degree = (self.degrees[0] * source + self.degrees[1] * target) / total
            keep = self.config.keep
            now = [
                (by_degree + keep * source + (1 - keep) * target) / 2,
                (by_degree + keep * target + (1 - keep) * source) / 2,
            ]
            things = [one, other]
            people.append(now)
            items.append(things)
        return people, items

    def whole(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Layers side by side: people (2 n, D), source before target, and items (m, D), likewise."""
        people, items = self.layers()
        return _side_by_side(people), _side_by_side(items)

    def loss(
        self, users: torch.Tensor, liked: torch.Tensor, others: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        """Logistic loss of a mini-batch, each side counting as much as `counts` says."""
        people, items = self.whole()
        places = torch.from_numpy(self.places).to(self.device)
        liked, others = places[liked], places[others]
        u = people[users + self.n_people * (liked >= self.n_source)]
        found = contrast((u * items[liked]).sum(-1), (u[:, None] * items[others]).sum(-1), "logistic", counts)
        if self.config.reg == 0:
            return found
        first = torch.cat([own[users] for own in self.people]), torch.cat(list(self.vectors))[liked]
        return found + self.config.reg * sum(some.square().sum() for some in first) / len(users)

    def score(self, case: Case) -> FloatArray:
        """Scores of people in training."""
        people, items = self.whole()
        users = torch.from_numpy(case.users).to(self.device) + self.n_people
        asked = torch.from_numpy(self.places[case.query.candidates]).to(self.device)
        return (people[users] @ items[asked].T).cpu().numpy().astype(np.float64)

    def arrays(self, dataset: Dataset) -> Arrays:
        """First features of both sides, the items' features of every layer, and their whole on the target."""
        with torch.no_grad():
            _, layers = self.layers()
            whole = _side_by_side(layers)[self.n_source :]
        kept: Arrays = {"items": self.items[1], "whole": whole.cpu().numpy()}
        for number, side in enumerate(SIDES):
            things, people = (own[number].detach().cpu().numpy() for own in (self.vectors, self.people))
            kept |= Factors.of(self.items[number], things, people, dataset.interactions).arrays(f"{side}.")
            kept[f"{side}.counts"] = self.counts[self.items[number]]
            for layer, both in enumerate(layers[:-1]):
                kept[f"{side}.layer{layer}"] = both[number].detach().cpu().numpy()
        return kept | self.maps(_RIDGES[1])

    def maps(self, ridge: float) -> Arrays:
        """Per side the (d, d) map from what the items of a history send to the person's first features."""
        found: Arrays = {}
        for side, to_people, things, people, degree in zip(
            SIDES, (edge[0] for edge in self.edges), self.vectors, self.people, self.degrees, strict=True
        ):
            some = degree[:, 0] > 0
            with torch.no_grad():
                sent = torch.sparse.mm(to_people, things)[some].cpu().numpy().astype(np.float64)
                learnt = people[some].cpu().numpy().astype(np.float64)
            gram = sent.T @ sent
            gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / len(gram) + _LEAST
            found[f"{side}.map"] = np.linalg.solve(gram, sent.T @ learnt)
        return found

    def _drop(self, features: torch.Tensor) -> torch.Tensor:
        return functional.dropout(features, self.config.dropout, self.training)


def _side_by_side(layers: list[list[torch.Tensor]]) -> torch.Tensor:
    """(a + b, D) of layers of (source (a, d), target (b, d)); all but the first of length one."""
    rows = [torch.cat(layer) for layer in layers]
    return torch.cat([rows[0], *(functional.normalize(row, dim=1) for row in rows[1:])], dim=1)


class _Walk:
    """How features reach people with any history on one side."""

    def __init__(
        self,
        factors: Factors,
        to_first: FloatArray,
        edges: csr_array,
        layers: list[FloatArray],
        history: csr_array,
    ) -> None:
        self.edges, self.layers = edges, layers
        self._known, self._parts = factors.known(history), factors.parts(history)
        self._first = factors.vectors.astype(np.float64) @ to_first

    @classmethod
    def of(cls, arrays: Arrays, side: str, history: csr_array) -> "_Walk":
        factors = Factors.read(arrays, f"{side}.")
        edges = neighbour_weights(history[:, factors.items], arrays[f"{side}.counts"])
        named = sorted(name for name in arrays if name.startswith(f"{side}.layer"))
        layers = [arrays[name].astype(np.float64) for name in named]
        return cls(factors, arrays[f"{side}.map"], edges, layers, history)

    def start(self, row: int) -> tuple[ItemNums, FloatArray, FloatArray]:
        """Past items and the first features of the person `row`; rows are asked for in order."""
        past, parts, rest = next(self._parts)
        if self._known[row]:
            return past, parts, rest
        mine = slice(self.edges.indptr[row], self.edges.indptr[row + 1])
        sent = self.edges.data[mine, None] * self._first[self.edges.indices[mine]]
        return past, sent, np.zeros(self._first.shape[1])

    def passed(self, row: int, layer: int, person: FloatArray) -> FloatArray:
        """(h, d): what each past item passes to somebody with the features `person` (d,)."""
        mine = slice(self.edges.indptr[row], self.edges.indptr[row + 1])
        things = self.layers[layer][self.edges.indices[mine]]
        return np.asarray(self.edges.data[mine, None] * (things + person * things))


def _vectors(arrays: Arrays, items: ItemNums) -> FloatArray:
    """(c, D): the layers of target items side by side, zeros for others."""
    known = arrays["items"]
    places = np.minimum(np.searchsorted(known, items), len(known) - 1)
    found = arrays["whole"][places].astype(np.float64)
    found[known[places] != items] = 0.0
    return np.asarray(found)
