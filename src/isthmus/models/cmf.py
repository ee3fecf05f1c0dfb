"""CMF: one set of factors per person, shared by all platforms."""

from typing import Any, ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.numeric import ColumnFactors, scale_columns
from isthmus.schema import FloatArray, IntArray

__all__ = ["CMF", "CMFConfig"]

_STRICT: Any = {"extra": "forbid"}


@dataclass(frozen=True, config=_STRICT)
class CMFConfig:
    """How many factors, and how they are fitted."""

    embedding_size: int = Field(default=128, ge=1)
    """Factors per person and item at most; directions that the ridge cuts to nothing are left out."""
    reg: float = Field(default=5.0, gt=0)
    """Ridge: weight of the squares of all factors."""
    unseen: float = Field(default=0.03, gt=0)
    """What a cell counts of which nothing is known, beside one for an interaction."""
    balance: float = Field(default=0.0, ge=0, le=1)
    """0: every interaction counts the same; 1: every platform does (the alpha of the paper)."""
    epochs: int = Field(default=8, ge=1)
    """How often people and items take turns."""
    scope: Scope = "joint"
    """All platforms in one factorisation, as the paper has it; or each on its own."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one."""


@final
class CMF(ScopedScorer):
    """score = p_u . q_j; the matrices of all platforms are factorised at once and share the p. Source:
    singh-2008, with squared loss.

    The sum over platforms s of alpha_s |W_s * (X_s - P Q_s')|^2 + reg (|P|^2 + |Q|^2) is minimised over all
    cells, W counting unseen ones less (hu-2008). For squared loss the alternating Newton steps of the paper
    are ridge regressions, solved exactly. Factors of a person are solved for from any history, so that those
    whom training did not see are like all others, and each past item carries an exact part of a score.
    """

    name: ClassVar[str] = "cmf"
    config_type: ClassVar[type] = CMFConfig
    because: ClassVar[str] = "read or bought together"

    def __init__(self, config: CMFConfig | None = None) -> None:
        super().__init__()
        self.config = config or CMFConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_Factors":
        rows = np.bincount(platform[interactions.indices], minlength=int(platform.max(initial=0)) + 1)
        counts = (np.maximum(rows, 1) / max(1.0, rows.mean())) ** -self.config.balance
        found = ColumnFactors.learn(
            interactions, self.config.embedding_size, unseen=self.config.unseen, ridge=self.config.reg,
            rounds=self.config.epochs, rng=rng, counts=counts[platform],
        )  # fmt: skip
        return _Factors(found.precise(), counts[platform])

    def _restore_part(self, arrays: Arrays) -> "_Factors":
        return _Factors(ColumnFactors(arrays["vectors"], arrays["solver"]), arrays["counts"])


class _Factors:
    """Factors of items, and what a cell of each counts."""

    def __init__(self, found: ColumnFactors, counts: FloatArray) -> None:
        self.found, self.counts = found, counts

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        people = self.found.of_rows(scale_columns(history, self.counts))
        return np.asarray(people @ self.found.vectors[asked].T)

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        return self.found.parts(past, weights * self.counts[past]) @ self.found.vectors[asked].T

    def arrays(self) -> Arrays:
        return {"vectors": self.found.vectors, "solver": self.found.solver, "counts": self.counts}
