"""Ranks among a few sampled items, only to stand beside a paper's table that was made so.

Sampled figures are larger than those of full ranking and can put methods in another order (krichene-2020):
whatever comes from here says in its name how many items were sampled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from isthmus.errors import SettingsError
from isthmus.evaluation.split import Split, entries
from isthmus.models.base import Scorer
from isthmus.schema import FloatArray, IntArray, Query, UserNums

__all__ = ["SampledRanks", "rank_among_sampled"]

_CELLS = 4_000_000
"""Scores held at once."""


@dataclass(frozen=True)
class SampledRanks:
    """Where each item to find came among sampled ones. Never to be set beside figures of full ranking."""

    ranks: IntArray
    """(t,): 1 is first; one per person and item to find."""
    users: UserNums
    """(t,): whose."""
    negatives: int
    """How many items were sampled per person; fewer where there were not so many."""
    n_candidates: int
    """How many there were to sample from."""

    @property
    def label(self) -> str:
        """Goes with every figure."""
        return f"among {self.negatives:,} sampled of {self.n_candidates:,}, not full ranking"

    def figures(self, k: int = 10) -> Mapping[str, float]:
        """Means over the items to find, each named with the label: every item is asked for by itself.

        Hit rate at `k`, NDCG at `k` (1 / log2(1 + rank), jarvelin-2002) and MRR at `k` (voorhees-1999).
        """
        found = self.ranks <= k
        values: dict[str, FloatArray] = {
            "hit_rate": found.astype(np.float64),
            "ndcg": found / np.log2(1.0 + self.ranks),
            "mrr": found / self.ranks,
        }
        return {f"{name}@{k} ({self.label})": float(value.mean()) for name, value in values.items()}


def rank_among_sampled(model: Scorer, split: Split, *, negatives: int = 99, seed: int = 0) -> SampledRanks:
    """The rank of each item of the test truth among `negatives` candidates that its person has not touched.

    `model` is fitted on `split.train`. Each row of the test draws its own negatives, without replacement and
    the same for every model; ties are broken by chance. Raises SettingsError for less than one negative.
    """
    if negatives < 1:
        raise SettingsError(f"negatives must be at least 1, not {negatives}.", "Papers use 99 or 999.")
    drawing, tossing = np.random.default_rng(seed).spawn(2)
    query = split.test.query(split.train, split.target)
    ranks = [np.zeros(0, dtype=np.int64)]
    for part, truth in _pieces(query, split.test.truth):
        scores = model.score(part)
        drawn = _draw(scores, part, truth, negatives, drawing)
        ranks.append(_ranks(scores, drawn, part, truth, tossing))
    users = split.test.users[entries(split.test.truth)]
    return SampledRanks(np.concatenate(ranks), users, negatives, len(query.candidates))


def _pieces(query: Query, truth: csr_array) -> Iterator[tuple[Query, csr_array]]:
    step = max(1, _CELLS // max(1, len(query.candidates)))
    for start in range(0, len(query), step):
        stop = min(start + step, len(query))
        yield query.rows(start, stop), csr_array(truth[start:stop])


def _draw(
    scores: FloatArray, query: Query, truth: csr_array, negatives: int, rng: np.random.Generator
) -> FloatArray:
    """(q, n): scores of sampled candidates, neither known of a person nor to find; nan where too few."""
    order = rng.random(scores.shape)
    for taken in (query.history, truth):
        place = csr_array(taken[:, query.candidates])
        order[entries(place), place.indices] = np.inf
    n = min(negatives, scores.shape[1])
    chosen = np.argpartition(order, n - 1, axis=1)[:, :n]
    free = np.isfinite(np.take_along_axis(order, chosen, axis=1))
    return np.where(free, np.take_along_axis(scores, chosen, axis=1), np.nan)


def _ranks(
    scores: FloatArray, drawn: FloatArray, query: Query, truth: csr_array, rng: np.random.Generator
) -> IntArray:
    """(t,): one more than how many of the drawn are better; of those that are as good, a random number is."""
    rows = entries(truth)
    own = scores[rows, np.searchsorted(query.candidates, truth.indices)][:, None]
    better, equal = (drawn[rows] > own).sum(axis=1), (drawn[rows] == own).sum(axis=1)
    return np.asarray(1 + better + rng.integers(0, equal + 1))
