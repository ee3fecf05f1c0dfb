"""Content: items whose text is close to the text of what a person touched, on whatever platform."""

from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.shares import explain_sum
from isthmus.numeric import unit_rows
from isthmus.schema import Explanations, FloatArray, Forgotten, ItemNums, Query, UserNums

__all__ = ["Content", "ContentConfig"]

_STRICT: Any = {"extra": "forbid"}

_BLOCK = 1024
"""Past items compared with all candidates at once."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, config=_STRICT)
class ContentConfig:
    """How the similarities to past items become one score."""

    sharpness: float = Field(default=10.0, gt=0, le=60)
    """Of the soft maximum: towards 0 the mean over past items, large the nearest of them."""
    mean_share: float = Field(default=0.0, ge=0, le=1)
    """Part of the score that is the plain mean; the rest is the soft maximum."""


@final
class Content(Scorer):
    """score = (1 - m) ln(sum_h w_h exp(s cos(h, j))) / s + m sum_h w_h cos(h, j), between -1 and 1.

    w are the weights of the history, adding up to one over its items that have text; s is `sharpness`, m
    `mean_share`. Vectors are centred by the mean over all items with text, so that 0 is as close as any two
    texts are. Without text, on either side, the score is 0. Peak memory is two float32 arrays (q, candidates)
    and one (1024, candidates).
    """

    name: ClassVar[str] = "content"
    config_type: ClassVar[type] = ContentConfig

    def __init__(self, config: ContentConfig | None = None) -> None:
        self.config = config or ContentConfig()
        self._vectors: Vectors | None = None

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Centre the vectors of the items; `rng` is not used."""
        vectors = dataset.features.vectors
        has_text = dataset.features.has_text
        centred = np.zeros_like(vectors)
        if has_text.any():
            mean = vectors[has_text].mean(axis=0, dtype=np.float64)
            centred[has_text] = unit_rows(vectors[has_text] - mean.astype(np.float32))
        self._vectors = centred
        return self

    def score(self, query: Query) -> FloatArray:
        """Similarity of each person's history to the candidates."""
        vectors = self._centred()
        weights = self._weights(query.history)
        past = np.unique(weights.indices)
        targets = vectors[query.candidates].T  # (d, c)
        mean = np.zeros((len(query), len(query.candidates)), dtype=np.float32)
        powers = np.zeros_like(mean)
        for start in range(0, len(past), _BLOCK):
            block = past[start : start + _BLOCK]
            cosines = vectors[block] @ targets  # (block, c)
            of_block = weights[:, block].astype(np.float32)
            mean += of_block @ cosines
            powers += of_block @ np.exp(self.config.sharpness * cosines, out=cosines)
        soft = np.log(np.where(powers > 0, powers, 1.0)) / self.config.sharpness
        scores = (1 - self.config.mean_share) * soft + self.config.mean_share * mean
        scores[:, ~targets.any(axis=0)] = 0.0
        return np.asarray(scores, dtype=np.float64)

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Per past item its term of the mean, and of the soft maximum its part of the sum of powers."""
        return explain_sum(self._weights(query.history), items, self._terms, "similar text")

    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Nothing to do: the model is made of texts alone."""
        self._fitted("_vectors")
        return Forgotten(len(np.unique(users)), exact=True, how="nothing kept")

    def _terms(self, past: ItemNums, weights: FloatArray, asked: ItemNums) -> FloatArray:
        vectors = self._centred()
        cosines = vectors[past].astype(np.float64) @ vectors[asked].T.astype(np.float64)  # (h, m)
        powers = weights[:, None] * np.exp(self.config.sharpness * cosines)
        total = powers.sum(axis=0)
        total = np.where(total > 0, total, 1.0)
        soft = powers / total * (np.log(total) / self.config.sharpness)
        terms = (1 - self.config.mean_share) * soft + self.config.mean_share * weights[:, None] * cosines
        return np.where(vectors[asked].any(axis=1), terms, 0.0)

    def _weights(self, history: csr_array) -> csr_array:
        """The history without items that have no text, each row adding up to one."""
        has_text = np.asarray(self._centred().any(axis=1))
        data = history.data * has_text[history.indices]
        kept = csr_array((data, history.indices.copy(), history.indptr.copy()), shape=history.shape)
        kept.eliminate_zeros()
        rows = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr))
        kept.data = kept.data / np.bincount(rows, kept.data, kept.shape[0])[rows]
        return kept

    def _centred(self) -> Vectors:
        self._fitted("_vectors")
        assert self._vectors is not None
        return self._vectors

    def _arrays(self) -> Arrays:
        return {"vectors": self._centred()}

    def _restore(self, arrays: Arrays) -> None:
        self._vectors = arrays["vectors"]
