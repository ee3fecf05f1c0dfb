"""Nintendo: the play history of an account (the answer behind its play activity page)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, text, whole_number
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, iter_json_records

__all__ = ["NintendoSource"]


class NintendoSource(RecordSource):
    """A played title as `play` in seconds, at the time it was last played.

    Play time is a running total. An event is known by the title, so a later export adds titles, not hours.
    """

    name = "nintendo"
    patterns = ("*nintendo*.json", "*play_histories*.json", "*playhistories*.json")
    advice = "Save the answer of users/me/play_histories as play_histories.json."
    marks = (('"playHistories"', '"titleId"', '"totalPlayedMinutes"'),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The titles. InputError where the file is no play history."""
        return iter_json_records(file, ("playHistories",))

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One title."""
        title_id, minutes = needed_text(row, "titleId"), whole_number(row, "totalPlayedMinutes")
        if minutes is None:
            raise InputError("is empty", field="totalPlayedMinutes")
        event = {
            "event_id": self.event_id(title_id),
            "kind": "play",
            "value": minutes * 60.0,
            "unit": "seconds",
            "occurred_at": iso_time(row, "lastPlayedAt"),
        }
        yield event, {"item_id": title_id, "title": text(row, "titleName"), "categories": ["game"]}
