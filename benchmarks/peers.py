"""Methods of other libraries, to stand beside ours in a contest; none is needed to run the benchmarks.

`implicit`: ALS (hu-2008), BPR (rendle-2009) and item neighbours by BM25; `cornac`: EASE (steck-2019) and
VAECF (Liang and others, 2018), which needs torch; `lenskit`: EASE, item neighbours and ALS. Each learns from
the rows of the target alone, or from those of all platforms side by side.
"""

import os
from abc import ABC, abstractmethod
from collections import OrderedDict
from importlib import import_module
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from contest import Contender, Settings
from isthmus.dataset import Dataset
from isthmus.evaluation import Cases
from isthmus.numeric import top_k
from isthmus.schema import NO_ITEM, FloatArray, IntArray, ItemNums, Query, Recommendations, UserNums


class Implicit:
    """A model of `implicit` under our contract: fitted on all items or those of one platform."""

    def __init__(self, model: Any, platform: str | None) -> None:
        self._model, self._platform = model, platform

    def fit(self, dataset: Dataset, *, rng: Any = None) -> Self:
        """Fit on binary interactions; `rng` was given to the model when it was made."""
        self._items: IntArray = (
            np.arange(dataset.n_items)
            if self._platform is None
            else np.flatnonzero(dataset.item_platform == dataset.platform_num(self._platform))
        )
        self._model.fit(self._binary(dataset.interactions), show_progress=False)
        return self

    def recommend(self, query: Query, n: int = 10) -> Recommendations:
        """Lists for the histories of the query, as for people who were not there when it was fitted."""
        history = self._binary(query.history)
        candidates = np.flatnonzero(np.isin(self._items, query.candidates))
        found, scores = self._model.recommend(
            np.arange(len(query)), history, N=n, filter_already_liked_items=True, items=candidates,
            recalculate_user=True,
        )  # fmt: skip
        # Where too few candidates are left, the library fills up with items of score -max.
        real = (found >= 0) & (scores > np.finfo(np.float32).min)
        nums: ItemNums = np.where(real, self._items[np.maximum(found, 0)], NO_ITEM)
        return Recommendations(nums, np.where(real, scores, -np.inf).astype(np.float64))

    def _binary(self, matrix: Any) -> Any:
        part = csr_matrix(matrix[:, self._items], dtype=np.float32)
        part.data[:] = 1.0
        return part


def implicit_contenders(target: str) -> list[Contender]:
    """ALS and BM25 neighbours with six configurations each; ImportError names the command to install."""
    try:
        import implicit  # noqa: F401
    except ImportError as error:
        raise ImportError("the peer is not installed: pip install implicit") from error
    als = [
        {"factors": factors, "regularization": reg, "alpha": alpha}
        for factors in (64, 256)
        for reg, alpha in ((0.01, 1.0), (1.0, 5.0), (10.0, 20.0))
    ]
    bm25 = [{"K": k, "B": b} for k in (100, 500) for b in (0.2, 0.5, 0.8)]
    return [
        Contender("implicit ALS, target alone", lambda chosen: Implicit(_als(chosen), target), als),
        Contender("implicit ALS, joint", lambda chosen: Implicit(_als(chosen), None), als),
        Contender("implicit BM25, target alone", lambda chosen: Implicit(_bm25(chosen), target), bm25),
    ]


def _als(chosen: Settings) -> Any:
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares(iterations=15, random_state=0, **chosen)


def _bm25(chosen: Settings) -> Any:
    from implicit.nearest_neighbours import BM25Recommender

    return BM25Recommender(**chosen)


class Peer(ABC):
    """A model of another library, fitted on the rows of one platform or of all.

    It is asked about people whose rows it was fitted on, as those libraries are used.
    People without any such row, and items that a method gives no score, are served by popularity: below all
    that has a score, most popular first.
    """

    def __init__(self, settings: Settings, platform: str | None) -> None:
        self._settings, self._platform = settings, platform

    def fit(self, dataset: Dataset, seed: int) -> Self:
        """Fit on ones where people touched items, without items and people that have none."""
        self._train = csr_matrix(dataset.interactions, dtype=np.float32)
        self._train.data[:] = 1.0
        self._items = learnt_items(dataset, self._platform)
        part = self._train[:, self._items]
        self._people = np.flatnonzero(np.diff(part.indptr))
        self._rows = csr_matrix(part[self._people])
        self._learn(self._rows, seed)
        return self

    def lists(self, cases: Cases, candidates: ItemNums, n: int = 10) -> ItemNums:
        """(q, n): lists for the people of `cases`, without what they have."""
        liked = self._train[:, candidates].sum(axis=0).A1.astype(np.float64)
        scores = np.tile(liked / (1.0 + liked.max()) - 1e6, (len(cases), 1))  # below any score
        place = np.searchsorted(self._people, cases.users)
        known = np.flatnonzero(np.isin(cases.users, self._people))
        if len(known):
            _, here, there = np.intersect1d(candidates, self._items, return_indices=True)
            found = np.full((len(known), len(candidates)), np.nan)
            found[:, here] = self._score(place[known])[:, there]
            scores[known] = np.where(np.isfinite(found), found, scores[known])
        seen = self._train[cases.users][:, candidates].tocoo()
        scores[seen.row, seen.col] = -np.inf
        return np.asarray(candidates[top_k(scores, n)[0]])

    @abstractmethod
    def _learn(self, rows: csr_matrix, seed: int) -> None:
        """Fit on ones at (people, items)."""

    @abstractmethod
    def _score(self, people: UserNums) -> FloatArray:
        """(q, items) of the rows `people` of what was fitted; NaN where there is no score."""


def learnt_items(dataset: Dataset, platform: str | None) -> ItemNums:
    """Items that anybody touched, of one platform or of all, ascending."""
    touched = np.bincount(dataset.interactions.indices, minlength=dataset.n_items) > 0
    if platform is not None:
        touched &= dataset.item_platform == dataset.platform_num(platform)
    return np.flatnonzero(touched)


class ImplicitALS(Peer):
    """`implicit.als`."""

    def _learn(self, rows: csr_matrix, seed: int) -> None:
        from implicit.cpu.als import AlternatingLeastSquares

        self._model = AlternatingLeastSquares(**self._settings, num_threads=_threads(), random_state=seed)
        self._model.fit(rows, show_progress=False)

    def _score(self, people: UserNums) -> FloatArray:
        return np.asarray(self._model.user_factors[people] @ self._model.item_factors.T)


class ImplicitBPR(ImplicitALS):
    """`implicit.bpr`; its scores are products too."""

    def _learn(self, rows: csr_matrix, seed: int) -> None:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        self._model = BayesianPersonalizedRanking(**self._settings, num_threads=_threads(), random_state=seed)
        self._model.fit(rows, show_progress=False)


class CornacEASE(Peer):
    """`cornac.models.EASE`; its `score` for many people at once."""

    def _learn(self, rows: csr_matrix, seed: int) -> None:
        from cornac.models import EASE

        self._model = EASE(**self._settings, verbose=False, seed=seed).fit(_cornac_data(rows, seed))

    def _score(self, people: UserNums) -> FloatArray:
        return np.asarray(self._model.U[people] @ self._model.B)


class CornacVAECF(Peer):
    """`cornac.models.VAECF`; its `score` for many people at once."""

    def _learn(self, rows: csr_matrix, seed: int) -> None:
        import torch
        from cornac.models import VAECF

        torch.set_num_threads(_threads())
        self._model = VAECF(**self._settings, seed=seed).fit(_cornac_data(rows, seed))

    def _score(self, people: UserNums) -> FloatArray:
        import torch

        with torch.no_grad():
            place, _ = self._model.vae.encode(torch.from_numpy(self._rows[people].toarray()))
            found: FloatArray = self._model.vae.decode(place).numpy().astype(np.float64)
        return found


class LensKit(Peer):
    """A scorer of `lenskit` by its place, such as "lenskit.knn:EASEScorer"; asked person by person."""

    def __init__(self, scorer: str, settings: Settings, platform: str | None) -> None:
        super().__init__(settings, platform)
        self._scorer = scorer

    def _learn(self, rows: csr_matrix, seed: int) -> None:
        import pandas
        from lenskit.data import ItemList, from_interactions_df
        from lenskit.training import TrainingOptions

        pairs = rows.tocoo()
        data = from_interactions_df(
            pandas.DataFrame({"user_id": pairs.row, "item_id": pairs.col}), items=np.arange(rows.shape[1])
        )
        module, _, name = self._scorer.partition(":")
        self._model = getattr(import_module(module), name)(**self._settings)
        self._model.train(data, TrainingOptions(rng=seed))
        self._every = ItemList(item_ids=np.arange(rows.shape[1]))

    def _score(self, people: UserNums) -> FloatArray:
        from lenskit.data import ItemList, RecQuery

        found = []
        for person in people:
            past = ItemList(item_ids=self._rows[person].indices)
            answer = self._model(RecQuery(user_id=person, user_items=past), self._every)
            found.append(answer.scores("numpy").astype(np.float64))
        return np.stack(found)


def _cornac_data(rows: csr_matrix, seed: int) -> Any:
    from cornac.data import Dataset as CornacData

    pairs = rows.tocoo()
    uids, iids = (OrderedDict((number, number) for number in range(n)) for n in rows.shape)
    return CornacData(*rows.shape, uids, iids, (pairs.row, pairs.col, pairs.data.astype(float)), seed=seed)


def _threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS") or 0)  # 0: as many as there are cores
