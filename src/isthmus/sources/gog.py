"""GOG: the games of an account (the answer behind its library page)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.sources.fields import needed_text, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, iter_json_records

__all__ = ["GogSource"]


class GogSource(RecordSource):
    """An owned game as `purchase`. GOG tells neither when it was bought nor how long it was played."""

    name = "gog"
    patterns = ("*gog*.json", "getfilteredproducts*.json")
    advice = "Signed in, save gog.com/account/getFilteredProducts?mediaType=1 as gog.json, page by page."
    marks = (('"products"', '"worksOn"', '"slug"'),)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The games. InputError where the file is no library."""
        return iter_json_records(file, ("products",))

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What is no game, such as films."""
        return "" if row.get("isGame", True) is True else "what is no game"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One game."""
        game_id, genre = needed_text(row, "id"), text(row, "category")
        url = text(row, "url")
        item = {
            "item_id": game_id,
            "title": text(row, "title"),
            "categories": ["game", *([genre] if genre else [])],
            "url": f"https://www.gog.com{url}" if url and url.startswith("/") else None,
        }
        yield {"event_id": self.event_id(game_id), "kind": "purchase"}, item
