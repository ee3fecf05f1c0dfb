"""From a question to lists: filter, score, diversify or calibrate, give chances and reasons, fall back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.models.base import Recommender
from isthmus.ranking.calibrate import calibrate
from isthmus.ranking.diversify import diversify
from isthmus.ranking.fallback import Fallback, find_fallbacks
from isthmus.ranking.filters import narrow
from isthmus.ranking.interest import probabilities
from isthmus.ranking.leaning import explain_leaning
from isthmus.ranking.reasons import Reason, reasons_of
from isthmus.ranking.same import with_same
from isthmus.schema import FloatArray, IntArray, ItemNums, Query, Recommendations
from isthmus.settings import RankingSettings

__all__ = ["RankedList", "list_probabilities", "rank", "ranked_lists"]


@dataclass(frozen=True)
class RankedList:
    """What one person is shown, best first; shorter than asked for where candidates ran out."""

    item_nums: ItemNums
    """(k,)."""
    scores: FloatArray
    """(k,); they only order, and with diversity or calibration not even that."""
    probabilities: FloatArray
    """(k,): the chance that each of these is the one chosen; adds up to one."""
    reasons: tuple[Reason, ...]
    """One per item; empty where none were asked for."""
    fallback: Fallback | None
    """Why the list shows what is popular instead of what the model found, if it does."""


def rank(
    model: Recommender,
    query: Query,
    n: int = 10,
    *,
    settings: RankingSettings | None = None,
    vectors: NDArray[Any] | None = None,
    topics: csr_array | None = None,
    exclude: ItemNums | Sequence[int] = (),
    only: ItemNums | Sequence[int] | None = None,
) -> Recommendations:
    """The `n` items for each person: filtered, ranked by `model`, diversified or calibrated.

    `only` keeps the candidates to these items (a category: `with_categories`), `exclude` takes these out.
    Diversity in `settings` needs `vectors` (n_items, d), unit rows; calibration needs `topics` (n_items,
    n_topics) of `item_topics`. Raises InputError without, or where both are asked for.
    """
    settings = settings or RankingSettings()
    query = narrow(query, only=only, exclude=exclude)
    if settings.diversity == settings.calibration == 0:
        return model.recommend(query, n)
    if settings.diversity and settings.calibration:
        raise InputError("a list is either diversified or calibrated", "Set one of the two to 0.")
    pool = model.recommend(query, max(n, settings.pool))
    if settings.calibration:
        if topics is None:
            raise InputError("calibration needs the topics of the items", "Give topics=item_topics(...).")
        return calibrate(pool, query.leaning_history, topics, settings.calibration, n)
    if vectors is None:
        raise InputError("diversity compares items by their vectors, and there are none", "Set an encoder.")
    return diversify(pool, vectors, settings.diversity, n)


def ranked_lists(
    model: Recommender,
    query: Query,
    n: int = 10,
    *,
    popular: Recommender,
    item_platform: IntArray,
    settings: RankingSettings | None = None,
    vectors: NDArray[Any] | None = None,
    topics: csr_array | None = None,
    exclude: ItemNums | Sequence[int] = (),
    only: ItemNums | Sequence[int] | None = None,
    explain: bool = True,
    same: csr_array | None = None,
) -> list[RankedList]:
    """`rank`, with chances and reasons; `popular` answers, and the list says why, where `model` cannot.

    `item_platform` (n_items,) tells the platform of each past item. Without `explain` there are no reasons,
    which for many people is most of the work. `same` (n_items, n_items), how likely two items of two
    platforms are one thing, lets reasons say so.
    """
    settings = settings or RankingSettings()
    query = narrow(query, only=only, exclude=exclude)
    found = rank(model, query, n, settings=settings, vectors=vectors, topics=topics)
    fallbacks = find_fallbacks(query, found)
    lost = np.array([fallback is not None for fallback in fallbacks], dtype=bool)
    lists: list[RankedList | None] = [None] * len(query)
    for who, source in ((np.flatnonzero(~lost), model), (np.flatnonzero(lost), popular)):
        if len(who) == 0:
            continue
        asked = query.take(who)
        part = (
            Recommendations(found.item_nums[who], found.scores[who])
            if source is model
            else rank(source, asked, n, settings=settings, vectors=vectors, topics=topics)
        )
        reasons = _explain(source, asked, part.item_nums, item_platform, same) if explain else None
        for place, row in enumerate(who):
            lists[row] = _ranked(part, place, reasons, settings.temperature, fallbacks[row])
    return [ranked for ranked in lists if ranked is not None]


def list_probabilities(scores: FloatArray, temperature: float = 1.0) -> FloatArray:
    """The chance of each item of one list (k,) to be the one chosen.

    Scores of different models lie on different scales, so the interest that multiplies them is 1 over their
    standard deviation: a temperature then means the same for every model. Equal scores have equal chances.
    """
    spread = float(scores.std()) if len(scores) else 0.0
    return probabilities(
        1 / spread if spread > 1e-12 else 0.0, scores - scores.max(initial=-np.inf), temperature
    )


def _explain(
    model: Recommender, query: Query, items: ItemNums, item_platform: IntArray, same: csr_array | None
) -> list[list[Reason]]:
    reasons = reasons_of(explain_leaning(model, query, items), item_platform, query.platform)
    return reasons if same is None else with_same(reasons, items, query.history, same, item_platform)


def _ranked(
    part: Recommendations,
    place: int,
    reasons: list[list[Reason]] | None,
    temperature: float,
    fallback: Fallback | None,
) -> RankedList:
    kept = np.flatnonzero(part.item_nums[place] >= 0)
    scores = part.scores[place, kept]
    why = tuple(reasons[place][position] for position in kept) if reasons is not None else ()
    return RankedList(
        part.item_nums[place, kept], scores, list_probabilities(scores, temperature), why, fallback
    )
