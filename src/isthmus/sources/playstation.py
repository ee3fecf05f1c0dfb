"""PlayStation: the titles an account played and for how long (the games list of the PlayStation network)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.sources.fields import duration_s, iso_time, needed_text, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, iter_json_records

__all__ = ["PlayStationSource"]


class PlayStationSource(RecordSource):
    """A played title as `play` in seconds, at the time it was last played.

    Play time is a running total. An event is known by the title, so a later export adds titles, not hours.
    """

    name = "playstation"
    patterns = ("*playstation*.json", "*psn*.json", "gamelist*.json")
    advice = "Save the answer of the games list (gamelist/v2/users/me/titles) as playstation.json."
    marks = (('"titles"', '"playDuration"', '"lastPlayedDateTime"'),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The titles. InputError where the file is not the answer of the games list."""
        return iter_json_records(file, ("titles",))

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One title."""
        title_id, played_s = needed_text(row, "titleId"), duration_s(row, "playDuration")
        event = {
            "event_id": self.event_id(title_id),
            "kind": "play",
            "value": played_s,
            "unit": None if played_s is None else "seconds",
            "occurred_at": iso_time(row, "lastPlayedDateTime"),
        }
        yield event, {"item_id": title_id, "title": text(row, "name"), "categories": ["game"]}
