"""Components that know the crowd: what many people like, and what they liked while the person was active."""

import numpy as np

from isthmus.dataset import Dataset
from isthmus.models.bridge.components.base import Arrays, Component, Scores
from isthmus.schema import NO_TIME, Query

__all__ = ["Popular", "Timely", "TimelyBroad"]

_BINS = 48
"""Stretches of time that hold equally many events: dense years are cut finer than sparse ones."""


class Popular(Component):
    """log(1 + people)."""

    name = "popular"
    personal = False
    prior = 0.3

    def fit(self, dataset: Dataset) -> None:
        """Count people per item."""
        counts = np.bincount(dataset.interactions.indices, minlength=dataset.n_items)
        self._scores = np.log1p(counts[self.space.on(self.target)]).astype(np.float32)

    @property
    def idle(self) -> bool:
        """Where nobody touched anything."""
        return not self._scores.any()

    def score(self, query: Query) -> Scores:
        """The same for everybody."""
        scores = self._scores[self.places(query.candidates)]
        return np.broadcast_to(scores, (len(query), len(scores)))

    def arrays(self) -> Arrays:
        """Scores of the target's items."""
        return {"scores": self._scores}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._scores = arrays["scores"]


class Timely(Component):
    """Popularity at the times a person was active anywhere: log(1 + people, weighted by nearness in time).

    Time is cut into stretches of equally many events; a person's activity and an item's are histograms over
    them, smoothed by a Gaussian of `width` stretches. Tastes of a year show in everybody's lists of that
    year; and for somebody active now, this is what is popular now. Without times it is idle.
    """

    name = "popular at the time"
    personal = False
    prior = 0.4
    width = 1.0

    def fit(self, dataset: Dataset) -> None:
        """Histogram the target's items over time."""
        timed = dataset.times != NO_TIME
        times = dataset.times[timed]
        self._edges = np.quantile(times, np.linspace(0, 1, _BINS + 1)[1:-1]) if len(times) else np.zeros(0)
        place = np.full(dataset.n_items, -1)
        mine = self.space.on(self.target)
        place[mine] = np.arange(len(mine))
        items = place[dataset.interactions.indices[timed]]
        counts = np.zeros((len(mine), _BINS))
        np.add.at(counts, (items[items >= 0], self._bin(times[items >= 0])), 1.0)
        self._activity = (counts @ self._kernel() * _BINS).astype(np.float32)  # (items, bins)

    @property
    def idle(self) -> bool:
        """Where no event of the target has a time."""
        return not self._activity.any()

    def score(self, query: Query) -> Scores:
        """log(1 + the crowd around the person's times); those without times get the crowd of all times."""
        around = self._when(query) @ self._activity.T
        around += 1  # log of 1 + x in place: numpy's log1p is ten times slower
        return self.pick(np.log(around, out=around), query.candidates)

    def _when(self, query: Query) -> Scores:
        """(q, bins): how a person's events spread over time; rows sum to one."""
        when = np.zeros((len(query), _BINS), dtype=np.float32)
        if query.times is not None:
            rows = np.repeat(np.arange(len(query)), np.diff(query.times.indptr))
            timed = query.times.data != NO_TIME
            np.add.at(when, (rows[timed], self._bin(query.times.data[timed])), 1.0)
        total = when.sum(axis=1, keepdims=True)
        return np.where(total > 0, when / np.maximum(total, 1), np.float32(1 / _BINS))

    def _bin(self, times: Scores) -> Scores:
        return np.searchsorted(self._edges, times, side="right")

    def _kernel(self) -> Scores:
        distance = np.arange(_BINS)[:, None] - np.arange(_BINS)[None, :]
        kernel = np.exp(-0.5 * (distance / self.width) ** 2)
        return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))

    def arrays(self) -> Arrays:
        """Edges of the stretches and the items' smoothed histograms."""
        return {"edges": self._edges, "activity": self._activity}

    def restore(self, arrays: Arrays) -> None:
        """Take them back."""
        self._edges, self._activity = arrays["edges"], arrays["activity"]


class TimelyBroad(Timely):
    """The same over broader stretches of time."""

    name = "popular in those years"
    prior = 0.2
    width = 4.0
