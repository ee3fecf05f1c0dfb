"""Who stands beside Bridge in peers_compare.py: how each is made, and which settings it may choose from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

from contest import Settings
from isthmus.dataset import Dataset
from isthmus.evaluation import Cases, Split
from isthmus.models import load_model
from isthmus.schema import ItemNums
from peers import CornacEASE, CornacVAECF, ImplicitALS, ImplicitBPR, LensKit, learnt_items

_MOST_DENSE = 12_000
"""Beyond this number of items a dense matrix of items by items is not made here: 1.2 GB, and some of them."""
_MOST_WIDE = 20_000
"""Beyond this number of items a network as wide as they are takes hours on one core."""


class Model(Protocol):
    """All that is asked of a method."""

    def fit(self, dataset: Dataset, seed: int) -> Self: ...

    def lists(self, cases: Cases, candidates: ItemNums, n: int = 10) -> ItemNums: ...


@dataclass(frozen=True)
class Method:
    """A method by its name in the tables."""

    name: str
    rows: str
    """Which rows it learns from, in words."""
    make: Callable[[Settings, Split], Model]
    settings: Sequence[Settings]
    """What may be chosen; the first are the library's or our defaults where they are not plainly worse."""
    packages: tuple[str, ...] = ()
    """What must be installed for it; none for ours."""
    neural: bool = False
    most_items: int | None = None

    def too_large(self, split: Split) -> str:
        """Why it is not run on `split`; empty where it is."""
        n_items = len(learnt_items(split.train, split.target if self.rows == "target" else None))
        large = self.most_items is not None and n_items > self.most_items
        return f"not run: {n_items:,} items are too many" if large else ""


class Ours:
    """One of ours, asked with the histories of the split."""

    def __init__(self, name: str, settings: Settings, split: Split) -> None:
        self._model, self._split = load_model(name, settings), split

    def fit(self, dataset: Dataset, seed: int) -> Self:
        """As it is."""
        self._model.fit(dataset, rng=seed)
        return self

    def lists(self, cases: Cases, candidates: ItemNums, n: int = 10) -> ItemNums:
        """Lists for the people of `cases`."""
        query = cases.query(self._split.train, self._split.target)
        return self._model.recommend(query, n).item_nums


def _ours(name: str, **fixed: Any) -> Callable[[Settings, Split], Model]:
    return lambda chosen, split: Ours(name, {**fixed, **chosen}, split)


def _bridge(chosen: Settings, split: Split) -> Model:
    return Ours("bridge", {**chosen, "target": split.target}, split)


def _both(
    name: str,
    make: Callable[..., Model],
    settings: Sequence[Settings],
    packages: tuple[str, ...],
    **more: Any,
) -> list[Method]:
    """A peer on the target's rows, and on those of both platforms."""
    return [
        Method(f"{name}, {rows}", rows, partial(_made, make, alone), settings, packages, **more)
        for rows, alone in (("target", True), ("merged", False))
    ]


def _made(make: Callable[..., Model], alone: bool, chosen: Settings, split: Split) -> Model:
    return make(chosen, split.target if alone else None)


_REGS = [{"reg": reg} for reg in (100.0, 200.0, 400.0)]
_LENSKIT = ("lenskit",)

METHODS: tuple[Method, ...] = (
    Method("popularity", "target", _ours("popularity"), [{}]),
    Method("EASE (ours), target", "target", _ours("ease", scope="platform"), _REGS),
    Method("EASE (ours), merged", "merged", _ours("ease", scope="joint"), _REGS),
    *_both(
        "implicit ALS",
        ImplicitALS,
        [
            {"factors": 100, "regularization": 0.01, "alpha": 1.0},
            {"factors": 256, "regularization": 1.0, "alpha": 5.0},
            {"factors": 64, "regularization": 10.0, "alpha": 20.0},
        ],
        ("implicit",),
    ),
    *_both(
        "implicit BPR",
        ImplicitBPR,
        [
            {"factors": 100, "learning_rate": 0.01, "iterations": 100},
            {"factors": 100, "learning_rate": 0.05, "iterations": 100},
            {"factors": 100, "learning_rate": 0.05, "iterations": 300},
        ],
        ("implicit",),
    ),
    *_both(
        "LensKit EASE",
        partial(LensKit, "lenskit.knn:EASEScorer"),
        [{"regularization": reg} for reg in (100.0, 200.0, 400.0)],
        _LENSKIT,
        most_items=_MOST_DENSE,
    ),
    *_both(
        "LensKit ItemKNN",
        partial(LensKit, "lenskit.knn:ItemKNNScorer"),
        [{"feedback": "implicit", "max_nbrs": k} for k in (20, 100, 500)],
        _LENSKIT,
    ),
    *_both(
        "LensKit ImplicitMF",
        partial(LensKit, "lenskit.als:ImplicitMFScorer"),
        [
            {"embedding_size": 50},
            {"embedding_size": 256, "weight": 5.0, "regularization": 1.0},
            {"embedding_size": 64, "weight": 20.0, "regularization": 10.0},
        ],
        _LENSKIT,
    ),
    *_both(
        "Cornac EASE",
        CornacEASE,
        [{"lamb": 500}, {"lamb": 200, "posB": False}, {"lamb": 100, "posB": False}],
        ("cornac",),
        most_items=_MOST_DENSE,
    ),
    *_both(
        "Cornac VAECF",
        CornacVAECF,
        [
            {"k": 10, "autoencoder_structure": [20]},
            {"k": 64, "autoencoder_structure": [128], "beta": 0.2, "n_epochs": 20},
            {"k": 64, "autoencoder_structure": [128], "beta": 0.2, "n_epochs": 40},
        ],
        ("cornac", "torch"),
        neural=True,
        most_items=_MOST_WIDE,
    ),
    Method("Bridge", "merged", _bridge, _REGS),
)
"""Bridge stands last."""
