"""Apple Music play activity of a data request: every song that was played.

Addresses, places, carriers, devices and subscriptions are not read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, number, text
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.songs import song
from isthmus.sources.tabular import JsonRow

__all__ = ["AppleMusicSource"]

_NEEDED = ("Song Name", "Play Duration Milliseconds")
_WELCOME = (
    "Artist Name", "Container Artist Name", "Album Name", "Container Album Name", "Event Start Timestamp",
    "Event End Timestamp", "Event Type", "End Reason Type",
)  # fmt: skip
_SKIPPED_BELOW_MS = 30_000


class AppleMusicSource(RecordSource):
    """The end of a play as `play` in seconds; one of under 30 s that was skipped as `skip`."""

    name = "apple_music"
    patterns = ("apple music play activity*.csv", "apple music - play activity*.csv")
    advice = (
        "privacy.apple.com, Request a copy of your data, Apple Media Services: Apple Music Play Activity.csv."
    )
    marks = (("Song Name", "Play Duration Milliseconds", "End Reason Type"),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The lines of activity. InputError where a column of the export is missing."""
        return csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What is no play of a song: beginnings, lyrics, radio without a title, clocks that ran backwards."""
        if (text(row, "Event Type") or "PLAY_END") != "PLAY_END":
            return "events that end no play"
        if text(row, "Song Name") is None:
            return "plays without a title"
        return "plays of a negative length" if (number(row, "Play Duration Milliseconds") or 0) < 0 else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One play, at its end, or else its start."""
        when = iso_time(row, "Event End Timestamp") or iso_time(row, "Event Start Timestamp")
        played_ms = number(row, "Play Duration Milliseconds")
        if when is None or played_ms is None:
            name = "Event End Timestamp" if when is None else "Play Duration Milliseconds"
            raise InputError("is empty", field=name)
        artist = text(row, "Artist Name") or text(row, "Container Artist Name") or ""
        album = text(row, "Album Name") or text(row, "Container Album Name")
        item = song(artist, text(row, "Song Name") or "", album)
        skipped = "SKIP" in (text(row, "End Reason Type") or "") and played_ms < _SKIPPED_BELOW_MS
        yield (
            {
                "event_id": self.event_id(when.isoformat(), played_ms, item["item_id"]),
                "kind": "skip" if skipped else "play",
                "value": played_ms / 1000,
                "unit": "seconds",
                "occurred_at": when,
            },
            item,
        )
