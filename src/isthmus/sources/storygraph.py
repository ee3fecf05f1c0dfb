"""StoryGraph export: books read, being read, wanted and given up, with their stars.

Reviews, own tags, content warnings and whether a book is owned are not read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import day, needed_text, number, text
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import JsonRow

__all__ = ["StoryGraphSource"]

_NEEDED = ("Title", "Authors", "Read Status", "Star Rating")
_WELCOME = ("Contributors", "ISBN/UID", "Format", "Date Added", "Last Date Read", "Moods", "Pace")
_KINDS = {
    "read": "read", "currently-reading": "read", "to-read": "save", "did-not-finish": "skip",
    "paused": "read",
}  # fmt: skip


class StoryGraphSource(RecordSource):
    """Read, being read or paused as `read`, to-read as `save`, not finished as `skip`; stars as `rate`.

    Stars are 0.25 to 5.
    """

    name = "storygraph"
    patterns = ("*storygraph*.csv", "*_export_*.csv")
    advice = "app.thestorygraph.com: Manage Account, Manage Your Data, Export StoryGraph Library."
    marks = (("ISBN/UID", "Read Status"),)

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The books. InputError where a column of the export is missing."""
        return csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice)

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and one more for stars."""
        status = needed_text(row, "Read Status")
        if status not in _KINDS:
            raise InputError(f"{status[:40]!r} is no status", field="Read Status")
        when = day(row, "Last Date Read") or day(row, "Date Added")
        stars = number(row, "Star Rating")
        if stars is not None and not 0 <= stars <= 5:
            raise InputError(f"{stars} is no rating of 0 to 5", field="Star Rating")
        item = _book(row)
        yield {"kind": _KINDS[status], "occurred_at": when}, item
        if stars:
            yield {"kind": "rate", "value": stars, "unit": "rating", "occurred_at": when}, item


def _book(row: Mapping[str, Any]) -> dict[str, Any]:
    title, authors = needed_text(row, "Title"), _parts(row, "Authors")
    number_ = text(row, "ISBN/UID") or ""
    is_isbn = re.fullmatch(r"(?:97[89])?\d{9}[\dXx]", number_, re.ASCII) is not None
    extra = {"isbn13" if len(number_) == 13 else "isbn": number_} if is_isbn else {}
    return {
        # Books that members entered themselves have a UID, and some have none.
        "item_id": number_ or " / ".join([title, *authors]),
        "title": title,
        "creators": list(dict.fromkeys([*authors, *_parts(row, "Contributors")])),
        "categories": ["audiobook" if text(row, "Format") == "audio" else "book"],
        "tags": [*_parts(row, "Moods"), *_parts(row, "Pace")],
        "extra": json.dumps(extra) if extra else None,
    }


def _parts(row: Mapping[str, Any], name: str) -> list[str]:
    return [part.strip() for part in (text(row, name) or "").split(",") if part.strip()]
