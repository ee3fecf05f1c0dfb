"""UserKNN: people who did alike, on whatever platform, say what they took on this one."""

from typing import Any, ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.numeric import scale_columns, top_k
from isthmus.schema import FloatArray, IntArray

__all__ = ["UserKNN", "UserKNNConfig"]

_STRICT: Any = {"extra": "forbid"}

_CELLS = 4_000_000
"""Similarities held at once."""


@dataclass(frozen=True, config=_STRICT)
class UserKNNConfig:
    """Which neighbours count, and how much."""

    k: int = Field(default=200, ge=1)
    """Nearest people who are asked."""
    shrink: float = Field(default=1.0, ge=0)
    """Added to the denominator: likeness that rests on few items counts less."""
    popularity_power: float = Field(default=0.25, ge=0, le=1)
    """An item that n people touched counts n^-power in likeness: what everybody has says little."""
    scope: Scope = "joint"
    """Likeness over all platforms, so that interests cross; or over each platform on its own."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one."""


@final
class UserKNN(ScopedScorer):
    """score(u, j) = sum over the k nearest v of s(u, v) x_vj, s(u, v) = a_u . a_v / (|a_u| |a_v| + shrink).

    x_v (n_items,) is what v did, a_v = x_v scaled by count^-power. Sources: herlocker-1999, shrinkage:
    bell-2007, popularity: breese-1998. It keeps everybody's rows. Somebody it was fitted on is their own
    nearest neighbour, which lifts only what they have already.
    """

    name: ClassVar[str] = "userknn"
    config_type: ClassVar[type] = UserKNNConfig
    because: ClassVar[str] = "people like you"

    def __init__(self, config: UserKNNConfig | None = None) -> None:
        super().__init__()
        self.config = config or UserKNNConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_People":
        rows = interactions[np.diff(interactions.indptr) > 0]
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        return _People(rows, np.maximum(counts, 1.0) ** -self.config.popularity_power, self.config)

    def _restore_part(self, arrays: Arrays) -> "_People":
        shape = (len(arrays["indptr"]) - 1, len(arrays["importance"]))
        rows = csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        return _People(rows, arrays["importance"], self.config)


class _People:
    """Everybody's rows (people, items), and of each item the importance (items,)."""

    def __init__(self, rows: csr_array, importance: FloatArray, config: UserKNNConfig) -> None:
        self.rows, self.importance, self.config = rows, importance, config
        self.scaled = scale_columns(rows, importance)  # the a_v
        self.length = _lengths(self.scaled)

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        took = self.rows[:, asked]
        scores = np.zeros((history.shape[0], len(asked)))
        step = max(1, _CELLS // max(1, self.rows.shape[0]))
        for start in range(0, len(scores), step):
            scores[start : start + step] = (self._near(history[start : start + step]) @ took).toarray()
        return scores

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        mine = csr_array((weights, past, [0, len(past)]), shape=(1, self.rows.shape[1]))
        near = self._near(mine)
        shared = self.scaled[near.indices][:, past].toarray() * weights * self.importance[past]  # (k, h)
        shared *= (near.data / shared.sum(axis=1))[:, None]  # they add up to the likeness
        return np.asarray(shared.T @ self.rows[near.indices][:, asked].toarray())

    def arrays(self) -> Arrays:
        places: Arrays = {"indices": self.rows.indices, "indptr": self.rows.indptr}
        return {"data": self.rows.data, "importance": self.importance, **places}

    def _near(self, history: csr_array) -> csr_array:
        """(q, people): the likeness of the k nearest."""
        a = scale_columns(history, self.importance)
        alike = (a @ self.scaled.T).toarray()
        below = _lengths(a)[:, None] * self.length + self.config.shrink
        alike = np.divide(alike, below, out=np.zeros_like(alike), where=below > 0)
        who, how = top_k(alike, self.config.k)
        row, place = np.nonzero(how > 0)
        return csr_array((how[row, place], (row, who[row, place])), shape=alike.shape)


def _lengths(rows: csr_array) -> FloatArray:
    return np.asarray(np.sqrt(rows.multiply(rows).sum(axis=1)))
