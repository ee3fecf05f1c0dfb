"""Spotify extended streaming history: every play of music, podcasts and audiobooks.

The export names the address and country of every play; neither is read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.base import Batch, PersonalSource
from isthmus.sources.tabular import Broken, read_json_array

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
_DEVICES = (  # the first that is found in the name of the device, lower case
    ("web", ("web_player", "web player")),
    ("android", ("android",)),
    ("ios", ("ios", "iphone", "ipad")),
    ("tv", ("tv", "playstation", "ps4", "ps5", "xbox", "chromecast", "roku")),
    ("speaker", ("sonos", "echo", "amazon", "google", "cast", "speaker")),
    ("desktop", ("windows", "os x", "osx", "macos", "linux", "ubuntu")),
)


class SpotifySource(PersonalSource):
    """Plays as `play` in seconds; a play of under 30 s that was skipped as `skip`.

    Plays in a private session are left out, as Spotify itself leaves them out of what it recommends.
    """

    name = "spotify"
    patterns = ("streaming_history_*.json", "endsong_*.json")
    marks = (('"ms_played"', '"master_metadata_track_name"'),)
    advice = (
        "Ask Spotify for the extended streaming history; StreamingHistory_music_0.json is another export."
    )

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of plays. InputError where the file is no JSON array."""
        rows = read_json_array(file)
        first = True
        while taken := list(islice(rows, self.batch_rows)):
            yield self._batch(file, taken)
            first = False
        if first:
            yield self.batch()

    def _batch(self, file: Path, rows: list[tuple[int, dict[str, Any] | Broken]]) -> Batch:
        events, items, rejects, private = [], [], [], 0
        for line, row in rows:
            if isinstance(row, Broken):
                rejects += self.rejected(file, [row])
                continue
            if row.get("incognito_mode") is True:
                private += 1
                continue
            try:
                medium = _medium_of(row)
                events.append(self._event(row, medium, line))
                items.append(_item(row, medium))
            except InputError as error:
                rejects.append(self.refused(file, line, error))
        left_out = {"played in a private session": private} if private else {}
        return self.batch(events, items, rejects, left_out=left_out)

    def _event(self, row: Mapping[str, Any], medium: _Medium, line: int) -> dict[str, Any]:
        played_ms = _whole_number(row, "ms_played")
        skipped = row.get("skipped") is True and played_ms < _SKIPPED_BELOW_MS
        uri, when = row[medium.uri], _time(row)
        # Exports overlap: the same play stands in several files and must count once.
        return {
            "event_id": self.event_id(row["ts"], played_ms, uri),
            "item_id": uri,
            "kind": "skip" if skipped else "play",
            "value": played_ms / 1000,
            "unit": "seconds",
            "occurred_at": when,
            "context": {"device": _device(row.get("platform")), "scenario": None},
            "line": line,
        }


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
