"""GraphFilter: tastes as signals on the graph of people and items, smoothed in closed form."""

from dataclasses import dataclass as value
from typing import Any, ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.numeric import right_vectors, scale_columns, scale_rows
from isthmus.schema import FloatArray, IntArray

__all__ = ["GraphFilter", "GraphFilterConfig"]

_STRICT: Any = {"extra": "forbid"}


@dataclass(frozen=True, config=_STRICT)
class GraphFilterConfig:
    """How much of which filter."""

    rank: int = Field(default=64, ge=0)
    """Singular vectors that pass the ideal filter; 0 leaves the linear filter alone."""
    ideal: float = Field(default=2.0, ge=0)
    """Weight of the ideal filter beside the linear one."""
    popularity_power: float = Field(default=0.25, ge=0, le=1)
    """Items that n people touched count n^-power in the graph: 1/2 in the paper, less favours the popular."""
    scope: Scope = "joint"
    """One graph of all platforms, so that interests cross; or one of each platform."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one, as in the paper."""


@final
class GraphFilter(ScopedScorer):
    """score = x (R'R + ideal D^-b V V' D^b), R = D_u^-1/2 X D^-b. Source: shen-2021 (GF-CF), b = 1/2.

    X (people, items), D_u and D the sums of its rows and columns, b the popularity power, V (items, rank) the
    first right singular vectors of R. On the joint graph of several platforms the people in common carry
    tastes across, as in lee-2024, whose separate weight of the source is not built. It keeps R and V, rank x
    items float64; nothing of items x items is ever made.
    """

    name: ClassVar[str] = "graph_filter"
    config_type: ClassVar[type] = GraphFilterConfig
    because: ClassVar[str] = "often found together"

    def __init__(self, config: GraphFilterConfig | None = None) -> None:
        super().__init__()
        self.config = config or GraphFilterConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_Filters":
        rows = interactions[np.diff(interactions.indptr) > 0]
        degree, power = _sums(rows, 0), self.config.popularity_power
        less, more = _power(degree, -power), _power(degree, power)  # (items,)
        R = scale_columns(scale_rows(rows, _power(_sums(rows, 1), -0.5)), less)
        V = right_vectors(R, self.config.rank, rng)
        return _Filters(R, V * less[:, None], V * (self.config.ideal * more)[:, None])

    def _restore_part(self, arrays: Arrays) -> "_Filters":
        shape = (len(arrays["indptr"]) - 1, len(arrays["into"]))
        R = csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        return _Filters(R, arrays["into"], arrays["out"])


@value(frozen=True)
class _Filters:
    """x (R'R + into out'), with R (people, items), into and out (items, rank)."""

    R: csr_array
    into: FloatArray
    out: FloatArray

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        linear = (history @ self.R.T) @ self.R[:, asked]
        return np.asarray(linear.toarray() + (history @ self.into) @ self.out[asked].T)

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        linear = (self.R[:, past].T @ self.R[:, asked]).toarray()
        return np.asarray(weights[:, None] * (linear + self.into[past] @ self.out[asked].T))

    def arrays(self) -> Arrays:
        places: Arrays = {"indices": self.R.indices, "indptr": self.R.indptr}
        return {"data": self.R.data, "into": self.into, "out": self.out, **places}


def _sums(rows: csr_array, axis: int) -> FloatArray:
    return np.asarray(rows.sum(axis=axis), dtype=np.float64)


def _power(sums: FloatArray, power: float) -> FloatArray:
    """`sums` to the `power`, 0 where there is nothing."""
    return np.asarray(np.where(sums > 0, np.where(sums > 0, sums, 1.0) ** power, 0.0))
