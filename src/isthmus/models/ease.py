"""EASE: item-item weights in closed form, over all platforms at once or each on its own."""

from collections.abc import Iterator
from dataclasses import dataclass as value
from typing import Any, ClassVar, Literal, Protocol, Self, final

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.sparse import csr_array, vstack

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.shares import explain_sum
from isthmus.numeric import inverse_spd
from isthmus.schema import Explanations, FloatArray, Forgotten, IntArray, ItemNums, Query, UserNums

__all__ = ["EASE", "EASEConfig", "EASESums"]

_STRICT: Any = {"extra": "forbid"}

_BLOCK = 1024
"""Items whose leverage is computed at once."""
_LEAST = 1e-12
"""Floor of diag P and of 1 - leverage: positive in exact arithmetic, but not always after rounding."""


@dataclass(frozen=True, config=_STRICT)
class EASEConfig:
    """What is solved, and in which form."""

    reg: float = Field(default=100.0, gt=0)
    """Added to the diagonal: the larger, the less is believed of items few people touched."""
    scope: Literal["joint", "platform"] = "joint"
    """All platforms in one system, so that interests cross; or each platform on its own."""
    form: Literal["auto", "primal", "dual"] = "auto"
    """Invert items x items (primal) or people x people (dual): the same scores; auto takes the smaller."""
    weighted: bool = False
    """Use the weights of interactions; otherwise each counts one, as in the paper."""


@value(frozen=True)
class EASESums:
    """What EASE keeps of people: X'X, or where people are fewer than items the rows X that it is the sum of.

    Rows stand in an order of their own, so that sums do not depend on the order of their parts and a person
    is subtracted without a trace.
    """

    item_platform: IntArray
    """(n_items,): number of the platform of each item."""
    gram: csr_array | None = None
    """X'X (n_items, n_items), float64, canonical."""
    rows: csr_array | None = None
    """X (people, n_items), float64, canonical, no empty rows."""

    def __add__(self, other: Self) -> Self:
        if self.rows is not None and other.rows is not None:
            return type(self)(
                self.item_platform, rows=_in_order(vstack([self.rows, other.rows], format="csr"))
            )
        return type(self)(self.item_platform, gram=_canonical(self.as_gram() + other.as_gram()))

    def __sub__(self, other: Self) -> Self:
        if self.rows is not None and other.rows is not None:
            return type(self)(self.item_platform, rows=_less(self.rows, other.rows))
        return type(self)(self.item_platform, gram=_canonical(self.as_gram() - other.as_gram()))

    def as_gram(self) -> csr_array:
        """X'X, whatever is kept."""
        if self.gram is not None:
            return self.gram
        assert self.rows is not None
        return _canonical(csr_array(self.rows.T @ self.rows))

    @property
    def subtracts_exactly(self) -> bool:
        """Whether subtracting leaves, bit for bit, what a sum without the subtracted people would be."""
        return self.gram is None or bool(np.all(self.gram.data == np.rint(self.gram.data)))


@final
class EASE(Scorer):
    """score = x B with B = I - P diag(1 / diag P), P = (X'X + reg I)^-1. Source: steck-2019.

    X (people x items) holds all platforms side by side, x is a history on any of them. The primal form keeps
    B, n_items^2 float64. The dual form keeps X and K = (X X' + reg I)^-1, people^2 float64, and never makes
    an array of items x items: with y = x X' K X and the leverages l = diag(X' K X), the score is
    (y - x l) / (1 - l). Both agree to 1e-8, by the Woodbury identity.
    """

    name: ClassVar[str] = "ease"
    config_type: ClassVar[type] = EASEConfig

    def __init__(self, config: EASEConfig | None = None) -> None:
        self.config = config or EASEConfig()
        self._summary: EASESums | None = None
        self._systems: list[_System] = []

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Sum and solve; `rng` is not used. Raises InputError where `reg` is too small to invert."""
        return self.finish(self.summarise(dataset))

    def summarise(self, dataset: Dataset) -> EASESums:
        """The sums of everybody in `dataset`."""
        return self._sums(dataset.interactions, dataset.item_platform)

    def finish(self, summary: EASESums) -> Self:
        """Solve; raises InputError where more was subtracted than there was."""
        self._systems = [self._solve(summary, items) for items in self._parts(summary.item_platform)]
        self._summary = summary
        return self

    def score(self, query: Query) -> FloatArray:
        """x B of the candidates; an item that shares nobody with the history has 0."""
        self._fitted("_summary")
        history = self._history(query.history)
        scores = np.zeros((len(query), len(query.candidates)))
        for system in self._systems:
            here = np.flatnonzero(np.isin(query.candidates, system.items, assume_unique=True))
            if len(here):
                places = np.searchsorted(system.items, query.candidates[here])
                scores[:, here] = system.scores(history[:, system.items], places)
        return scores

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Weight times B per past item."""
        self._fitted("_summary")
        return explain_sum(self._history(query.history), items, self._terms, "read or bought together")

    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Subtract the people and solve again; refits where rounding would leave a trace of them."""
        self._fitted("_summary")
        assert self._summary is not None
        users = np.unique(users)
        gone = self._sums(dataset.interactions[users], dataset.item_platform)
        if not self._summary.subtracts_exactly:
            return super().forget(users, dataset)
        self.finish(self._summary - gone)
        return Forgotten(len(users), exact=True, how="subtracted")

    def _sums(self, interactions: csr_array, item_platform: IntArray) -> EASESums:
        rows = self._history(interactions)
        sums = EASESums(item_platform, rows=_in_order(rows[np.diff(rows.indptr) > 0]))
        many = rows.shape[0] > rows.shape[1]
        keep_gram = self.config.form == "primal" or (self.config.form == "auto" and many)
        return EASESums(item_platform, gram=sums.as_gram()) if keep_gram else sums

    def _parts(self, item_platform: IntArray) -> list[ItemNums]:
        if self.config.scope == "joint":
            return [np.arange(len(item_platform))]
        return [np.flatnonzero(item_platform == platform) for platform in np.unique(item_platform)]

    def _solve(self, summary: EASESums, items: ItemNums) -> "_System":
        if summary.rows is not None and self.config.form != "primal":
            rows = _rows_of(summary.rows, items)
            if self.config.form == "dual" or rows.shape[0] <= len(items):
                return _Dual.solve(items, rows, self.config.reg)
            return _Primal.solve(items, csr_array(rows.T @ rows), self.config.reg)
        if self.config.form == "dual":
            raise InputError(
                "sums without rows cannot be solved in dual form", "Make all parts with form = 'dual'."
            )
        return _Primal.solve(items, summary.as_gram()[items][:, items], self.config.reg)

    def _terms(self, past: ItemNums, weights: FloatArray, asked: ItemNums) -> FloatArray:
        terms = np.zeros((len(past), len(asked)))
        for system in self._systems:
            rows, columns = (np.flatnonzero(np.isin(items, system.items)) for items in (past, asked))
            places = (
                np.searchsorted(system.items, past[rows]),
                np.searchsorted(system.items, asked[columns]),
            )
            terms[np.ix_(rows, columns)] = system.weights(*places)
        return weights[:, None] * terms

    def _history(self, interactions: csr_array) -> csr_array:
        if self.config.weighted:
            return interactions
        ones = np.ones(len(interactions.data))
        return csr_array((ones, interactions.indices, interactions.indptr), shape=interactions.shape)

    def _arrays(self) -> Arrays:
        self._fitted("_summary")
        assert self._summary is not None
        kept, kind = (
            (self._summary.rows, "rows") if self._summary.gram is None else (self._summary.gram, "gram")
        )
        assert kept is not None
        arrays: Arrays = {"item_platform": self._summary.item_platform, f"{kind}.data": kept.data}
        arrays |= {f"{kind}.indices": kept.indices, f"{kind}.indptr": kept.indptr}
        for number, system in enumerate(self._systems):
            arrays |= {f"{number}.{name}": array for name, array in system.arrays()}
        return arrays

    def _restore(self, arrays: Arrays) -> None:
        platforms = arrays["item_platform"]
        kind = "gram" if "gram.data" in arrays else "rows"
        parts = tuple(arrays[f"{kind}.{part}"] for part in ("data", "indices", "indptr"))
        kept = csr_array(parts, shape=(len(parts[2]) - 1, len(platforms)))
        self._summary = EASESums(platforms, **{kind: kept})
        self._systems = []
        for number, items in enumerate(self._parts(platforms)):
            if f"{number}.weights" in arrays:
                self._systems.append(_Primal(items, arrays[f"{number}.weights"]))
            else:
                inverse, leverage = arrays[f"{number}.inverse"], arrays[f"{number}.leverage"]
                self._systems.append(_Dual(items, _rows_of(kept, items), inverse, leverage))


class _System(Protocol):
    """One solved system over some items; places count within `items`, which ascend."""

    @property
    def items(self) -> ItemNums: ...

    def scores(self, history: csr_array, places: IntArray) -> FloatArray:
        """(q, c) of `history` (q, items of the system)."""
        ...

    def weights(self, past: IntArray, asked: IntArray) -> FloatArray:
        """(h, m) entries of B."""
        ...

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """What was solved."""
        ...


@value(frozen=True)
class _Primal:
    items: ItemNums
    B: FloatArray

    @classmethod
    def solve(cls, items: ItemNums, gram: csr_array, reg: float) -> Self:
        system = gram.toarray()
        system[np.diag_indices(len(items))] += reg
        B = inverse_spd(system, overwrite=True)  # P for now
        B /= -np.maximum(B.diagonal(), _LEAST)
        np.fill_diagonal(B, 0.0)
        return cls(items, B)

    def scores(self, history: csr_array, places: IntArray) -> FloatArray:
        return np.asarray((history @ self.B)[:, places])

    def weights(self, past: IntArray, asked: IntArray) -> FloatArray:
        return self.B[np.ix_(past, asked)]

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        yield "weights", self.B


@value(frozen=True)
class _Dual:
    items: ItemNums
    rows: csr_array
    inverse: FloatArray
    leverage: FloatArray

    @classmethod
    def solve(cls, items: ItemNums, rows: csr_array, reg: float) -> Self:
        system = (rows @ rows.T).toarray()
        system[np.diag_indices(rows.shape[0])] += reg
        inverse = inverse_spd(system, overwrite=True)
        leverage = np.zeros(len(items))
        columns = rows.T.tocsr()  # (items, people)
        for start in range(0, len(items), _BLOCK):
            block = columns[start : start + _BLOCK]
            leverage[start : start + _BLOCK] = np.asarray(block.multiply(block @ inverse).sum(axis=1))
        return cls(items, rows, inverse, np.clip(leverage, 0.0, 1.0 - _LEAST))

    def scores(self, history: csr_array, places: IntArray) -> FloatArray:
        people = (history @ self.rows.T).toarray() @ self.inverse  # (q, people)
        fitted = (self.rows[:, places].T @ people.T).T  # (q, c)
        leverage = self.leverage[places]
        return np.asarray((fitted - history[:, places].toarray() * leverage) / (1.0 - leverage))

    def weights(self, past: IntArray, asked: IntArray) -> FloatArray:
        people = (self.rows[:, asked].T @ self.inverse) @ self.rows[:, past]  # (m, h)
        weights = np.asarray(people).T / (1.0 - self.leverage[asked])
        return np.where(past[:, None] == asked, 0.0, weights)

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        yield "inverse", self.inverse
        yield "leverage", self.leverage


def _canonical(gram: csr_array) -> csr_array:
    gram = csr_array(gram)
    gram.sum_duplicates()
    gram.eliminate_zeros()
    return gram


def _rows_of(rows: csr_array, items: ItemNums) -> csr_array:
    """The rows that hold any of `items`, in these columns."""
    part = rows if len(items) == rows.shape[1] else rows[:, items]
    return part[np.diff(part.indptr) > 0]


def _keys(rows: csr_array) -> list[bytes]:
    """What each row holds, as bytes: equal rows have equal keys."""
    bounds = zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    columns = rows.indices.astype(np.int64)
    return [columns[start:stop].tobytes() + rows.data[start:stop].tobytes() for start, stop in bounds]


def _in_order(rows: csr_array) -> csr_array:
    keys = _keys(rows)
    return rows[np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)]


def _less(rows: csr_array, gone: csr_array) -> csr_array:
    """`rows` without one row for each of `gone`; raises InputError where there is none such."""
    places: dict[bytes, list[int]] = {}
    for place, key in enumerate(_keys(rows)):
        places.setdefault(key, []).append(place)
    keep = np.ones(rows.shape[0], dtype=bool)
    for key in _keys(gone):
        if not places.get(key):
            raise InputError(
                "cannot subtract people who are not in the sum", "Give the dataset it was made of."
            )
        keep[places[key].pop()] = False
    return rows[keep]
