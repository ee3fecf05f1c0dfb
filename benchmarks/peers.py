"""Methods of other libraries, to stand beside ours in a contest; none is needed to run the benchmarks.

`implicit` (pip install implicit): ALS (hu-2008) and item neighbours by BM25, each on the target's rows alone
and, for ALS, on all platforms side by side.
"""

from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from contest import Contender, Settings
from isthmus.dataset import Dataset
from isthmus.schema import NO_ITEM, IntArray, ItemNums, Query, Recommendations


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
