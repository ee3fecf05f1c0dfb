"""The blend: final score = sum over components of weight * score / scale, one set of weights per k.

Weights are those of a softmax over the candidates that makes the hidden events likeliest (a concave problem
with one optimum), held near the built-in weights as strongly as a few people would; then they are moved on,
one at a time, while that lifts NDCG on the same people. No weight is negative, so where a component does not
help its weight goes to zero: this is the gate that keeps a useless source out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from isthmus.models.bridge.components import Component, dense
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.hold_out import EVENTS_LEFT, Case
from isthmus.numeric import in_threads, top_k
from isthmus.schema import FloatArray, IntArray, Query

__all__ = ["Blend", "Sample", "gather", "joined", "mean_ndcg", "ranks_of"]

_TOP = 60
"""Best candidates of each component among which the weights are learnt."""
_RANDOM = 200
"""Further candidates per person, standing for all the rest."""
_PEOPLE_AT_ONCE = 100
_CUTS = (10, 30)
"""NDCG at these lengths is what the last step lifts; the longer one steadies the shorter."""
_FACTORS = np.array([0.0, 0.5, 0.7, 1.4, 2.0])
_SUMMANDS = np.array([0.1, 0.25, 0.5, 1.0])
"""In parts of the largest weight."""
_ROUNDS = 3
_NOISE = 1.001
_LEAST = 0.02
"""Share of the weight below which a component is not worth its time."""
_FEWEST = 10
_PEOPLE_LATER = 400
"""For k > 0 so many people are enough: the weights start from those of the k before."""


@dataclass(frozen=True)
class Sample:
    """Candidates of each person, padded to equal length."""

    scores: NDArray[np.float32]
    """(q, m, components): raw scores."""
    offset: NDArray[np.float32]
    """(q, m): log of how many candidates each stands for; -inf for padding."""
    wanted: NDArray[np.bool_]
    """(q, m): whether a candidate was hidden from the person."""
    relevant: IntArray
    """(q,): how many were hidden in all."""

    @cached_property
    def hidden(self) -> tuple[IntArray, IntArray]:
        """Rows and columns of what was hidden."""
        people, places = np.nonzero(self.wanted)
        return people, places

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """What some of the components say."""
        return replace(self, scores=self.scores[:, :, kept])


@dataclass(frozen=True)
class Blend:
    """Weights of the components by number of target events left."""

    scales: FloatArray
    """(components,): standard deviation of each component's scores among the candidates."""
    weights: FloatArray
    """(k, components), none negative: a row for each k of EVENTS_LEFT."""

    @classmethod
    def prior(cls, components: Sequence[Component], scales: FloatArray) -> Self:
        """The built-in weights, for where nobody is known on both sides."""
        weights = np.array([component.prior for component in components])
        return cls(scales, np.tile(weights, (len(EVENTS_LEFT), 1)))

    @classmethod
    def learn(
        cls, components: Sequence[Component], samples: Mapping[int, Sample], config: BridgeConfig
    ) -> Self:
        """Weights for each k; where fewer than ten people have more than k events, those of the k before."""
        scales = _scales(list(samples.values()))
        weights = np.array([component.prior for component in components])
        learnt = []
        for k in EVENTS_LEFT:
            if k in samples and len(samples[k].relevant) >= _FEWEST:
                weights = _fit(samples[k], scales, weights, config)
            learnt.append(weights)
        found = np.array(learnt)
        return cls(scales, np.where(found > _LEAST * found.sum(axis=1, keepdims=True), found, 0.0))

    def used(self) -> NDArray[np.bool_]:
        """(components,): whether a component has weight for any k."""
        return np.asarray((self.weights > 0).any(axis=0))

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """The blend of some of its components."""
        return type(self)(self.scales[kept], self.weights[:, kept])

    def rows(self, query: Query, item_platform: IntArray) -> FloatArray:
        """(q, components): factor of each component's raw score for each person."""
        on_target = item_platform[query.history.indices] == query.platform
        counts = np.concatenate([[0], np.cumsum(on_target)])[query.history.indptr]
        learnt = EVENTS_LEFT[: len(self.weights)]  # models saved when there were fewer have fewer
        k = np.searchsorted(learnt, np.diff(counts), side="right") - 1
        return np.asarray(self.weights[k] / self.scales)


def gather(components: Sequence[Component], case: Case, rng: np.random.Generator) -> Sample:
    """The best candidates of each component, some at random, and what was hidden; seen ones left out."""
    people = len(case.query) if case.k == 0 else min(_PEOPLE_LATER, len(case.query))
    starts = range(0, people, _PEOPLE_AT_ONCE)

    def some(start: int, chance: np.random.Generator) -> Sample:
        stop = min(start + _PEOPLE_AT_ONCE, people)
        return _gather_some(components, case.query.rows(start, stop), case.truth[start:stop], chance)

    return joined(in_threads(lambda part: some(*part), zip(starts, rng.spawn(len(starts)), strict=True)))


def joined(parts: Sequence[Sample]) -> Sample:
    """The people of all parts."""
    longest = max(part.offset.shape[1] for part in parts)
    return Sample(
        *(np.concatenate(column) for column in zip(*(_padded(part, longest) for part in parts), strict=True))
    )


def _gather_some(
    components: Sequence[Component], query: Query, truth: Any, rng: np.random.Generator
) -> Sample:
    wanted = truth.toarray() != 0  # (q, c)
    seen = np.zeros_like(wanted)
    for mask in query.barred():
        seen |= mask[:, query.candidates].toarray() != 0
    rows, columns = np.nonzero(seen)
    chosen = np.zeros_like(wanted)
    raw = []
    for component in components:
        scores = np.zeros(wanted.shape, np.float32) if component.idle else dense(component.score(query))
        raw.append(scores)
        # Ties (many zeros) are broken at random, else they would all be taken from the front.
        spread = np.float32(1e-6 * scores[0].std() + 1e-30)
        broken = scores + spread * rng.random(scores.shape[1], dtype=np.float32)
        broken[rows, columns] = -np.inf
        np.put_along_axis(chosen, top_k(broken, _TOP)[0], values=True, axis=1)
    share = min(1.0, _RANDOM / wanted.shape[1])
    at_random = (rng.random(wanted.shape) < share) & ~chosen & ~wanted
    mask = (chosen | wanted | at_random) & ~(seen & ~wanted)
    return _flatten(raw, mask, wanted, np.where(at_random, -np.log(share), 0.0))


def _flatten(
    raw: list[NDArray[np.float32]], mask: NDArray[np.bool_], wanted: NDArray[np.bool_], offset: FloatArray
) -> Sample:
    rows, columns = np.nonzero(mask)
    lengths = mask.sum(axis=1)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    shape = (len(mask), int(lengths.max(initial=1)))
    scores = np.zeros((*shape, len(raw)), dtype=np.float32)
    for number, values in enumerate(raw):
        scores[rows, place, number] = values[rows, columns]
    offsets = np.full(shape, -np.inf, dtype=np.float32)
    offsets[rows, place] = offset[rows, columns]
    hits = np.zeros(shape, dtype=bool)
    hits[rows, place] = wanted[rows, columns]
    return Sample(scores, offsets, hits, wanted.sum(axis=1))


def _padded(sample: Sample, length: int) -> tuple[Any, ...]:
    more = ((0, 0), (0, length - sample.offset.shape[1]))
    return (
        np.pad(sample.scores, (*more, (0, 0))),
        np.pad(sample.offset, more, constant_values=-np.inf),
        np.pad(sample.wanted, more),
        sample.relevant,
    )


def _scales(samples: Sequence[Sample]) -> FloatArray:
    """A component that is silent where no target event is left is measured where some are."""
    spread = np.array([_spread(sample) for sample in samples]).max(axis=0)
    return np.where(spread > 0, spread, 1.0).astype(np.float64)


def _spread(sample: Sample) -> FloatArray:
    real = sample.offset > -np.inf
    return np.array(
        [sample.scores[..., i][real].std() for i in range(sample.scores.shape[2])], dtype=np.float64
    )


def _fit(sample: Sample, scales: FloatArray, prior: FloatArray, config: BridgeConfig) -> FloatArray:
    scores = np.asarray(sample.scores / scales, dtype=np.float32)
    weights = _likeliest(scores, sample, prior, config.prior_strength)
    weights = np.where(_spread(sample) > 0, weights, 0.0)  # what says nothing here keeps no built-in weight
    return _lift_ndcg(scores, sample, weights) if config.polish else weights


def _likeliest(scores: NDArray[np.float32], sample: Sample, prior: FloatArray, strength: float) -> FloatArray:
    """Maximise the mean log-likelihood of the hidden items, less strength / people * |w - prior|^2."""
    hits = (sample.wanted / np.maximum(sample.relevant, 1)[:, None]).astype(np.float32)  # (q, m)
    n, pull = len(hits), strength / len(hits)
    mass = hits.sum(axis=1)
    observed = np.matmul(hits[:, None, :], scores).sum(axis=(0, 1)) / n

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        logits = scores @ weights.astype(np.float32) + sample.offset  # (q, m)
        top = logits.max(axis=1, keepdims=True)
        odds = np.exp(logits - top)
        total = odds.sum(axis=1, keepdims=True)
        odds *= mass[:, None] / total
        expected = np.matmul(odds[:, None, :], scores).sum(axis=(0, 1)) / n
        away = weights - prior
        value = float(
            (mass * (np.log(total) + top)[:, 0]).sum() / n - observed @ weights + pull * away @ away
        )
        return value, np.asarray(expected - observed + 2 * pull * away, dtype=np.float64)

    found = minimize(
        loss, prior, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(prior), options={"maxiter": 200}
    )
    return np.asarray(found.x)


def _lift_ndcg(scores: NDArray[np.float32], sample: Sample, weights: FloatArray) -> FloatArray:
    """Change one weight at a time while mean NDCG rises by more than noise.

    Likelihood judges all of a list, NDCG its head: what tells the best items apart may have got no weight.
    So steps also add to a weight, and each component's best step is taken.
    """
    weights, parts = weights.copy(), [np.ascontiguousarray(part) for part in np.moveaxis(scores, 2, 0)]
    total: NDArray[Any] = scores @ weights.astype(np.float32)
    total[np.isneginf(sample.offset)] = -np.inf

    def moved(number: int, tried: float) -> NDArray[Any]:
        return total + np.float32(tried - weights[number]) * parts[number]

    def reach(number: int, tried: float) -> float:
        return mean_ndcg(moved(number, tried), sample)

    best = mean_ndcg(total, sample)
    for _ in range(_ROUNDS):
        before = best
        for number in range(len(parts)):
            tries = weights[number] * _FACTORS if weights[number] > 0 else np.zeros(0)
            tries = np.concatenate([tries, weights[number] + weights.max() * _SUMMANDS])
            reached = in_threads(partial(reach, number), tries)
            first = int(np.argmax(reached))
            if reached[first] > best * _NOISE:
                best, total = reached[first], moved(number, tries[first])
                weights[number] = tries[first]
        if best < before * _NOISE**2:
            break
    return weights


def mean_ndcg(total: NDArray[Any], sample: Sample) -> float:
    """Mean over people and `_CUTS`; `total` (q, m) is -inf at padding.

    Only what was hidden needs a rank, and only where it reaches the last place that counts.
    """
    longest = min(max(_CUTS), total.shape[1])
    least = np.partition(total, total.shape[1] - longest, axis=1)[:, total.shape[1] - longest]
    people, places = sample.hidden
    reached = total[people, places] >= least[people]
    people, places = people[reached], places[reached]
    ranks = ranks_of(total, people, places)
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(longest) + 2))])
    values = []
    for cut in _CUTS:
        best = ideal[np.clip(sample.relevant, 1, min(cut, longest))]
        values.append(((ranks < cut) / np.log2(ranks + 2) / best[people]).sum() / len(total))
    return float(np.mean(values))


def ranks_of(total: NDArray[Any], people: IntArray, places: IntArray) -> FloatArray:
    """(n,): from 0, where cells stand in their rows; the middle one of equal cells."""
    rows, mine = total[people], total[people, places][:, None]
    return np.asarray((rows > mine).sum(axis=1) + ((rows == mine).sum(axis=1) - 1) / 2)
