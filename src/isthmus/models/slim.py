"""SLIM: sparse item-item weights by elastic net, for catalogues too large to invert."""

from dataclasses import dataclass as value
from typing import Any, ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csc_array, csr_array

from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.numeric import ElasticNet, sparse_weights
from isthmus.schema import FloatArray, IntArray

__all__ = ["SLIM", "SLIMConfig"]

_STRICT: Any = {"extra": "forbid"}


@dataclass(frozen=True, config=_STRICT)
class SLIMConfig:
    """What is solved, and how far."""

    l1: float = Field(default=1.0, ge=0)
    """Draws weights to zero: the larger, the fewer remain."""
    l2: float = Field(default=50.0, gt=0)
    """Added to the diagonal: the larger, the less is believed of items few people touched."""
    k: int = Field(default=50, ge=1)
    """Nearest items per item and platform that may have a weight; all others have none."""
    positive: bool = True
    """Only weights above zero, as in the paper."""
    sweeps: int = Field(default=50, ge=1)
    """Rounds of coordinate descent at most; it ends before when no weight moves by more than `precision`."""
    precision: float = Field(default=1e-4, gt=0)
    """See `sweeps`."""
    scope: Scope = "joint"
    """All platforms in one system, so that interests cross; or each platform on its own."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one, as in the paper."""


@final
class SLIM(ScopedScorer):
    """score = x W, w_j minimises 1/2 |X_j - X w|^2 + l2/2 |w|^2 + l1 |w|_1, w_jj = 0. Source: ning-2011.

    X (people, items), x a history. Only the k items of each platform nearest to j by cosine may have a weight
    (fsSLIM in the paper). Coordinate descent (friedman-2010) runs over many columns at once, on the dot
    products of their neighbours. Memory: k x platforms weights per item, and beside them blocks of 64 MB; no
    array of items x items, sparse or dense, is ever whole.
    """

    name: ClassVar[str] = "slim"
    config_type: ClassVar[type] = SLIMConfig
    because: ClassVar[str] = "read or bought together"

    def __init__(self, config: SLIMConfig | None = None) -> None:
        super().__init__()
        self.config = config or SLIMConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_Weights":
        settings = self.config
        net = ElasticNet(
            settings.l1, settings.l2, settings.k, settings.positive, settings.sweeps, settings.precision
        )
        return _Weights(sparse_weights(interactions, platform, np.arange(len(platform)), net))

    def _restore_part(self, arrays: Arrays) -> "_Weights":
        n = len(arrays["indptr"]) - 1
        return _Weights(csr_array((arrays["weights"], arrays["indices"], arrays["indptr"]), shape=(n, n)))


@value(frozen=True)
class _Weights:
    """Row j holds the weights by which past items speak for j."""

    speaking: csr_array

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        return np.asarray((history @ self.speaking[asked].T.tocsr()).toarray())

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        return np.asarray(weights[:, None] * csc_array(self.speaking[asked])[:, past].toarray().T)

    def arrays(self) -> Arrays:
        found = self.speaking
        places: Arrays = {"indices": found.indices.astype(np.int32), "indptr": found.indptr.astype(np.int64)}
        return {"weights": found.data, **places}
