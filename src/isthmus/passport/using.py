"""Recommend from a passport alone: to another catalogue, with nobody in common."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from isthmus.dataset import ItemFeatures
from isthmus.encoders import Encoder
from isthmus.errors import PassportError
from isthmus.numeric import top_k, unit_rows
from isthmus.passport.document import Interest, Noise, Passport
from isthmus.passport.subjects import Subjects
from isthmus.schema import FloatArray, IntArray, ItemNums

__all__ = ["Blend", "Parts", "Reader", "Reason", "Suggestions"]

_SHARPNESS = 10.0
"""Of the soft maximum over interests, as in the model `content`."""
_ENOUGH = 200
"""Texts from which on their mean is what is usual on the platform."""
_FEWEST_BEARERS, _LEAST_SPREADS = 20, 5.0
"""Names say no more for a candidate than one would that so many bear: a word found by accident could be worth
hundreds of spreads. In a small catalogue they may say as much as text does."""
_OF_TOPICS = 0.25
"""Share of the topics in all interests; the rest is the keywords', which tell one person from another."""


@dataclass(frozen=True)
class Blend:
    """How much each part of a score counts, per spread of 1; chosen on people of two platforms."""

    vectors: float = 2.0
    """Closeness to exact interest vectors; without any that can be compared, `texts` counts double."""
    texts: float = 0.25
    """Closeness to the topics and keywords as texts."""
    names: float = 1.0
    """Creators, categories and words of titles that topics and keywords name."""
    popularity: float = 8.0
    """Per factor of e in the number of people, so that it is silent where all items have about as many."""
    subjects: float = 1.0
    """Closeness to vectors under noise, times the chance with which each tells the truth."""


@dataclass(frozen=True)
class Parts:
    """The parts of the scores of all candidates, (c,) each; None where the passport holds nothing for it."""

    vectors: FloatArray | None
    texts: FloatArray | None
    names: FloatArray | None
    noise: Noise | None = None
    """What the vectors went through; None: they are exact."""


@dataclass(frozen=True)
class Reason:
    """Why an item is in the list: the interests that speak most for it; none where it is popularity alone."""

    interests: tuple[Interest, ...]
    named: bool
    """Whether the item itself bears their names; otherwise its text is close to them."""

    def sentence(self, platform: str, language: Literal["en", "zh"] = "en") -> str:
        """In plain words."""
        names = [one.name for one in self.interests]
        places = sorted({next(iter(one.platforms), "") for one in self.interests} - {""})
        if language == "zh":
            source = f"（来自 {'、'.join(places)}）" if places else ""
            said = "、".join(f"“{name}”" for name in names)
            return f"因为你对{said}感兴趣{source}。" if names else f"在 {platform} 上很受欢迎。"
        source = f" (from {', '.join(places)})" if places else ""
        because = f"Because of your interest in {' and '.join(names)}{source}."
        return because if names else f"Popular on {platform}."


@dataclass(frozen=True)
class Suggestions:
    """A list, best first: `item_nums` (n,), `scores` (n,), and why each is there."""

    item_nums: ItemNums
    scores: FloatArray
    reasons: tuple[Reason, ...]
    by: Literal["vectors", "texts"]
    """Whether the vectors could be compared, or only the words were read."""


class Reader:
    """One platform, ready to read any number of passports.

    `features` are of all items, `candidates` (c,) those that may be recommended, `popularity` (c,) how many
    people touched each. Raises PassportError for a platform without candidates, EncoderError.
    """

    def __init__(
        self,
        features: ItemFeatures,
        candidates: ItemNums,
        popularity: FloatArray,
        encoder: Encoder,
        *,
        blend: Blend | None = None,
        subjects: Subjects | None = None,
    ) -> None:
        if len(candidates) == 0:
            raise PassportError(
                "cannot be used: the platform has no items to recommend", "isthmus items WS FILES"
            )
        self._candidates, self._encoder = candidates, encoder
        self._blend = blend or Blend()
        self._subjects = subjects or Subjects.encoded(encoder)
        self._texts = self._centred(features.vectors[candidates]).astype(np.float32)
        self._has_text = self._texts.any(axis=1)
        self._popular = np.log1p(popularity.astype(np.float64))
        self._index = _Names(features, candidates)

    def suggest(
        self, passport: Passport, n: int = 10, *, exclude: Sequence[int] = (), now: datetime | None = None
    ) -> Suggestions:
        """The best `n` candidates that are not in `exclude` (item numbers)."""
        now = now or datetime.now(UTC)
        parts = self.parts(passport, now)
        scores = self.blended(parts)
        allowed = np.where(np.isin(self._candidates, np.asarray(exclude, dtype=np.int64)), -np.inf, scores)
        best, reached = top_k(allowed[None], min(n, len(allowed)))
        kept = best[0][np.isfinite(reached[0])]
        return Suggestions(
            self._candidates[kept],
            scores[kept],
            tuple(self._reason(passport, place, now) for place in kept.tolist()),
            "texts" if parts.vectors is None else "vectors",
        )

    def parts(self, passport: Passport, now: datetime | None = None) -> Parts:
        """What speaks for each candidate. Vectors of another encoder or revision are left aside."""
        now = now or datetime.now(UTC)
        spoken, weights = _interests(passport, now)
        liked = [place for place, one in enumerate(spoken) if one.valence > 0]
        texts = None
        if liked:
            # A vector of noise may have a subject in plain text: another encoder reads that too.
            subjects = [] if self._comparable(passport) else [v for v in passport.vectors if v.subject]
            written = [spoken[place].name for place in liked] + [str(v.subject) for v in subjects]
            truth = passport.noise.keep_chance if passport.noise else 1.0
            heavy = np.concatenate([weights[liked], [truth * v.weight for v in subjects]])
            texts = self._closeness(self._subjects.place(self._encoder.encode(written)), heavy)
        names = self._index.score(spoken, weights) if spoken else None
        return Parts(self.vectors_part(passport), texts, names, passport.noise)

    def vectors_part(self, passport: Passport) -> FloatArray | None:
        """(c,): closeness to the interest vectors; None without any that can be compared."""
        if not passport.vectors or not self._comparable(passport):
            return None
        weights = np.array([one.weight for one in passport.vectors])
        return self._closeness(_decoded(passport), weights)

    def blended(self, parts: Parts, blend: Blend | None = None) -> FloatArray:
        """(c,): the score of each candidate; `blend` in place of the reader's own."""
        blend = blend or self._blend
        noise = parts.noise
        vectors = blend.vectors if noise is None else blend.subjects * noise.keep_chance
        texts = blend.texts if parts.vectors is not None else 2 * blend.texts
        scores = blend.popularity * self._popular
        for weight, part in ((vectors, parts.vectors), (texts, parts.texts)):
            if part is not None:
                scores = scores + weight * _scaled(part)
        if parts.names is not None:
            scores = scores + blend.names * _bounded(_scaled(parts.names))
        return scores

    def _comparable(self, passport: Passport) -> bool:
        made, mine = passport.encoder, self._encoder
        return made is not None and (made.name, made.revision, made.size) == (
            mine.name, mine.revision, mine.embedding_size,
        )  # fmt: skip

    def _centred(self, raw: NDArray[np.float32]) -> FloatArray:
        has_text = np.asarray(raw.any(axis=1))
        if has_text.sum() < _ENOUGH:
            return self._subjects.place(raw)
        usual = raw[has_text].mean(axis=0, dtype=np.float64)
        return np.asarray(unit_rows(raw - usual) * has_text[:, None])

    def _closeness(self, directions: FloatArray, weights: FloatArray) -> FloatArray:
        """(c,): the soft maximum over directions (k, d), as in `Content`; 0 for a candidate without text."""
        usable = directions.any(axis=1) & (weights > 0)
        if not usable.any():
            return np.zeros(len(self._texts))
        heavy = weights[usable] / weights[usable].sum()
        cosines = directions[usable].astype(np.float32) @ self._texts.T  # (k, c)
        powers = heavy.astype(np.float32) @ np.exp(_SHARPNESS * cosines, out=cosines)
        return np.where(self._has_text, np.log(powers.astype(np.float64)) / _SHARPNESS, 0.0)

    def _reason(self, passport: Passport, place: int, now: datetime) -> Reason:
        spoken, weights = _interests(passport, now)
        liked = [number for number, one in enumerate(spoken) if one.valence > 0]
        if not liked:
            return Reason((), named=False)
        shares = self._index.shares(spoken, weights, place)[liked]
        if shares.max() > 0:
            best = [number for number in np.argsort(-shares, kind="stable")[:2] if shares[number] > 0]
            return Reason(tuple(spoken[liked[number]] for number in best), named=True)
        names = self._subjects.place(self._encoder.encode([spoken[number].name for number in liked]))
        near = names @ self._texts[place]
        nearest = spoken[liked[int(np.argmax(np.log(weights[liked]) + _SHARPNESS * near))]]
        return Reason((nearest,) if near.max() > 0 else (), named=False)


class _Names:
    """Which candidates bear which name: words and pairs of titles, creators, categories, tags."""

    def __init__(self, features: ItemFeatures, candidates: ItemNums) -> None:
        tags = (features.words, features.creators, features.categories, features.tags)
        self._matrices = [csc_array(one.matrix[candidates]) for one in tags]
        self._places: dict[str, list[tuple[int, int]]] = {}
        for number, one in enumerate(tags):
            used = np.flatnonzero(np.diff(self._matrices[number].indptr))
            for column in used.tolist():
                name = str(one.names[column]).replace("_", " ").casefold()
                self._places.setdefault(name, []).append((number, column))
        self._n = len(candidates)

    def rows(self, name: str) -> IntArray:
        """Places of the candidates that bear `name` anywhere."""
        found = [
            self._matrices[number].indices[slice(*self._matrices[number].indptr[column : column + 2])]
            for number, column in self._places.get(name.casefold(), ())
        ]
        return np.unique(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, dtype=np.int64)

    def score(self, spoken: Sequence[Interest], weights: FloatArray) -> FloatArray:
        """(c,): over the names a candidate bears, the sum of weight x valence x log(n / bearers) squared.

        Squared as in the cosine of two texts by tf-idf, where both of them are weighted by it.
        """
        scores = np.zeros(self._n)
        for one, weight in zip(spoken, weights, strict=True):
            rows = self.rows(one.name)
            scores[rows] += weight * one.valence * self._rarity(len(rows))
        return scores

    def shares(self, spoken: Sequence[Interest], weights: FloatArray, place: int) -> FloatArray:
        """(k,): what each interest adds to the score of the candidate at `place`."""
        shares = np.zeros(len(spoken))
        for number, (one, weight) in enumerate(zip(spoken, weights, strict=True)):
            rows = self.rows(one.name)
            if place in rows:
                shares[number] = weight * one.valence * self._rarity(len(rows))
        return shares

    def _rarity(self, n_bearers: int) -> float:
        return float(np.log(self._n / max(n_bearers, 1)) ** 2)


def _interests(passport: Passport, now: datetime) -> tuple[list[Interest], FloatArray]:
    """Topics and keywords with their weights, faded by age; each kind has its share of all."""
    spoken = [*passport.topics, *passport.keywords]
    n_topics = len(passport.topics)
    faded = np.array([one.weight * 2.0 ** -passport.half_lives_ago(now, one) for one in spoken])
    for part, share in ((slice(0, n_topics), _OF_TOPICS), (slice(n_topics, None), 1 - _OF_TOPICS)):
        faded[part] *= share / max(float(faded[part].sum()), 1e-300)
    return spoken, faded


def _decoded(passport: Passport) -> FloatArray:
    """(k, d): the vectors. Raises PassportError where one has another length than the encoder's."""
    assert passport.encoder is not None
    rows = []
    for number, one in enumerate(passport.vectors):
        try:
            values = np.frombuffer(base64.b64decode(one.values, validate=True), "<f4").astype(np.float64)
        except ValueError as error:
            raise PassportError(f"cannot be read: {error}", field=f"vectors.{number}.values") from None
        if len(values) != passport.encoder.size or not np.isfinite(values).all():
            raise PassportError("is no vector of its encoder", field=f"vectors.{number}.values")
        rows.append(values)
    return unit_rows(np.array(rows))


def _scaled(part: FloatArray) -> FloatArray:
    spread = float(part.std())
    return (part - part.mean()) / spread if spread > 1e-12 else np.zeros(len(part))


def _bounded(named: FloatArray) -> FloatArray:
    """The same, smaller where its largest value says more than names may."""
    most = max(_LEAST_SPREADS, float(np.sqrt(len(named) / _FEWEST_BEARERS)))
    return named * min(1.0, most / max(float(named.max()), 1e-12))
