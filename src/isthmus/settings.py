"""Settings: one frozen dataclass per concern, read from TOML and the environment; nothing is global.

`Settings` is read from `isthmus.toml` in the workspace and from variables such as
`ISTHMUS_ENCODER__NAME=openai:text-embedding-3-small`; the environment wins.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from isthmus.errors import SettingsError

__all__ = [
    "EncoderSettings",
    "ImportSettings",
    "RankingSettings",
    "Settings",
    "WeightSettings",
    "load_settings",
]

_STRICT: Any = {"extra": "forbid"}

BASE_WEIGHTS: dict[str, float] = {
    "view": 0.3, "play": 1.0, "read": 1.0, "watch": 1.0, "like": 1.0, "rate": 1.0, "purchase": 1.0,
    "cart": 0.6, "save": 0.6, "share": 0.8, "comment": 0.5, "follow": 0.8, "search": 0.0, "survey": 0.0,
    "skip": -0.5, "dislike": -2.0, "hide": -4.0,
}  # fmt: skip
"""What one event of a kind says about interest; a negative sum over a pair's events excludes the item."""


@dataclass(frozen=True, config=_STRICT)
class WeightSettings:
    """How an event becomes a weight (DESIGN.md §1)."""

    base: Mapping[str, float] = Field(default_factory=lambda: dict(BASE_WEIGHTS))
    """Base weight per kind of event."""
    rating_slope: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much a rating one standard deviation from the person's mean lifts or lowers the weight."""
    half_life_days: float | None = Field(default=None, gt=0)
    """Age at which an event counts half; None: old events count in full."""


@dataclass(frozen=True, config=_STRICT)
class EncoderSettings:
    """Which encoder turns text into vectors."""

    name: str = "use"
    """`use`, or `openai:<model>` for an endpoint that speaks /v1/embeddings."""
    base_url: str = "https://api.openai.com/v1"
    """Address of the endpoint for `openai:` encoders."""
    api_key: str = Field(default="", repr=False)
    """Key for the endpoint; read from ISTHMUS_ENCODER__API_KEY or OPENAI_API_KEY, never written down."""
    batch_size: int = Field(default=128, ge=1, le=2048)
    """Texts per request."""
    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds to wait for one reply."""
    retries: int = Field(default=5, ge=0)
    """How often a failed request is tried again, waiting twice as long each time."""
    dimensions: int | None = Field(default=None, ge=1)
    """Asked of endpoints that can shorten their vectors; None: as they come."""


@dataclass(frozen=True, config=_STRICT)
class ImportSettings:
    """What an import accepts."""

    batch_rows: int = Field(default=250_000, ge=1)
    """Rows read, checked and written at a time."""
    future_tolerance_s: float = Field(default=86_400.0, ge=0)
    """How far ahead of now a time may lie before its row is rejected."""
    max_text_chars: int = Field(default=20_000, ge=100)
    """Longer texts are cut here (and counted), so that one row cannot fill the memory."""
    lock_timeout_s: float = Field(default=60.0, ge=0)
    """How long to wait for another process that is writing."""


@dataclass(frozen=True, config=_STRICT)
class RankingSettings:
    """How scores become a list."""

    diversity: float = Field(default=0.0, ge=0.0, le=1.0)
    """MMR trade-off: 0 ranks by score alone, 1 by difference alone."""
    calibration: float = Field(default=0.0, ge=0.0, le=1.0)
    """0 ranks by score alone, 1 by how well the list keeps a person's interests in proportion."""
    pool: int = Field(default=100, ge=1)
    """Best candidates per person among which to diversify or calibrate."""
    elsewhere: float = Field(default=0.3, ge=0.0, le=1.0)
    """Where a device asks, what was done elsewhere counts so much of what was done on it."""
    temperature: float = Field(default=1.0, gt=0)
    """T of softmax(interest x content / T)."""


class Settings(BaseSettings):
    """All settings of a workspace."""

    model_config = SettingsConfigDict(
        env_prefix="ISTHMUS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    weights: WeightSettings = WeightSettings()
    encoder: EncoderSettings = EncoderSettings()
    importing: ImportSettings = ImportSettings()
    ranking: RankingSettings = RankingSettings()


def load_settings(file: Path | None = None) -> Settings:
    """Read `file` (TOML; absent: defaults) and the environment, which wins.

    Raises SettingsError naming the setting that is unknown or out of range.
    """

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **more: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=file)
            return (more.get("env_settings", *sources[1:2]), toml)

    try:
        return FromFile()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"Setting {name}: {first['msg']}.", f"See {file} and ISTHMUS_* variables."
        ) from error
    except ValueError as error:  # not TOML at all
        raise SettingsError(f"{file}: {error}", "The file must be TOML.") from error
