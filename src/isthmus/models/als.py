"""ALS: factors of people and items for implicit feedback, trained by the library `implicit`."""

from typing import Any, ClassVar, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.linalg import solve
from scipy.sparse import csr_array, csr_matrix

from isthmus.errors import MissingExtraError
from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.numeric import single_threaded
from isthmus.schema import FloatArray, IntArray

__all__ = ["ALS", "ALSConfig"]

_STRICT: Any = {"extra": "forbid"}


@dataclass(frozen=True, config=_STRICT)
class ALSConfig:
    """How many factors, and how they are fitted."""

    embedding_size: int = Field(default=128, ge=1)
    """Factors per item."""
    reg: float = Field(default=200.0, gt=0)
    """Weight of the squares of all factors: the larger, the nearer to zero."""
    alpha: float = Field(default=30.0, gt=0)
    """Confidence in an interaction of weight r is 1 + alpha r; in one that did not happen, 1."""
    epochs: int = Field(default=15, ge=1)
    """How often people and items take turns."""
    scope: Scope = "joint"
    """Factors of all platforms in one space, so that interests cross; or one space per platform."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one."""


@final
class ALS(ScopedScorer):
    """score = y_j . x, x = (Y'CY + reg I)^-1 Y'C p, C = diag(1 + alpha r), p = r > 0. Source: hu-2008.

    Y (items, embedding_size) are the factors of items; x are those of a person, solved anew from the history
    for everybody, so that people whom training did not see are like all others. Each past item i carries
    y_j' (Y'CY + reg I)^-1 y_i (1 + alpha r_i) of the score, exactly. Training is that of the library
    `implicit` in float32 (extra `[als]`, conjugate gradient: takacs-2011); to score, explain or load it is
    not needed. Raises MissingExtraError in `fit` where it is not installed.
    """

    name: ClassVar[str] = "als"
    config_type: ClassVar[type] = ALSConfig
    because: ClassVar[str] = "read or bought together"

    def __init__(self, config: ALSConfig | None = None) -> None:
        super().__init__()
        self.config = config or ALSConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_Factors":
        confidence = csr_matrix(interactions[np.diff(interactions.indptr) > 0], dtype=np.float32)
        confidence.data = 1.0 + np.float32(self.config.alpha) * confidence.data
        return _Factors(_train(confidence, self.config, int(rng.integers(2**31))), self.config)

    def _restore_part(self, arrays: Arrays) -> "_Factors":
        return _Factors(arrays["factors"], self.config)


class _Factors:
    """Factors of items (items, embedding_size), and what is solved with them."""

    def __init__(self, factors: FloatArray, config: ALSConfig) -> None:
        self.factors, self.alpha = factors, config.alpha
        self.everything = factors.T @ factors + config.reg * np.eye(factors.shape[1])  # Y'Y + reg I

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        people = np.zeros((history.shape[0], self.factors.shape[1]))
        for row in range(len(people)):
            mine = slice(history.indptr[row], history.indptr[row + 1])
            if mine.start < mine.stop:
                people[row] = self._carried(history.indices[mine].astype(np.int64), history.data[mine]).sum(
                    axis=0
                )
        return np.asarray(people @ self.factors[asked].T)

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        if len(past) == 0:
            return np.zeros((0, len(asked)))
        return np.asarray(self._carried(past, weights) @ self.factors[asked].T)

    def arrays(self) -> Arrays:
        return {"factors": self.factors}

    def _carried(self, past: IntArray, weights: FloatArray) -> FloatArray:
        """(h, embedding_size): what each past item adds to the person's factors."""
        Y = self.factors[past]
        system = self.everything + (Y.T * (self.alpha * weights)) @ Y
        return np.asarray(solve(system, Y.T * (1.0 + self.alpha * weights), assume_a="pos").T)


def _train(confidence: csr_matrix, config: ALSConfig, seed: int) -> FloatArray:
    """Factors of items (items, embedding_size), float64 of what the library finds in float32."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError as error:
        raise MissingExtraError("Fitting als", "als") from error
    if confidence.nnz == 0:
        return np.zeros((confidence.shape[1], config.embedding_size))
    with single_threaded():  # the library has threads of its own, which those of BLAS only hinder
        model = AlternatingLeastSquares(
            factors=config.embedding_size,
            regularization=config.reg,
            iterations=config.epochs,
            random_state=seed,
        )
        model.fit(confidence, show_progress=False)
    return np.asarray(model.item_factors, dtype=np.float64)
