"""What a passport says: its fields, how they are checked, and the JSON Schema that describes them."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from isthmus.errors import PassportError
from isthmus.passport.canonical import canonical

__all__ = [
    "FORMAT",
    "PURPOSES",
    "VERSION",
    "Consent",
    "Edited",
    "EncoderName",
    "Interest",
    "InterestVector",
    "Issuer",
    "ItemEntry",
    "Keyword",
    "Level",
    "Noise",
    "Passport",
    "Provenance",
    "Purpose",
    "parse",
    "render_schema",
    "schema",
]

FORMAT = "isthmus-passport"
VERSION = 1
"""Of the format that is written; what is older than the oldest one read is refused as a downgrade."""

Level = Literal["topics", "vectors", "full"]
Purpose = Literal["personalise", "transfer", "train", "research"]
PURPOSES: tuple[Purpose, ...] = ("personalise", "transfer", "train", "research")

_Name = Annotated[str, Field(min_length=1, max_length=500)]
_Part = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=0)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Issuer(_Fields):
    """Whose key signed."""

    algorithm: Literal["Ed25519"]
    public_key: Annotated[str, Field(min_length=44, max_length=44)]
    """32 bytes in base64."""


class Consent(_Fields):
    """What the owner agreed to, and when."""

    purposes: Annotated[tuple[Purpose, ...], Field(max_length=4)]
    given_at: AwareDatetime


class Interest(_Fields):
    """A topic of the person."""

    name: _Name
    weight: _Part
    """Its part of all topics (or of all keywords)."""
    valence: Annotated[float, Field(ge=-1, le=1)]
    """1: all that is known of it is liked, -1: all is disliked."""
    half_life_days: Annotated[float, Field(gt=0)] | None = None
    """After so many days it counts half; absent where no times are known."""
    platforms: dict[str, _Part]
    """Part of it that comes from each platform."""


class Keyword(Interest):
    """A creator or a word of titles."""

    topic: _Name | None = None
    """The topic it goes with, and is removed with."""


class EncoderName(_Fields):
    """What made the vectors; vectors of another encoder or revision cannot be compared with them."""

    name: _Name
    revision: _Name
    size: Annotated[int, Field(ge=1, le=65536)]


class InterestVector(_Fields):
    """One interest as a direction in the space of the encoder."""

    weight: _Part
    topic: _Name | None = None
    """The nearest of the topics: with it the vector is removed."""
    subject: _Name | None = None
    """Level `vectors`: the public subject that the vector is of."""
    values: str
    """`size` little-endian float32 numbers in base64: unit length, centred by what is usual."""


class Noise(_Fields):
    """What protects the vectors of the level `vectors`, and what it does not protect."""

    mechanism: Literal["randomised response over public subjects"]
    epsilon: Annotated[float, Field(gt=0)]
    unit: Literal["one item of the history exchanged for any other"]
    covers: Literal["vectors"]
    """Topics, keywords and provenance are exact and lie outside of epsilon."""
    subjects: _Name
    """Name of the list of public subjects."""
    n_subjects: Annotated[int, Field(ge=2)]
    keep_chance: _Part
    """With this chance an item is told as the subject nearest to it, otherwise as any other one."""


class ItemEntry(_Fields):
    """An item of the history; only in passports made with `--items`."""

    item_id: _Name
    title: str | None = None


class Provenance(_Fields):
    """What of one platform the passport rests on."""

    platform: _Name
    n_items: _Count
    n_disliked: _Count = 0
    first_at: AwareDatetime | None = None
    last_at: AwareDatetime | None = None
    items: tuple[ItemEntry, ...] | None = None


class Edited(_Fields):
    """That the owner changed it; not what was taken out."""

    edited_at: AwareDatetime
    removed: _Count
    lowered: _Count
    first_issuer: str
    """Public key of who made the first revision."""


class Passport(_Fields):
    """A person's interests, signed by who worked them out."""

    format: Literal["isthmus-passport"]
    version: Literal[1]
    passport_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    revision: Annotated[int, Field(ge=1)]
    level: Level
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    issuer: Issuer
    consent: Consent
    languages: Annotated[tuple[_Name, ...], Field(max_length=50)]
    """Of what the person read, watched or heard, the most frequent first."""
    topics: Annotated[tuple[Interest, ...], Field(max_length=200)]
    keywords: Annotated[tuple[Keyword, ...], Field(max_length=500)]
    encoder: EncoderName | None = None
    vectors: Annotated[tuple[InterestVector, ...], Field(max_length=200)] = ()
    noise: Noise | None = None
    provenance: Annotated[tuple[Provenance, ...], Field(max_length=100)]
    edited: Edited | None = None
    signature: Annotated[str, Field(min_length=88, max_length=88)]
    """64 bytes in base64: Ed25519 of the canonical JSON of all other fields."""

    def half_lives_ago(self, now: datetime, interest: Interest) -> float:
        """How many of its half-lives an interest is old."""
        age_days = max((now - self.issued_at).total_seconds() / 86_400, 0.0)
        return age_days / interest.half_life_days if interest.half_life_days else 0.0


def parse(document: dict[str, Any], file: str = "") -> Passport:
    """The fields of a JSON document. Raises PassportError with the field that cannot be read."""
    try:
        return Passport.model_validate_json(canonical(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        hint = "docs/passport.schema.json describes every field."
        raise PassportError(first["msg"], hint, file=file, field=where) from None


def schema() -> str:
    """The JSON Schema of a passport as it is published, in the package as in docs/."""
    return files("isthmus.passport").joinpath("passport.schema.json").read_text(encoding="utf-8")


def render_schema() -> str:
    """The JSON Schema that the fields above make; a test holds what is published to it."""
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://isthmus.example/passport-{VERSION}.schema.json",
    }
    return json.dumps(about | Passport.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
