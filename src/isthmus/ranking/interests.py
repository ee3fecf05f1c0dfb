"""What a person is interested in, in words: topics and keywords with the platforms behind them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from isthmus.dataset import ItemFeatures, Tags
from isthmus.errors import InputError
from isthmus.numeric import unit_rows
from isthmus.ranking.interest import background_vectors
from isthmus.schema import FloatArray, IntArray, ItemNums

__all__ = ["OTHER", "Interest", "Interests", "interests"]

OTHER = "other"
"""Name of the topic that gathers what is too small to name or has no text to name it by."""

_CLOSE = 0.35
"""Centred cosine from which an item without a category joins a topic."""
_SHORT_TITLE = 12
"""Characters up to which a Chinese or Japanese title is a keyword as a whole."""
_PAST_ITEMS = 5
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Interest:
    """One topic or keyword of a person."""

    name: str
    weight: float
    """Its part of all topics, or of all keywords given; each adds up to one."""
    platforms: Mapping[str, float]
    """Part of it that comes from each platform, largest first, adding up to one."""
    past_items: ItemNums
    """The items that speak for it, heaviest first, at most five."""


@dataclass(frozen=True)
class Interests:
    """Topics and keywords of one person, heaviest first; both empty where nothing is known."""

    topics: tuple[Interest, ...]
    keywords: tuple[Interest, ...]


@dataclass(frozen=True)
class _Named:
    """Names and how much of each past item's weight they hold: `matrix` (h, names)."""

    names: list[str]
    matrix: csr_array


def interests(
    history: csr_array,
    features: ItemFeatures,
    item_platform: IntArray,
    platforms: Sequence[str],
    *,
    n_topics: int = 8,
    n_keywords: int = 12,
) -> Interests:
    """Topics and keywords of the one row of `history` (1, n_items), with weights in proportion to it.

    Topics are the categories of past items; one that has many gives most of its weight to those that set the
    person apart. Items without a category join the topic their text is closest to, or make one, named by the
    title in its middle. Keywords are creators and words of titles, by weighted frequency times the log of how
    much more frequent they are than in the catalogue (tf-idf for one person); Chinese and Japanese titles,
    whose words are not marked, count as a whole where short. Raises InputError for more than one row.
    """
    if history.shape[0] != 1:
        raise InputError(f"interests are of one person, not of {history.shape[0]}")
    past, weights = history.indices.astype(np.int64), history.data / max(float(history.data.sum()), 1e-300)
    if len(past) == 0:
        return Interests((), ())
    topics = _fold_small(_topics(features, past, weights), weights, n_topics)
    keywords = _keywords(features, past, weights, n_keywords)
    places = [platforms[number] for number in item_platform[past]]
    return Interests(_described(topics, past, weights, places), _described(keywords, past, weights, places))


def _topics(features: ItemFeatures, past: ItemNums, weights: FloatArray) -> _Named:
    """Rows add up to one: every past item is shared out whole."""
    names, matrix, strength = _distinctive(features.categories, past, weights)
    shares = csr_array(matrix.multiply(strength + 1e-9))
    total = np.asarray(shares.sum(axis=1))
    shares = csr_array(shares.multiply(1 / np.where(total > 0, total, 1.0)[:, None]))
    return _add_clusters(_Named(names, shares), features, past, weights)


def _add_clusters(topics: _Named, features: ItemFeatures, past: ItemNums, weights: FloatArray) -> _Named:
    """Items without a category, heaviest first: each joins the nearest topic or opens one of its own."""
    homeless = np.flatnonzero(np.diff(topics.matrix.indptr) == 0)
    background = background_vectors(features)
    bodies = features.vectors[past].astype(np.float64)
    if len(background):
        bodies = unit_rows(bodies - background.mean(axis=0)) * features.has_text[past][:, None]
    hearts = list(unit_rows(csr_array(topics.matrix.multiply(weights[:, None])).T @ bodies))
    names, rows, columns = list(topics.names), [], []
    for item in homeless[np.argsort(-weights[homeless], kind="stable")]:
        closeness = np.array(hearts) @ bodies[item] if hearts else np.zeros(0)
        if not bodies[item].any():
            name = OTHER
        elif len(closeness) and closeness.max() >= _CLOSE:
            name = names[int(closeness.argmax())]
        else:
            name = str(features.titles[past[item]])
        if name not in names:
            names.append(name)
            hearts.append(bodies[item])
        rows.append(int(item))
        columns.append(names.index(name))
    joined = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(past), len(names)))
    widened = csr_array((topics.matrix.data, topics.matrix.indices, topics.matrix.indptr), shape=joined.shape)
    return _Named(names, csr_array(widened + joined))


def _fold_small(topics: _Named, weights: FloatArray, n_topics: int) -> _Named:
    """The heaviest topics; what is left over goes into OTHER."""
    total = weights @ topics.matrix
    order = np.argsort(-total, kind="stable")
    named = [place for place in order if topics.names[place] != OTHER and total[place] > 0]
    rest = [place for place in order if place not in named[:n_topics]]
    kept = topics.matrix[:, named[:n_topics]]
    names = [topics.names[place] for place in named[:n_topics]]
    if total[rest].sum() <= 1e-12:
        return _Named(names, kept)
    other = csr_array(topics.matrix[:, rest].sum(axis=1)[:, None])
    return _Named([*names, OTHER], csr_array(hstack([kept, other])))


def _keywords(features: ItemFeatures, past: ItemNums, weights: FloatArray, n_keywords: int) -> _Named:
    words = _distinctive(features.words, past, weights)
    marked = np.array([_CJK.search(name) is None for name in words[0]], dtype=bool)
    sources = [
        (
            [name for name, keep in zip(words[0], marked, strict=True) if keep],
            words[1][:, marked],
            words[2][marked],
        ),
        _distinctive(features.creators, past, weights),
        _distinctive(_short_titles(features, past), past, weights),
    ]
    names = [name.replace("_", " ") for source in sources for name in source[0]]
    matrix = csr_array(hstack([source[1] for source in sources]))
    strength = np.concatenate([source[2] for source in sources])
    chosen = _without_repeats(names, strength, n_keywords)
    kept = csr_array(
        matrix[:, chosen].multiply(strength[chosen] / np.maximum(weights @ matrix[:, chosen], 1e-300))
    )
    kept.data /= max(float((weights @ kept).sum()), 1e-300)
    return _Named([names[place] for place in chosen], kept)


def _distinctive(tags: Tags, past: ItemNums, weights: FloatArray) -> tuple[list[str], csr_array, FloatArray]:
    """Names of past items, (h, names) ones, and p ln(p / q): p of the person's weight, q of all items."""
    mine = tags.matrix[past]
    share = weights @ mine
    used = np.flatnonzero(share > 0)
    everybody = np.bincount(tags.matrix.indices, minlength=tags.matrix.shape[1])[used] / tags.matrix.shape[0]
    strength = share[used] * np.maximum(np.log(share[used] / everybody), 0.0)
    return [str(name) for name in tags.names[used]], csr_array(mine[:, used]), strength


def _short_titles(features: ItemFeatures, past: ItemNums) -> Tags:
    """The Chinese and Japanese titles among past items that are short enough to be a keyword."""
    titles = features.titles.astype(str)
    mine = np.unique(titles[past])
    names = np.array(
        [title for title in mine if len(title) <= _SHORT_TITLE and _CJK.search(title)], dtype=str
    )
    rows = np.flatnonzero(np.isin(titles, names))
    ones = np.ones(len(rows))
    matrix = csr_array((ones, (rows, np.searchsorted(names, titles[rows]))), shape=(len(titles), len(names)))
    return Tags(matrix, names)


def _without_repeats(names: list[str], strength: FloatArray, n: int) -> list[int]:
    """The strongest, longer ones first among equals, none that shares a word with one before it."""
    order = sorted(
        range(len(names)),
        key=lambda place: (-round(float(strength[place]), 9), -len(names[place]), names[place]),
    )
    chosen: list[int] = []
    spoken: set[str] = set()
    for place in order:
        words = set(names[place].split())
        if strength[place] > 0 and not words & spoken:
            chosen.append(place)
            spoken |= words
        if len(chosen) == n:
            break
    return chosen


def _described(named: _Named, past: ItemNums, weights: FloatArray, places: list[str]) -> tuple[Interest, ...]:
    found = []
    for column, name in enumerate(named.names):
        held = weights * named.matrix[:, [column]].toarray().ravel()
        heaviest = np.argsort(-held, kind="stable")
        speakers = past[heaviest[held[heaviest] > 0][:_PAST_ITEMS]]
        found.append(Interest(name, float(held.sum()), _per_platform(held, places), speakers))
    return tuple(sorted(found, key=lambda interest: (interest.name == OTHER, -interest.weight)))


def _per_platform(held: FloatArray, places: list[str]) -> dict[str, float]:
    names = list(dict.fromkeys(places))
    parts = np.bincount([names.index(place) for place in places], held, len(names)) / held.sum()
    return {
        names[number]: float(parts[number])
        for number in np.argsort(-parts, kind="stable")
        if parts[number] > 0
    }
