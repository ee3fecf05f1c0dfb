"""Goodreads library export: shelves and ratings of books.

Reviews, private notes and the names a person gave to shelves are not read.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.base import Batch, PersonalSource
from isthmus.sources.tabular import LINE, read_delimited

__all__ = ["GoodreadsSource"]

_NEEDED = ("Book Id", "Title", "Author", "My Rating", "Date Read", "Date Added", "Exclusive Shelf")
_WELCOME = (
    "Additional Authors", "ISBN", "ISBN13", "Publisher", "Number of Pages", "Year Published",
    "Original Publication Year", "Read Count",
)  # fmt: skip
_KINDS = {
    "read": "read", "currently-reading": "read", "to-read": "save",
    "did-not-finish": "skip", "dnf": "skip", "abandoned": "skip",
}  # fmt: skip
_ISBN = re.compile(r'=?"?([0-9Xx-]*)"?')

_Row = Mapping[str, str | None]


class GoodreadsSource(PersonalSource):
    """A book of the shelf read as `read`, to-read as `save`; a rating above 0 is a further event `rate`.

    Shelves of a person's own making count as `read` where the book was read before, as `save` otherwise.
    """

    name = "goodreads"
    patterns = ("*goodreads*.csv",)
    marks = (("Book Id", "My Rating", "Exclusive Shelf"),)
    advice = "On goodreads.com: My Books, Import and export, Export Library."

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of books. InputError where a column of the export is missing."""

        def choose(columns: Sequence[str]) -> Sequence[str]:
            if missing := [name for name in _NEEDED if name not in columns]:
                raise InputError(f"lacks the column {missing[0]!r}", self.advice, file=str(file), line=1)
            return [*_NEEDED, *(name for name in _WELCOME if name in columns)]

        for chunk in read_delimited(file, self.batch_rows, choose):
            events, items, rejects = [], [], self.rejected(file, chunk.broken)
            for row in chunk.frame.iter_rows(named=True):
                try:
                    item = _item(row)
                    events += [
                        {**event, "item_id": item["item_id"], "line": row[LINE]} for event in _events(row)
                    ]
                    items.append(item)
                except InputError as error:
                    rejects.append(self.refused(file, row[LINE], error))
            yield self.batch(events, items, rejects)


def _events(row: _Row) -> list[dict[str, Any]]:
    when = _date(row, "Date Read") or _date(row, "Date Added")
    rating = _whole_number(row, "My Rating") or 0
    if rating > 5:
        raise InputError(f"{rating} is no rating of 0 to 5", field="My Rating")
    shelf = row["Exclusive Shelf"] or ""
    kind = _KINDS.get(shelf, "read" if _whole_number(row, "Read Count") else "save")
    rated = {"kind": "rate", "value": float(rating), "unit": "rating", "occurred_at": when}
    return [{"kind": kind, "occurred_at": when}, *([rated] if rating else [])]


def _item(row: _Row) -> dict[str, Any]:
    book_id = (row["Book Id"] or "").strip()
    if not book_id:
        raise InputError("is empty", field="Book Id")
    title = (row["Title"] or "").strip()
    title, series = _without_series(title)
    authors = [row["Author"] or "", *(row.get("Additional Authors") or "").split(",")]
    year = _year(row.get("Original Publication Year") or row.get("Year Published"))
    extra = {
        "series": series,
        "isbn": _isbn(row.get("ISBN")),
        "isbn13": _isbn(row.get("ISBN13")),
        "publisher": row.get("Publisher") or "",
        "pages": row.get("Number of Pages") or "",
        "year": "" if year is None else str(year),
    }
    return {
        "item_id": book_id,
        "title": title or None,
        "creators": list(dict.fromkeys(" ".join(name.split()) for name in authors if name.strip())),
        "categories": ["book"],
        "published_at": datetime(year, 1, 1, tzinfo=UTC) if year and 1 <= year <= 9999 else None,
        "url": f"https://www.goodreads.com/book/show/{book_id}",
        "extra": json.dumps({key: value for key, value in extra.items() if value}, ensure_ascii=False),
    }


def _without_series(title: str) -> tuple[str, str]:
    """`Dune (Dune, #1)` is the title `Dune` and the series `Dune, #1`."""
    before, _, inside = title.removesuffix(")").rpartition("(")
    if (
        title.endswith(")")
        and before.strip()
        and before[-1].isspace()
        and "#" in inside
        and ")" not in inside
    ):
        return before.strip(), inside.strip()
    return title, ""


def _date(row: _Row, name: str) -> datetime | None:
    text = (row[name] or "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{text[:40]!r} is no date YYYY/MM/DD", field=name) from error


def _whole_number(row: _Row, name: str) -> int | None:
    text = (row.get(name) or "").strip()
    if not text:
        return None
    if text.isdecimal() and len(text) < 10:
        return int(text)
    raise InputError(f"{text[:40]!r} is no whole number", field=name)


def _year(text: str | None) -> int | None:
    """The year a book came out; before Christ it is negative, and nothing hangs on it."""
    return int(text) if text and re.fullmatch(r"-?\d{1,4}", text.strip()) else None


def _isbn(text: str | None) -> str:
    """Goodreads writes ="9780441013593", so that spreadsheets leave it alone."""
    match = _ISBN.fullmatch((text or "").strip())
    return match[1] if match else ""
