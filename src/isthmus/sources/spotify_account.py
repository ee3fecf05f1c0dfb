"""Spotify account data: the streaming history of the last year, and the library.

It names no ids of what was played: a song is known by its artist and title.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, text, whole_number
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.songs import song
from isthmus.sources.tabular import JsonRow, iter_json_records, read_json_array

__all__ = ["SpotifyAccountSource"]

_SKIPPED_BELOW_MS = 10_000


class SpotifyAccountSource(RecordSource):
    """Plays as `play` in seconds, those of under 10 s as `skip`; songs of the library as `save`."""

    name = "spotify_account"
    patterns = ("streaminghistory*.json", "yourlibrary*.json")
    advice = (
        "Spotify, Account, Privacy settings, Account data: StreamingHistory_music_0.json, YourLibrary.json."
    )
    marks = (
        ('"endTime"', '"msPlayed"', '"artistName"'),
        ('"endTime"', '"msPlayed"', '"podcastName"'),
        ('"tracks"', '"artist"', "spotify:track:"),
    )

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = 250_000) -> None:
        super().__init__(user_id=user_id, platform=platform or "spotify", batch_rows=batch_rows)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The plays of a history, or the songs of a library."""
        if file.name.lower().startswith("yourlibrary"):
            return iter_json_records(file, ("tracks",))
        return read_json_array(file)

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One play, or one song of the library."""
        if "endTime" not in row and "uri" in row:
            item = song(needed_text(row, "artist"), needed_text(row, "track"), text(row, "album"))
            yield {"event_id": self.event_id("save", item["item_id"]), "kind": "save"}, item
            return
        played_ms, when = whole_number(row, "msPlayed"), iso_time(row, "endTime")
        if played_ms is None or when is None:
            raise InputError("is empty", field="msPlayed" if played_ms is None else "endTime")
        if "podcastName" in row or "episodeName" in row:
            item = song(needed_text(row, "podcastName"), needed_text(row, "episodeName"), category="podcast")
        else:
            item = song(needed_text(row, "artistName"), needed_text(row, "trackName"))
        yield (
            {
                "event_id": self.event_id(row["endTime"], played_ms, item["item_id"]),
                "kind": "skip" if played_ms < _SKIPPED_BELOW_MS else "play",
                "value": played_ms / 1000,
                "unit": "seconds",
                "occurred_at": when,
            },
            item,
        )
