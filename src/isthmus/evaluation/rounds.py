"""One split at work: models are fitted on what they may see and make lists for everybody asked about."""

import time
from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.evaluation.metrics import Lists
from isthmus.evaluation.results import Timing, WhichTwins
from isthmus.evaluation.split import Cases, Split
from isthmus.evaluation.twins import Twins, without_twins
from isthmus.models.base import Recommender
from isthmus.schema import IntArray, ItemNums

__all__ = ["Round", "ask", "join_users"]


class Round:
    """One split, what people are asked for with and without twins, and the lists of every model so far."""

    def __init__(self, split: Split, asked: Mapping[WhichTwins, Cases]) -> None:
        self.split = split
        self.asked = asked
        self.lists: dict[str, ItemNums] = {}
        self.timings: list[Timing] = []
        counts = np.bincount(split.train.interactions.indices, minlength=split.train.n_items)
        people = [max(1, np.count_nonzero(split.train.counts(name))) for name in split.train.platforms]
        self.popularity = np.maximum(counts, 1) / np.array(people)[split.train.item_platform]

    def run(self, name: str, model: Recommender, n: int) -> None:
        """Fit a copy of `model` and let it make a list of `n` for everybody who is asked about."""
        started = time.perf_counter()
        # A second fit starts afresh (the contract), so a shallow copy leaves the caller's model as it was.
        fitted = copy(model).fit(self.split.train, rng=self.split.seed)
        between = time.perf_counter()
        query = self.split.test.query(self.split.train, self.split.target)
        self.lists[name] = fitted.recommend(query, n).item_nums
        ended = time.perf_counter()
        self.timings.append(
            Timing(name, self.split.seed, between - started, ended - between, len(self.split.test))
        )

    def judged(self, name: str, twins: WhichTwins, rows: NDArray[Any] | slice = slice(None)) -> Lists:
        """The lists of one model for some of the cases, with what they are judged by."""
        return Lists(
            item_nums=self.lists[name][rows],
            truth=self.asked[twins].truth[rows],
            n_candidates=len(self.split.test.candidates(self.split.train, self.split.target)),
            popularity=self.popularity,
            vectors=self.split.train.features.vectors,
            categories=self.split.train.features.categories.matrix,
            history=self.asked[twins].history[rows],
        )


def ask(test: Cases, pairs: Twins | None) -> dict[WhichTwins, Cases]:
    """What people are asked for: everything, and, where `pairs` are known, what has no twin in their past."""
    if pairs is None:
        return {"with": test}
    return {"without": without_twins(test, pairs), "with": test}


def join_users(rounds: list[Round]) -> IntArray:
    """(cases,): whose each case is, all rounds one after the other."""
    return np.concatenate([done.split.test.users for done in rounds])
