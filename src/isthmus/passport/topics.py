"""Topics and keywords: what is liked and disliked, how long it lasts, and no title by accident."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import ItemFeatures
from isthmus.passport.document import Interest, Keyword
from isthmus.passport.subjects import Subjects
from isthmus.ranking import OTHER, Interests, interests
from isthmus.ranking import Interest as Found
from isthmus.schema import NO_TIME, FloatArray, IntArray

__all__ = ["History", "Shelf", "find_keywords", "find_topics", "nearest_topic"]

N_TOPICS, N_KEYWORDS = 16, 32
_SPARE = 24
"""Keywords asked for beyond that, since titles among them are left out."""
_SHORTEST_DAYS = 30.0
"""No interest fades faster: a list of yesterday says nothing of how long it lasts."""


@dataclass(frozen=True)
class Shelf:
    """The items of a workspace, in item order."""

    features: ItemFeatures
    item_platform: IntArray
    platforms: Sequence[str]
    item_ids: NDArray[Any]
    """(n_items,) str, as their platform knows them."""
    languages: NDArray[Any]
    """(n_items,) str; "" where it is not known."""


@dataclass(frozen=True)
class History:
    """What one person did."""

    person: str
    """Tells them apart from others; enters nothing but the chance of the noise."""
    liked: csr_array
    """(1, n_items): positive weights."""
    times: IntArray
    """(nnz,): when, in seconds since 1970; NO_TIME where unknown."""
    disliked: csr_array
    """(1, n_items): non-zero where the person said no."""


@dataclass(frozen=True)
class _Told:
    """A topic or keyword on its way: parts of liked and disliked, and the items that speak for it."""

    name: str
    liked: float
    disliked: float
    platforms: Mapping[str, float]
    past_items: tuple[int, ...]


def find_topics(history: History, shelf: Shelf, subjects: Subjects) -> tuple[list[Interest], list[set[int]]]:
    """Topics, heaviest first, and for each the items that speak for it most.

    A topic that could only be named by a title is named by the nearest public subject.
    """

    def name(one: Found) -> str:
        if not _is_title(one.name, one.past_items, shelf):
            return one.name
        heart = subjects.place(shelf.features.vectors[one.past_items]).sum(axis=0)
        return subjects.texts[int(np.argmax(subjects.vectors @ heart))] if heart.any() else OTHER

    told = _merged(history, shelf, lambda found: found.topics, name)
    kept = [one for one in told if one.name != OTHER][:N_TOPICS]
    return [Interest(**fields) for fields in _fields(kept, history)], [set(one.past_items) for one in kept]


def find_keywords(
    history: History, shelf: Shelf, *, with_titles: bool
) -> tuple[list[Interest], list[set[int]]]:
    """Keywords, heaviest first, and for each the items that speak for it most.

    Titles of what the person touched are left out unless `with_titles`: they would be a list of items.
    """

    def name(one: Found) -> str:
        hidden = not with_titles and _is_title(one.name, history.liked.indices, shelf)
        return OTHER if hidden else one.name

    told = _merged(history, shelf, lambda found: found.keywords, name)
    kept = [one for one in told if one.name != OTHER][:N_KEYWORDS]
    return [Interest(**fields) for fields in _fields(kept, history)], [set(one.past_items) for one in kept]


def nearest_topic(
    name: str, spoken: set[int], topics: Sequence[Interest], speakers: Sequence[set[int]], cosines: FloatArray
) -> str | None:
    """The topic that shares most items with a keyword; without any, the one whose name is nearest to it."""
    if not topics:
        return None
    shared = [len(spoken & items) for items in speakers]
    best = int(np.argmax(shared)) if max(shared) else int(np.argmax(cosines))
    return topics[best].name


def keyword_of(found: Interest, topic: str | None) -> Keyword:
    """The same with its topic."""
    return Keyword(**found.model_dump(), topic=topic)


def _merged(
    history: History,
    shelf: Shelf,
    part: Callable[[Interests], Sequence[Found]],
    name_of: Callable[[Found], str],
) -> list[_Told]:
    """Both signs of everything, the heaviest first; names that became equal are one."""
    n_liked, n_disliked = history.liked.nnz, history.disliked.nnz
    merged: dict[str, _Told] = {}
    for matrix, count, sign in ((history.liked, n_liked, 1), (history.disliked, n_disliked, -1)):
        if not count:
            continue
        share = count / (n_liked + n_disliked)
        found = interests(
            matrix, shelf.features, shelf.item_platform, shelf.platforms,
            n_topics=N_TOPICS, n_keywords=N_KEYWORDS + _SPARE,
        )  # fmt: skip
        for one in part(found):
            name, weight = name_of(one)[:500], one.weight * share
            old = merged.get(name, _Told(name, 0.0, 0.0, {}, ()))
            merged[name] = _Told(
                name,
                old.liked + weight * (sign > 0),
                old.disliked + weight * (sign < 0),
                old.platforms or dict(one.platforms),
                (*old.past_items, *one.past_items.tolist()),
            )
    return sorted(merged.values(), key=lambda one: -(one.liked + one.disliked))


def _fields(told: Sequence[_Told], history: History) -> list[dict[str, Any]]:
    total = max(sum(one.liked + one.disliked for one in told), 1e-300)
    return [
        {
            "name": one.name,
            "weight": round((one.liked + one.disliked) / total, 6),
            "valence": round((one.liked - one.disliked) / (one.liked + one.disliked), 3),
            "half_life_days": _half_life(one, history),
            "platforms": {name: round(part, 6) for name, part in one.platforms.items()},
        }
        for one in told
    ]


def _half_life(one: _Told, history: History) -> float | None:
    """The median age of what speaks for it, counted from the person's newest event: half of it is older."""
    known = history.times[history.times != NO_TIME]
    mine = history.times[np.isin(history.liked.indices, one.past_items)]
    mine = mine[mine != NO_TIME]
    if len(mine) == 0:
        return None
    days = float(np.median(known.max() - mine)) / 86_400
    return round(max(days, _SHORTEST_DAYS), 1)


def _is_title(name: str, items: NDArray[Any], shelf: Shelf) -> bool:
    return name.casefold() in {str(title).casefold() for title in shelf.features.titles[items]}


def day_of(seconds: int) -> datetime:
    """The day, and no more of a time than that."""
    return datetime.fromtimestamp(seconds - seconds % 86_400, UTC)
