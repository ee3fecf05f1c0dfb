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
_SHORT_TITLE, _SHORT_CJK_TITLE = 24, 12
"""Characters up to which a title is a keyword as a whole."""
_PAST_ITEMS = 5
_WORD = re.compile(r"\w+")
_APOSTROPHE = re.compile(r"['’`´]")
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
class _Past:
    """A history: `items` (h,), their `weights` (h,) adding up to one, their `platforms` (h,) by name.

    `usual` (n_items,) are the weights it would have if it were spread evenly over the items of each platform.
    """

    items: ItemNums
    weights: FloatArray
    platforms: list[str]
    usual: FloatArray

    @classmethod
    def of(cls, history: csr_array, item_platform: IntArray, platforms: Sequence[str]) -> "_Past":
        items = history.indices.astype(np.int64)
        weights = history.data / max(float(history.data.sum()), 1e-300)
        per_platform = np.bincount(item_platform[items], weights, len(platforms))
        n_items = np.bincount(item_platform, minlength=len(platforms))
        usual = (per_platform / np.maximum(n_items, 1))[item_platform]
        return cls(items, weights, [platforms[number] for number in item_platform[items]], usual)


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

    Topics are the categories and tags of past items; an item that has many gives most of its weight to those
    that set the person apart. Items without any join the topic their text is closest to, or make one, named
    by the heaviest of them. Keywords are creators, short titles, and words of titles, by weighted frequency
    times the log of how much more frequent they are than in the catalogue (tf-idf for one person). Words that
    a single title holds come last, and of Chinese and Japanese, which does not mark words, only titles count.
    Raises InputError for more than one row.
    """
    if history.shape[0] != 1:
        raise InputError(f"interests are of one person, not of {history.shape[0]}")
    if history.nnz == 0:
        return Interests((), ())
    past = _Past.of(history, item_platform, platforms)
    topics = _fold_small(_topics(features, past), past.weights, n_topics)
    return Interests(_described(topics, past), _described(_keywords(features, past, n_keywords), past))


def _topics(features: ItemFeatures, past: _Past) -> _Named:
    """Rows add up to one: every past item is shared out whole."""
    names, matrix, strength = _distinctive(_categories_and_tags(features), past)
    shares = csr_array(matrix.multiply(strength + 1e-9))
    total = np.asarray(shares.sum(axis=1))
    shares = csr_array(shares.multiply(1 / np.where(total > 0, total, 1.0)[:, None]))
    return _add_clusters(_Named(names, shares), features, past)


def _add_clusters(topics: _Named, features: ItemFeatures, past: _Past) -> _Named:
    """Items without a category, heaviest first: each joins the nearest topic or opens one of its own."""
    homeless = np.flatnonzero(np.diff(topics.matrix.indptr) == 0)
    background = background_vectors(features)
    bodies = features.vectors[past.items].astype(np.float64)
    if len(background):
        bodies = unit_rows(bodies - background.mean(axis=0)) * features.has_text[past.items][:, None]
    hearts = list(unit_rows(csr_array(topics.matrix.multiply(past.weights[:, None])).T @ bodies))
    names, rows, columns = list(topics.names), [], []
    for item in homeless[np.argsort(-past.weights[homeless], kind="stable")]:
        closeness = np.array(hearts) @ bodies[item] if hearts else np.zeros(0)
        if not bodies[item].any():
            name = OTHER
        elif len(closeness) and closeness.max() >= _CLOSE:
            name = names[int(closeness.argmax())]
        else:
            name = str(features.titles[past.items[item]])
        if name not in names:
            names.append(name)
            hearts.append(bodies[item])
        rows.append(int(item))
        columns.append(names.index(name))
    joined = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(past.items), len(names)))
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


def _keywords(features: ItemFeatures, past: _Past, n_keywords: int) -> _Named:
    sources = [
        _title_words(features, past),
        _distinctive(features.creators, past),
        _distinctive(_short_titles(features, past), past),
    ]
    names = [name.replace("_", " ") for source in sources for name in source[0]]
    matrix = csr_array(hstack([source[1] for source in sources]))
    strength = np.concatenate([source[2] for source in sources])
    chosen = _without_repeats(names, strength, n_keywords)
    share = past.weights @ matrix[:, chosen]
    kept = csr_array(
        matrix[:, chosen].multiply(strength[chosen] / share / max(strength[chosen].sum(), 1e-300))
    )
    return _Named([names[place] for place in chosen], kept)


def _distinctive(tags: Tags, past: _Past) -> tuple[list[str], csr_array, FloatArray]:
    """Names of past items, (h, names) ones, and p ln(p / q).

    p is the part of the person's weight that bears a name, q what it would be with other items of the same
    platforms: who only reads is not set apart by "book".
    """
    mine = tags.matrix[past.items]
    share = past.weights @ mine
    used = np.flatnonzero(share > 0)
    usual = past.usual @ tags.matrix[:, used]
    strength = share[used] * np.maximum(np.log(share[used] / usual), 0.0)
    return [str(name) for name in tags.names[used]], csr_array(mine[:, used]), strength


def _categories_and_tags(features: ItemFeatures) -> Tags:
    """Both as one; a name that is a category and a tag is one name."""
    both = np.concatenate([features.categories.names, features.tags.names])
    names, number = np.unique(both, return_inverse=True)
    pairs = hstack([features.categories.matrix, features.tags.matrix]).tocoo()
    matrix = csr_array(
        (np.ones(pairs.nnz), (pairs.row, number[pairs.col])), shape=(pairs.shape[0], len(names))
    )
    matrix.data[:] = 1.0
    return Tags(matrix, names)


def _title_words(features: ItemFeatures, past: _Past) -> tuple[list[str], csr_array, FloatArray]:
    """Readable words only, those of a single past item at half their strength."""
    names, matrix, strength = _distinctive(features.words, past)
    readable = np.array(
        [len(name) > 2 and not name.isdigit() and not _CJK.search(name) for name in names], dtype=bool
    )
    bearers = np.bincount(matrix.indices, minlength=len(names))
    strength = np.where(bearers > 1, strength, strength / 2)[readable]
    return [name for name, keep in zip(names, readable, strict=True) if keep], matrix[:, readable], strength


def _short(title: str) -> int:
    return _SHORT_CJK_TITLE if _CJK.search(title) else _SHORT_TITLE


def _short_titles(features: ItemFeatures, past: _Past) -> Tags:
    """The titles of past items that are short enough to be a keyword."""
    names = sorted({title for title in features.titles[past.items] if len(title) <= _short(title)})
    number = {name: column for column, name in enumerate(names)}
    rows = [row for row, title in enumerate(features.titles) if title in number]
    columns = [number[features.titles[row]] for row in rows]
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(features.titles), len(names)))
    return Tags(matrix, np.array(names, dtype=object))


def _without_repeats(names: list[str], strength: FloatArray, n: int) -> list[int]:
    """The strongest, longer ones first among equals, none that shares a word with one before it."""
    order = sorted(
        range(len(names)),
        key=lambda place: (-round(float(strength[place]), 9), -len(names[place]), names[place]),
    )
    chosen: list[int] = []
    spoken: set[str] = set()
    for place in order:
        words = set(_WORD.findall(_APOSTROPHE.sub("", names[place].lower())))
        if strength[place] > 0 and not words & spoken:
            chosen.append(place)
            spoken |= words
        if len(chosen) == n:
            break
    return chosen


def _described(named: _Named, past: _Past) -> tuple[Interest, ...]:
    found = []
    for column, name in enumerate(named.names):
        held = past.weights * named.matrix[:, [column]].toarray().ravel()
        heaviest = np.argsort(-held, kind="stable")
        speakers = past.items[heaviest[held[heaviest] > 0][:_PAST_ITEMS]]
        found.append(Interest(name, float(held.sum()), _per_platform(held, past.platforms), speakers))
    return tuple(sorted(found, key=lambda interest: (interest.name == OTHER, -interest.weight)))


def _per_platform(held: FloatArray, platforms: list[str]) -> dict[str, float]:
    names = list(dict.fromkeys(platforms))
    parts = np.bincount([names.index(name) for name in platforms], held, len(names)) / held.sum()
    order = [number for number in np.argsort(-parts, kind="stable") if parts[number] > 0]
    return {names[number]: float(parts[number]) for number in order}
