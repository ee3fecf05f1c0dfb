"""The contract of every model: fit, recommend, explain, forget, save, load.

A model is fitted on a `Dataset` and answers a `Query`. It keeps item numbers, never ids, and no row per
person unless its method needs one. `Scorer` is the abstract class that all our models share: a model
writes `fit`, `score`, `explain` and its two halves of persistence; ranking and chunking are final here.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors.numpy import load_file, save_file

from isthmus.dataset import Dataset
from isthmus.engine import Progress, Silent
from isthmus.errors import InputError, NotFittedError
from isthmus.numeric import top_k
from isthmus.schema import (
    NO_ITEM,
    Explanations,
    FloatArray,
    Forgotten,
    ItemNums,
    Query,
    Recommendations,
    UserNums,
)

__all__ = ["RNG", "Additive", "Arrays", "Recommender", "Scorer"]

RNG = np.random.Generator | int | None
"""Anything `numpy.random.default_rng` takes (SPEC 7)."""
Arrays = dict[str, NDArray[Any]]

_CHUNK_CELLS = 16_000_000
"""Scores held at once while many people are ranked, 64 MB in float32: fewer would mean more calls."""

S = TypeVar("S")


@runtime_checkable
class Recommender(Protocol):
    """What every model can do."""

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Learn from `dataset`; a second fit starts afresh."""
        ...

    def recommend(self, query: Query, n: int = 10) -> Recommendations:
        """The `n` best candidates of each person, best first."""
        ...

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Shares of the scores of `items` (q, m) per past item."""
        ...

    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Take the people `users` of `dataset` out of the model."""
        ...

    def save(self, folder: Path) -> None:
        """Write `config.json` and arrays into `folder`."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; needs no data."""
        ...


class Additive(Protocol[S]):
    """A model whose data enters as a sum over people, so that parts can be added and people subtracted."""

    def summarise(self, dataset: Dataset) -> S:
        """The sums of `dataset`; S adds and subtracts."""
        ...

    def finish(self, summary: S) -> Self:
        """A fitted model from the sums."""
        ...


class Scorer(ABC):
    """A recommender that gives every candidate a score. Subclasses have a frozen `config` dataclass."""

    name: ClassVar[str]
    config_type: ClassVar[type]
    config: Any
    progress: Progress = Silent()
    """Where a long fit says how far it is."""

    @abstractmethod
    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Learn from `dataset`; a second fit starts afresh."""

    @abstractmethod
    def score(self, query: Query) -> FloatArray:
        """Scores (q, c) of the query's candidates; higher is better, and nothing else is promised.

        A fresh array, which the caller may change; float64, or float32 where a model computes in that.
        """

    @abstractmethod
    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Shares of the scores of `items` (q, m) per past item; they add up to `score`."""

    @abstractmethod
    def _arrays(self) -> Arrays:
        """Everything fitted, as arrays."""

    @abstractmethod
    def _restore(self, arrays: Arrays) -> None:
        """Take back what `_arrays` gave."""

    def forget(self, users: UserNums, dataset: Dataset) -> Forgotten:
        """Fit again without `users`: exact for every model; some know a shorter way.

        `dataset` is the one the model was fitted on; `users` are its user numbers.
        """
        self.fit(dataset.without_users(users))
        return Forgotten(len(np.unique(users)), exact=True, how="refitted")

    @final
    def recommend(self, query: Query, n: int = 10) -> Recommendations:
        """The `n` best candidates of each person, best first; ties go to the smaller item number."""
        if n < 1:
            raise InputError(f"a list needs a length of at least 1, not {n}", field="n")
        item_nums = np.full((len(query), n), NO_ITEM, dtype=np.int64)  # (q, n)
        scores = np.full((len(query), n), -np.inf)  # (q, n)
        for start, stop in _chunks(len(query), len(query.candidates)):
            part = query.rows(start, stop)
            allowed = _without_excluded(self._score_parts(part), part)
            best, best_scores = top_k(allowed, n)
            found = best_scores > -np.inf
            item_nums[start:stop, : best.shape[1]] = np.where(found, query.candidates[best], NO_ITEM)
            scores[start:stop, : best.shape[1]] = best_scores
        return Recommendations(item_nums, scores)

    def _score_parts(self, query: Query) -> FloatArray:
        """`score`, leaning to the device that asks, if one does."""
        (weight, first), *rest = query.parts()
        scores = weight * self.score(first) if rest else self.score(first)
        for weight, part in rest:
            scores += weight * self.score(part)
        return scores

    def remarks(self, platforms: Sequence[str]) -> tuple[str, ...]:
        """What one should know of the fit, in sentences; `platforms` are the names behind the numbers."""
        return ()

    @final
    def save(self, folder: Path) -> None:
        """Write `config.json` and `arrays.safetensors` into `folder`, which is made if absent."""
        arrays = {name: np.ascontiguousarray(array) for name, array in self._arrays().items()}
        about = {"model": self.name, "config": asdict(self.config)}
        folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays, folder / "arrays.safetensors")
        (folder / "config.json").write_text(
            json.dumps(about, indent=2), encoding="utf-8"
        )  # last: it is whole

    @final
    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; needs no data and runs no code from the files."""
        about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if about["model"] != cls.name:
            raise InputError(f"holds a {about['model']}, not a {cls.name}", file=str(folder / "config.json"))
        model = cls.__new__(cls)
        model.config = TypeAdapter(cls.config_type).validate_python(about["config"])
        model._restore(load_file(folder / "arrays.safetensors"))
        return model

    def _fitted(self, attribute: str) -> None:
        if getattr(self, attribute, None) is None:
            raise NotFittedError(f"{self.name} has not been fitted.", "Call fit(dataset) first.")


def _chunks(n_rows: int, n_columns: int) -> Iterator[tuple[int, int]]:
    step = max(1, _CHUNK_CELLS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield start, min(start + step, n_rows)


def _without_excluded(scores: FloatArray, query: Query) -> FloatArray:
    """The scores with -inf where an item must not be shown, in place where they are an array of their own."""
    scores = np.require(scores, requirements=["OWNDATA", "WRITEABLE"])
    for mask in query.barred():
        part = mask[:, query.candidates].tocoo()
        scores[part.row[part.data != 0], part.col[part.data != 0]] = -np.inf
    return scores
