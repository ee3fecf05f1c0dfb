"""BPR: factors trained so that what was taken ranks above what was not."""

from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array
from scipy.special import expit

from isthmus.models.base import Arrays
from isthmus.models.scope import Scope, ScopedScorer
from isthmus.schema import FloatArray, IntArray

__all__ = ["BPR", "BPRConfig"]

_STRICT: Any = {"extra": "forbid"}

Rows = NDArray[np.floating[Any]]
"""Factors (n, size): float32 in training, float64 after it."""

_BLOCK = 256
"""People whose histories become factors at once."""
_START = 0.01
"""Standard deviation of the factors before training."""
_LEAST = 1e-12
"""Floor of the curvature, where a person has no past or all factors are zero."""


@dataclass(frozen=True, config=_STRICT)
class BPRConfig:
    """How many factors, and how they are fitted."""

    embedding_size: int = Field(default=64, ge=1)
    """Factors per person and item."""
    learning_rate: float = Field(default=0.1, gt=0)
    """Length of a step of training."""
    reg: float = Field(default=0.02, ge=0)
    """Weight of the squares of the factors in each step."""
    epochs: int = Field(default=60, ge=1)
    """How often each interaction is drawn, on average."""
    batch_size: int = Field(default=1024, ge=1)
    """Triples of one step."""
    fold_steps: int = Field(default=10, ge=1)
    """Steps by which a history becomes the factors of its person."""
    fold_negatives: int = Field(default=50, ge=1)
    """Items of each platform, drawn once, that a history is set against."""
    scope: Scope = "joint"
    """Factors of all platforms in one space, so that interests cross; or one space per platform."""
    weighted: bool = False
    """Draw interactions in proportion to their weights; otherwise all alike, as in the paper."""


@final
class BPR(ScopedScorer):
    """score = x . y_j, trained by -ln sigmoid(x_u . (y_i - y_j)) + reg/2 |factors|^2. Source: rendle-2009.

    Of each triple u took i and not j, an item of the same platform. Stochastic gradient descent in batches.
    Only the factors of items (items, embedding_size) are kept: those of a person are solved anew from the
    history, by gradient descent on the same loss with the items held fast. It starts at zero, so each past
    item carries the sum of its own gradients, and their sum is the person.
    """

    name: ClassVar[str] = "bpr"
    config_type: ClassVar[type] = BPRConfig
    because: ClassVar[str] = "read or bought together"

    def __init__(self, config: BPRConfig | None = None) -> None:
        super().__init__()
        self.config = config or BPRConfig()

    def _fit_part(self, interactions: csr_array, platform: IntArray, rng: np.random.Generator) -> "_Factors":
        factors = _Training(interactions, platform, self.config, rng).run()
        numbers, place = np.unique(platform, return_inverse=True)
        groups = [np.flatnonzero(place == number) for number in range(len(numbers))]
        rivals = np.array([rng.choice(items, self.config.fold_negatives) for items in groups])
        return _Factors(factors, place, rivals, self.config)

    def _restore_part(self, arrays: Arrays) -> "_Factors":
        return _Factors(arrays["factors"], arrays["platform"], arrays["rivals"], self.config)


class _Training:
    """Factors of people and items on their way, float32 for speed; `X` (people, size), `Y` (items, size)."""

    def __init__(
        self, interactions: csr_array, platform: IntArray, config: BPRConfig, rng: np.random.Generator
    ) -> None:
        n_people, n_items = interactions.shape
        self.config, self.rng, self.n_items = config, rng, n_items
        self.person = np.repeat(np.arange(n_people), np.diff(interactions.indptr))
        self.item = interactions.indices.astype(np.int64)
        self.taken = np.sort(self.person * n_items + self.item)
        self.share = interactions.data / interactions.data.sum() if config.weighted else None
        self.order = np.argsort(platform, kind="stable")  # items, platform by platform
        self.first = np.searchsorted(platform[self.order], platform)
        self.size = np.searchsorted(platform[self.order], platform, side="right") - self.first
        self.X = _START * rng.standard_normal((n_people, config.embedding_size), dtype=np.float32)
        self.Y = _START * rng.standard_normal((n_items, config.embedding_size), dtype=np.float32)

    def run(self) -> FloatArray:
        """The factors of items after all epochs."""
        for _ in range(self.config.epochs if len(self.item) else 0):
            u, i, j = self._draw()
            for start in range(0, len(u), self.config.batch_size):
                batch = slice(start, start + self.config.batch_size)
                self._step(u[batch], i[batch], j[batch])
        return np.asarray(self.Y, dtype=np.float64)

    def _draw(self) -> tuple[IntArray, IntArray, IntArray]:
        """As many triples as there are interactions, less those whose j was taken as well."""
        n = len(self.item)
        at = self.rng.integers(n, size=n) if self.share is None else self.rng.choice(n, n, p=self.share)
        u, i = self.person[at], self.item[at]
        j = self.order[self.first[i] + self.rng.integers(self.size[i])]
        key = u * self.n_items + j
        found = np.minimum(np.searchsorted(self.taken, key), n - 1)
        new = self.taken[found] != key
        return u[new], i[new], j[new]

    def _step(self, u: IntArray, i: IntArray, j: IntArray) -> None:
        x, above, below = self.X[u], self.Y[i], self.Y[j]
        up, left, right = gradients(x, above, below, self.config.reg)
        _add(self.X, u, self.config.learning_rate * up)
        _add(self.Y, np.concatenate([i, j]), self.config.learning_rate * np.concatenate([left, right]))


def gradients(x: Rows, above: Rows, below: Rows, reg: float) -> tuple[Rows, Rows, Rows]:
    """Which way factors (n, size) of a person, of what they took and of what not make the loss smaller.

    sigmoid(-x_uij) (y_i - y_j) - reg x, sigmoid(-x_uij) x - reg y_i and -sigmoid(-x_uij) x - reg y_j, where
    x_uij = x . (y_i - y_j). Source: rendle-2009.
    """
    apart = above - below
    miss = expit(-np.einsum("nd,nd->n", x, apart))[:, None]
    return miss * apart - reg * x, miss * x - reg * above, -miss * x - reg * below


def _add(table: Rows, at: IntArray, change: Rows) -> None:
    """Add row n of `change` to row at[n] of `table`, in place, also where rows are named twice."""
    order = np.argsort(at, kind="stable")
    rows, starts = np.unique(at[order], return_index=True)
    if len(rows):
        table[rows] += np.add.reduceat(change[order], starts, axis=0)


class _Factors:
    """Factors (items, size) and platform (items,) of items, and `rivals` (platforms, n) of past items."""

    def __init__(self, factors: FloatArray, platform: IntArray, rivals: IntArray, config: BPRConfig) -> None:
        self.factors, self.platform, self.rivals, self.config = factors, platform, rivals, config

    def scores(self, history: csr_array, asked: IntArray) -> FloatArray:
        people = np.zeros((history.shape[0], self.factors.shape[1]))
        for start in range(0, len(people), _BLOCK):
            part = history[start : start + _BLOCK]
            people[start : start + _BLOCK] = _sum_rows(part, self._carried(part))
        return np.asarray(people @ self.factors[asked].T)

    def terms(self, past: IntArray, weights: FloatArray, asked: IntArray) -> FloatArray:
        mine = csr_array((weights, past, [0, len(past)]), shape=(1, len(self.factors)))
        return np.asarray(self._carried(mine) @ self.factors[asked].T)

    def arrays(self) -> Arrays:
        return {"factors": self.factors, "platform": self.platform, "rivals": self.rivals}

    def _carried(self, history: csr_array) -> FloatArray:
        """(nnz, size): what each past item adds to the factors of its person."""
        row = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
        place = self.platform[history.indices]
        taken, rivals = (
            self.factors[history.indices],
            self.factors[self.rivals],
        )  # rivals (platforms, n, size)
        open_to = history[:, self.rivals.ravel()].toarray().reshape(-1, *self.rivals.shape)[row, place] == 0
        open_to = open_to / np.maximum(open_to.sum(axis=1), 1)[:, None]  # (nnz, n)
        share = history.data / np.bincount(row, history.data, history.shape[0])[row]
        step = self._steps(row, share, _square(taken) + (open_to * _square(rivals)[place]).sum(axis=1))
        carried = np.zeros_like(taken)
        for _ in range(self.config.fold_steps):
            people = _sum_rows(history, carried)
            rival_scores = np.einsum("qf,pnf->qpn", people, rivals, optimize=True)[row, place]
            lead = np.einsum("ef,ef->e", taken, people[row])[:, None] - rival_scores  # (nnz, n)
            miss = open_to * expit(-lead)
            pull = miss.sum(axis=1)[:, None] * taken - _mixed(miss, place, rivals)
            carried += step * (share[:, None] * pull - self.config.reg * carried)
        return carried

    def _steps(self, row: IntArray, share: FloatArray, squares: FloatArray) -> FloatArray:
        """(nnz, 1): the longest steps that cannot go too far.

        The curvature of the loss is at most a quarter of |y_i - y_j|^2, which is at most twice the `squares`.
        """
        bound = np.bincount(row, share * squares / 2) + self.config.reg
        return np.asarray(1.0 / np.maximum(bound, _LEAST)[row][:, None])


def _sum_rows(history: csr_array, carried: FloatArray) -> FloatArray:
    """(q, size): the rows of `carried` (nnz, size), added up per person."""
    each, shape = np.arange(len(carried)), (history.shape[0], len(carried))
    return np.asarray(csr_array((np.ones(len(each)), each, history.indptr), shape=shape) @ carried)


def _mixed(miss: FloatArray, place: IntArray, rivals: FloatArray) -> FloatArray:
    """(nnz, size): the rivals on the platform `place` of each past item, weighted by `miss` (nnz, n)."""
    mixed = np.zeros((len(miss), rivals.shape[2]))
    for number, held in enumerate(rivals):
        at = np.flatnonzero(place == number)
        mixed[at] = miss[at] @ held
    return mixed


def _square(factors: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("...f,...f->...", factors, factors))
