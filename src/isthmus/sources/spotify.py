"""Spotify extended streaming history: every play of music, podcasts and audiobooks.

The export names the address and country of every play; neither is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.column_fields import (
    filled,
    first_sort,
    is_count,
    is_iso,
    iso_times,
    one_list,
    quotient,
    told,
)
from isthmus.sources.columns import Columns, ColumnSource
from isthmus.sources.records import Made
from isthmus.sources.tabular import JsonBlock, JsonRow, read_json_array, read_json_columns

__all__ = ["SpotifySource"]

_SKIPPED_BELOW_MS = 30_000


@dataclass(frozen=True)
class _Medium:
    """One of the three things that are played, and the fields that describe it."""

    category: str
    uri: str
    title: str
    creator: str
    part_of: str


_MEDIA = (
    _Medium(
        "music",
        "spotify_track_uri",
        "master_metadata_track_name",
        "master_metadata_album_artist_name",
        "master_metadata_album_album_name",
    ),
    _Medium("podcast", "spotify_episode_uri", "episode_name", "episode_show_name", "episode_show_name"),
    _Medium("audiobook", "audiobook_chapter_uri", "audiobook_chapter_title", "", "audiobook_title"),
)
_TEXTS = tuple(
    dict.fromkeys(name for one in _MEDIA for name in (one.uri, one.title, one.creator, one.part_of) if name)
)
_PRIVATE = "played in a private session"
_DEVICES = (  # the first that is found in the name of the device, lower case
    ("web", ("web_player", "web player")),
    ("android", ("android",)),
    ("ios", ("ios", "iphone", "ipad")),
    ("tv", ("tv", "playstation", "ps4", "ps5", "xbox", "chromecast", "roku")),
    ("speaker", ("sonos", "echo", "amazon", "google", "cast", "speaker")),
    ("desktop", ("windows", "os x", "osx", "macos", "linux", "ubuntu")),
)


class SpotifySource(ColumnSource):
    """Plays as `play` in seconds; a play of under 30 s that was skipped as `skip`.

    Plays in a private session are left out, as Spotify itself leaves them out of what it recommends.
    """

    name = "spotify"
    patterns = ("streaming_history_*.json", "endsong_*.json")
    marks = (('"ms_played"', '"master_metadata_track_name"'),)
    advice = (
        "Ask Spotify for the extended streaming history; StreamingHistory_music_0.json is another export."
    )

    schema: ClassVar[pl.Schema] = pl.Schema(
        dict.fromkeys(("ts", "platform", "ms_played", *_TEXTS), pl.String())
        | dict.fromkeys(("skipped", "incognito_mode"), pl.Boolean())
    )

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The plays. InputError where the file is no JSON array."""
        return read_json_array(file)

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """The plays. InputError where the file is no JSON array."""
        return read_json_columns(file, self.schema, array=True)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Plays that were to stay private."""
        return _PRIVATE if row.get("incognito_mode") is True else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One play."""
        medium = _medium_of(row)
        played_ms = _whole_number(row, "ms_played")
        skipped = row.get("skipped") is True and played_ms < _SKIPPED_BELOW_MS
        uri, when = row[medium.uri], _time(row)
        yield (
            {
                # Exports overlap: the same play stands in several files and must count once.
                "event_id": self.event_id(row["ts"], played_ms, uri),
                "kind": "skip" if skipped else "play",
                "value": played_ms / 1000,
                "unit": "seconds",
                "occurred_at": when,
                "context": {"device": _device(row.get("platform")), "scenario": None},
            },
            _item(row, medium),
        )

    def columns(self) -> Columns:
        """As `make`."""
        played_ms = pl.col("ms_played").cast(pl.Int64, strict=False)
        skipped = pl.col("skipped").fill_null(value=False) & (played_ms < _SKIPPED_BELOW_MS)
        uri, creator = _of_medium("uri"), _of_medium("creator")
        known = uri.is_not_null() & is_count(pl.col("ms_played")) & is_iso(pl.col("ts"))
        private = pl.col("incognito_mode").fill_null(value=False)
        return Columns(
            plain=told(pl.col("platform"), *map(pl.col, _TEXTS)) & (known | private),
            left_out=pl.when(private).then(pl.lit(_PRIVATE)),
            event={
                "kind": pl.when(skipped).then(pl.lit("skip")).otherwise(pl.lit("play")),
                "value": quotient(played_ms, 1000),
                "unit": pl.lit("seconds"),
                "occurred_at": iso_times(pl.col("ts")),
                "context": pl.struct(device=_device_column(), scenario=pl.lit(None, pl.String)),
            },
            item={
                "item_id": uri,
                "title": _of_medium("title"),
                "description": _of_medium("part_of"),
                "creators": one_list(creator),
                "categories": one_list(_per_medium({one: pl.lit(one.category) for one in _MEDIA})),
            },
            event_id=(pl.col("ts"), played_ms.cast(pl.String), uri),
        )


def _medium_of(row: Mapping[str, Any]) -> _Medium:
    for medium in _MEDIA:
        if isinstance(row.get(medium.uri), str) and row[medium.uri]:
            return medium
    raise InputError("names neither a track, an episode nor a chapter", field="spotify_track_uri")


def _whole_number(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    raise InputError(f"{str(value)[:40]!r} is no number of milliseconds", field=name)


def _time(row: Mapping[str, Any]) -> datetime:
    try:
        time = datetime.fromisoformat(row["ts"])
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{str(row.get('ts'))[:40]!r} is not a time", field="ts")


def _item(row: Mapping[str, Any], medium: _Medium) -> dict[str, Any]:
    creator, part_of = _text(row, medium.creator), _text(row, medium.part_of)
    return {
        "item_id": row[medium.uri],
        "title": _text(row, medium.title),
        "description": part_of,
        "creators": [creator] if creator else [],
        "categories": [medium.category],
    }


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _device(name: object) -> str | None:
    """The sort of device: its full name (model, version, serial) tells more than is needed."""
    if not isinstance(name, str) or not name:
        return None
    words = name.lower()
    return next((sort for sort, signs in _DEVICES if any(sign in words for sign in signs)), "other")


def _per_medium(values: Mapping[_Medium, pl.Expr]) -> pl.Expr:
    """The value of the medium that is played: the first one whose uri is there."""
    chosen: pl.Expr = pl.lit(None)
    for medium, value in reversed(list(values.items())):
        chosen = pl.when(filled(pl.col(medium.uri)).is_not_null()).then(value).otherwise(chosen)
    return chosen


def _of_medium(field: str) -> pl.Expr:
    names = {medium: getattr(medium, field) for medium in _MEDIA}
    nothing = pl.lit(None, pl.String)
    return _per_medium({medium: filled(pl.col(name)) if name else nothing for medium, name in names.items()})


def _device_column() -> pl.Expr:
    name = filled(pl.col("platform"))
    return pl.when(name.is_not_null()).then(first_sort(name.str.to_lowercase(), _DEVICES))
