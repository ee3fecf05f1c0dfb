"""LibraryThing export: the books of a library, as JSON or as tab-delimited text.

Reviews, comments, private comments, own tags, prices, shops, and to whom a book is lent are not read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import day, needed_text, number, text
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import Broken, JsonRow, iter_json_records

__all__ = ["LibraryThingSource"]

_NEEDED = ("Book Id", "Title", "Primary Author", "Rating", "Collections", "Entry Date")
_WELCOME = (
    "Secondary Author", "Date", "Date Started", "Date Read", "Languages", "ISBN", "ISBNs", "Subjects",
    "Work id",
)  # fmt: skip
_WANTED = {"to read", "wishlist"}
_READ = {"currently reading", "read but unowned"}


class LibraryThingSource(RecordSource):
    """A book with a date of reading or a rating, or in a collection of read books, as `read`.

    Any other book counts as `save`. A rating (0.5 to 5) is a further event `rate`.
    """

    name = "librarything"
    patterns = ("librarything*.json", "librarything*.tsv", "librarything*.txt", "librarything*.xls")
    advice = "librarything.com/export.php: JSON, or tab-delimited text."
    marks = (('"books_id"', '"primaryauthor"'), ("Book Id\tTitle\tSort Character",))

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The books. InputError where the file is neither form of the export."""
        if not file.name.lower().removesuffix(".gz").endswith(".json"):
            yield from csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice)
            return
        for line, row in iter_json_records(file, ("*",)):
            yield line, row if isinstance(row, Broken) else _as_table(row)

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and one more for a rating."""
        item = _book(row)
        read = day(row, "Date Read") or day(row, "Date Started")
        when = read or day(row, "Entry Date")
        stars = number(row, "Rating")
        if stars is not None and not 0 <= stars <= 5:
            raise InputError(f"{stars} is no rating of 0 to 5", field="Rating")
        shelves = {part.strip().lower() for part in (text(row, "Collections") or "").split(",")}
        is_read = read is not None or bool(stars) or (bool(shelves & _READ) and not shelves & _WANTED)
        yield {"kind": "read" if is_read else "save", "occurred_at": when}, item
        if stars:
            yield {"kind": "rate", "value": stars, "unit": "rating", "occurred_at": when}, item


def _as_table(row: Mapping[str, Any]) -> dict[str, Any]:
    """A book of the JSON form under the names of the columns of the other."""
    authors = row.get("authors")
    named = [one for one in authors if isinstance(one, dict)] if isinstance(authors, list) else []
    isbn = row.get("isbn")
    numbers = list(isbn.values()) if isinstance(isbn, dict) else isbn if isinstance(isbn, list) else [isbn]
    return {
        "Book Id": row.get("books_id"),
        "Title": row.get("title"),
        "Primary Author": row.get("primaryauthor"),
        "Secondary Author": "|".join(name for one in named[1:] if (name := text(one, "lf"))),
        "Rating": row.get("rating"),
        "Collections": ",".join(_texts(row.get("collections"))),
        "Entry Date": row.get("entrydate"),
        "Date": row.get("date"),
        "Date Read": row.get("dateread"),
        "Date Started": row.get("datestarted"),
        "Languages": ",".join(_texts(row.get("language"))),
        "ISBNs": ",".join(number for number in numbers if isinstance(number, str)),
        "Subjects": "|".join(_texts(row.get("genre"))),
        "Work id": row.get("workcode"),
    }


def _texts(value: object) -> list[str]:
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, str) and part]


def _book(row: Mapping[str, Any]) -> dict[str, Any]:
    book_id = needed_text(row, "Book Id")
    if not re.fullmatch(r"\d{1,15}", book_id, re.ASCII):
        raise InputError(f"{book_id[:40]!r} is no id of a book", field="Book Id")
    authors = [text(row, "Primary Author") or "", *re.split(r"[|;]", text(row, "Secondary Author") or "")]
    isbns = re.findall(r"\b(?:97[89])?\d{9}[\dXx]\b", f"{text(row, 'ISBNs') or ''} {text(row, 'ISBN') or ''}")
    extra = {f"isbn{'13' if len(isbn) == 13 else ''}": isbn for isbn in reversed(isbns)}
    if work := text(row, "Work id"):
        extra["work"] = work
    year = re.fullmatch(r"\D{0,20}([12]\d{3})\D{0,20}", text(row, "Date") or "", re.ASCII)
    return {
        "item_id": book_id,
        "title": needed_text(row, "Title"),
        "creators": list(dict.fromkeys(_turned(name) for name in authors if name.strip())),
        "categories": ["book"],
        "tags": [part.strip() for part in (text(row, "Subjects") or "").split("|") if part.strip()][:20],
        "published_at": datetime(int(year[1]), 1, 1, tzinfo=UTC) if year else None,
        "url": f"https://www.librarything.com/work/{work}" if work else None,
        "extra": json.dumps(extra) if extra else None,
    }


def _turned(name: str) -> str:
    """`Le Guin, Ursula K.` is Ursula K. Le Guin."""
    last, _, first = name.strip().partition(", ")
    return f"{first} {last}" if first and "," not in first else name.strip()
