"""itch.io: the games of an account (the owned keys of its API). Download keys themselves are not read."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.sources.fields import iso_time, needed_text, nested, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, iter_json_records

__all__ = ["ItchSource"]


class ItchSource(RecordSource):
    """An owned game as `purchase`, at the time it was bought or claimed."""

    name = "itch"
    patterns = ("*itch*.json", "*owned-keys*.json", "*owned_keys*.json")
    advice = "Save the answer of api.itch.io/profile/owned-keys as owned-keys.json, page by page."
    marks = (('"owned_keys"', '"game_id"'),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The keys. InputError where the file holds none."""
        return iter_json_records(file, ("owned_keys",))

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One game."""
        game_id, game = needed_text(row, "game_id"), nested(row, "game")
        sort = text(game, "classification") or "game"
        item = {
            "item_id": game_id,
            "title": text(game, "title"),
            "description": text(game, "short_text"),
            "categories": [sort],
            "url": text(game, "url"),
        }
        event = {"event_id": self.event_id(game_id), "kind": "purchase"}
        yield {**event, "occurred_at": iso_time(row, "created_at")}, item
