"""CMF: one set of factors per person, shared by all platforms."""

from typing import ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from isthmus.dataset import Dataset
from isthmus.models.base import Arrays
from isthmus.models.neural.base import NeuralScorer
from isthmus.models.neural.factorisation import FactorConfig, factorise
from isthmus.models.neural.factors import Factors, explain_product
from isthmus.models.neural.training import Run
from isthmus.models.neural.validation import hold_out
from isthmus.schema import Explanations, FloatArray, ItemNums, Query

__all__ = ["CMF", "CMFConfig"]


@dataclass(frozen=True, config={"extra": "forbid"})
class CMFConfig(FactorConfig):
    """Settings of the factorisation, and what a platform counts."""

    reg: float = Field(default=0.003, ge=0)
    """Weight of the squared length of the factors in a mini-batch."""
    target: str | None = None
    """Platform whose held out interactions say when to stop; None: those of all platforms."""
    balance: float = Field(default=1.0, ge=0, le=1)
    """0: every interaction counts the same; 1: every platform does (the alpha of the paper)."""


@final
class CMF(NeuralScorer):
    """score = p_u . q_j; the matrices of all platforms are factorised at once and share the p. Source:
    singh-2008.

    The sum over platforms of alpha_p loss(X_p, P Q_p') + reg (|P|^2 + |Q_p|^2) is minimised, with a logistic
    or squared loss. The paper sums over all cells of a matrix; here each interaction stands beside
    `negatives` cells drawn from those that are empty. Where the paper takes Newton steps, Adam does.
    """

    name: ClassVar[str] = "cmf"
    config_type: ClassVar[type] = CMFConfig
    config: CMFConfig

    def score(self, query: Query) -> FloatArray:
        """The products of the person's factors and the candidates'; 0 for an empty history."""
        factors = Factors.read(self._learnt())
        return factors.of_people(query.history) @ factors.on(query.candidates).T

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Per past item its part in the person's factors, times the item's; then what none carries."""
        factors = Factors.read(self._learnt())
        return explain_product(
            factors.parts(query.history), items, factors.on, ("read or bought together", "learnt taste")
        )

    def _learn(self, dataset: Dataset, run: Run) -> Arrays:
        asked = None if self.config.target is None else [dataset.platform_num(self.config.target)]
        rest, validation = hold_out(dataset, self.config.hold_out, asked)
        pools = [np.flatnonzero(dataset.item_platform == number) for number in range(len(dataset.platforms))]
        pools = [pool for pool in pools if len(pool)]
        rows = [np.isin(rest.interactions.indices, pool).sum() for pool in pools]
        weights = [float(max(1, n) ** -self.config.balance) for n in rows]
        return factorise(dataset, rest, pools, run, "cmf", validation, weights).arrays()
