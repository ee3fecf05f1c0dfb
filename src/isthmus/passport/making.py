"""Make a passport: from what is known of a person to a signed document."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.encoders import Encoder
from isthmus.errors import InputError, SettingsError
from isthmus.numeric import unit_rows
from isthmus.passport.directions import Directions, cluster, keep_chance, tell_subjects
from isthmus.passport.document import (
    FORMAT,
    PURPOSES,
    VERSION,
    Consent,
    EncoderName,
    Interest,
    InterestVector,
    Issuer,
    ItemEntry,
    Keyword,
    Level,
    Noise,
    Passport,
    Provenance,
    Purpose,
)
from isthmus.passport.languages import language_of
from isthmus.passport.signing import IssuerKey
from isthmus.passport.subjects import SUBJECTS, Subjects
from isthmus.passport.topics import (
    History,
    Shelf,
    day_of,
    find_keywords,
    find_topics,
    keyword_of,
    nearest_topic,
)
from isthmus.schema import NO_TIME, FloatArray, ItemNums

__all__ = ["Terms", "make_passport", "sign", "state_noise", "tell_directions", "write_vectors"]

_ENOUGH = 200
"""Items of a platform that the person did not touch, from which on their mean is what is usual there."""
_UNSIGNED = base64.b64encode(bytes(64)).decode()


@dataclass(frozen=True)
class Terms:
    """What the owner asked for."""

    level: Level = "topics"
    epsilon: float = 8.0
    """Of the noise on the vectors; counts for the level `vectors` only."""
    with_items: bool = False
    expires_days: float = 180.0
    purposes: tuple[Purpose, ...] = ("personalise", "transfer")


def make_passport(
    history: History,
    shelf: Shelf,
    encoder: Encoder,
    terms: Terms,
    issuer: IssuerKey,
    *,
    subjects: Subjects | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The signed JSON document of a passport.

    Raises InputError for a person of whom nothing is known, SettingsError for terms out of range,
    EncoderError.
    """
    _check(history, terms)
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    subjects = subjects or Subjects.encoded(encoder)
    topics, speakers = find_topics(history, shelf, subjects)
    keywords = _with_topics(history, shelf, topics, speakers, encoder, subjects, terms)
    found = tell_directions(history, shelf, subjects, terms, issuer)
    passport = Passport(
        format=FORMAT,
        version=VERSION,
        passport_id=secrets.token_hex(16),
        revision=1,
        level=terms.level,
        issued_at=now,
        expires_at=now + timedelta(days=terms.expires_days),
        issuer=Issuer(algorithm="Ed25519", public_key=issuer.public_key),
        consent=Consent(purposes=terms.purposes, given_at=now),
        languages=_languages(history, shelf),
        topics=tuple(topics),
        keywords=tuple(keywords),
        encoder=None if found is None else _encoder_name(encoder),
        vectors=() if found is None else write_vectors(found, topics, encoder, subjects),
        noise=state_noise(subjects, terms) if terms.level == "vectors" else None,
        provenance=tuple(_provenance(history, shelf, terms)),
        signature=_UNSIGNED,
    )
    return sign(passport, issuer)


def sign(passport: Passport, issuer: IssuerKey) -> dict[str, Any]:
    """The document of `passport`, signed by `issuer`, whatever its signature was."""
    named = passport.model_copy(update={"issuer": Issuer(algorithm="Ed25519", public_key=issuer.public_key)})
    return issuer.sign(named.model_dump(mode="json", exclude_none=True))


def _check(history: History, terms: Terms) -> None:
    if history.liked.nnz == 0:
        raise InputError(
            "nothing that this person did speaks for an interest", "Import some of their events."
        )
    if not 0 < terms.expires_days <= 3_660:
        raise SettingsError(f"A passport lasts 1 to 3660 days, not {terms.expires_days:g}.", "Try 180.")
    unknown = [purpose for purpose in terms.purposes if purpose not in PURPOSES]
    if unknown:
        raise SettingsError(f"There is no purpose {unknown[0]!r}.", f"Purposes: {', '.join(PURPOSES)}.")


def _with_topics(
    history: History,
    shelf: Shelf,
    topics: Sequence[Interest],
    speakers: Sequence[set[int]],
    encoder: Encoder,
    subjects: Subjects,
    terms: Terms,
) -> list[Keyword]:
    keywords, spoken = find_keywords(history, shelf, with_titles=terms.with_items)
    both = subjects.place(encoder.encode([one.name for one in (*keywords, *topics)]))
    cosines = both[: len(keywords)] @ both[len(keywords) :].T
    return [
        keyword_of(one, nearest_topic(one.name, items, topics, speakers, near))
        for one, items, near in zip(keywords, spoken, cosines, strict=True)
    ]


def tell_directions(
    history: History, shelf: Shelf, subjects: Subjects, terms: Terms, issuer: IssuerKey
) -> Directions | None:
    """The interest vectors that the level allows: none, clusters of the history, or subjects under noise."""
    items = history.liked.indices.astype(np.int64)
    if terms.level == "topics":
        return None
    if terms.level == "full":
        return cluster(_centred(items, shelf, subjects), history.liked.data)
    keys = [f"{history.person}\x1f{shelf.item_platform[item]}\x1f{shelf.item_ids[item]}" for item in items]
    placed = subjects.place(
        shelf.features.vectors[items]
    )  # by the public centre: no other item has a say in it
    return tell_subjects(placed, subjects.vectors, terms.epsilon, issuer.secret("noise"), keys)


def _centred(items: ItemNums, shelf: Shelf, subjects: Subjects) -> FloatArray:
    """(h, d): less what is usual on the platform of each, or less the mean of the subjects.

    Platforms differ in how they name things, and only what sets an item apart can be carried to another one.
    """
    placed = subjects.place(shelf.features.vectors[items])
    others = shelf.features.has_text.copy()
    others[items] = False
    for platform in np.unique(shelf.item_platform[items]):
        usual = np.flatnonzero(others & (shelf.item_platform == platform))
        if len(usual) >= _ENOUGH:
            mine = shelf.item_platform[items] == platform
            raw: NDArray[Any] = shelf.features.vectors[items[mine]]
            mean = shelf.features.vectors[usual].mean(axis=0, dtype=np.float64)
            placed[mine] = unit_rows(raw - mean) * raw.any(axis=1, keepdims=True)
    return placed


def write_vectors(
    found: Directions, topics: Sequence[Interest], encoder: Encoder, subjects: Subjects
) -> tuple[InterestVector, ...]:
    """As they stand in a passport, each with the topic whose name is nearest to it."""
    names = subjects.place(encoder.encode([one.name for one in topics]))
    nearest = np.argmax(found.vectors @ names.T, axis=1) if topics else [0] * len(found.weights)
    return tuple(
        InterestVector(
            weight=round(float(weight), 6),
            topic=topics[int(nearest[place])].name if topics else None,
            subject=None if found.subjects is None else subjects.texts[found.subjects[place]],
            values=base64.b64encode(vector.astype("<f4").tobytes()).decode(),
        )
        for place, (vector, weight) in enumerate(zip(found.vectors, found.weights, strict=True))
    )


def _encoder_name(encoder: Encoder) -> EncoderName:
    return EncoderName(name=encoder.name, revision=encoder.revision, size=encoder.embedding_size)


def state_noise(subjects: Subjects, terms: Terms) -> Noise:
    """What a passport says of the noise that `tell_directions` adds at the level `vectors`."""
    n = len(subjects.texts)
    return Noise(
        mechanism="randomised response over public subjects",
        epsilon=terms.epsilon,
        unit="one item of the history exchanged for any other",
        covers="vectors",
        subjects=SUBJECTS,
        n_subjects=n,
        keep_chance=round(keep_chance(terms.epsilon, n), 6),
    )


def _provenance(history: History, shelf: Shelf, terms: Terms) -> list[Provenance]:
    items = history.liked.indices.astype(np.int64)
    disliked = shelf.item_platform[history.disliked.indices]
    told = []
    for platform in np.unique(np.concatenate([shelf.item_platform[items], disliked])).tolist():
        mine = shelf.item_platform[items] == platform
        times = history.times[mine & (history.times != NO_TIME)]
        entries = tuple(
            ItemEntry(item_id=str(shelf.item_ids[item]), title=str(shelf.features.titles[item]))
            for item in items[mine]
        )
        told.append(
            Provenance(
                platform=shelf.platforms[platform],
                n_items=int(mine.sum()),
                n_disliked=int((disliked == platform).sum()),
                first_at=day_of(int(times.min())) if len(times) else None,
                last_at=day_of(int(times.max())) if len(times) else None,
                items=entries if terms.with_items else None,
            )
        )
    return told


def _languages(history: History, shelf: Shelf) -> tuple[str, ...]:
    counted: dict[str, float] = {}
    for item, weight in zip(history.liked.indices, history.liked.data, strict=True):
        language = str(shelf.languages[item]) or language_of(str(shelf.features.titles[item]))
        if language:
            counted[language] = counted.get(language, 0.0) + float(weight)
    return tuple(sorted(counted, key=lambda name: -counted[name])[:5])
