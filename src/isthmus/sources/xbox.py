"""Xbox: the titles an account played (the title history of Xbox Live). It knows no play time."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.sources.fields import iso_time, needed_text, nested, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, iter_json_records

__all__ = ["XboxSource"]


class XboxSource(RecordSource):
    """A played title as `play` without a value, at the time it was last played. Apps are left out."""

    name = "xbox"
    patterns = ("*xbox*.json", "*titlehistory*.json")
    advice = "Save the title history of Xbox Live (titlehub, titles) as xbox.json."
    marks = (('"titles"', '"titleHistory"', '"lastTimePlayed"'),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The titles. InputError where the file is no title history."""
        return iter_json_records(file, ("titles",))

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What is no game."""
        return "" if (text(row, "type") or "Game").lower() == "game" else "apps"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One title."""
        title_id = needed_text(row, "titleId")
        last = iso_time(nested(row, "titleHistory"), "lastTimePlayed")
        event = {"event_id": self.event_id(title_id), "kind": "play", "occurred_at": last}
        yield event, {"item_id": title_id, "title": text(row, "name"), "categories": ["game"]}
