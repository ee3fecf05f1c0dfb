"""Calibre library: its database (opened read-only), the catalogue as CSV, or the metadata file of a book.

Highlights, custom columns, paths of files and what is kept of reading devices are not read.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, number, text
from isthmus.sources.markup import plain_text
from isthmus.sources.opf import read_opf
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import Broken, JsonRow

__all__ = ["CalibreSource"]

_NEEDED = ("title", "authors", "uuid")
_WELCOME = (
    "comments", "identifiers", "isbn", "languages", "pubdate", "publisher", "rating", "series", "tags",
    "timestamp",
)  # fmt: skip
_SEPARATOR = "\x1f"
_BOOKS = """
SELECT books.id, books.title, books.uuid, books.timestamp, books.pubdate,
 (SELECT group_concat(name, char(31)) FROM authors JOIN books_authors_link AS l ON l.author = authors.id
  WHERE l.book = books.id) AS authors,
 (SELECT group_concat(name, char(31)) FROM tags JOIN books_tags_link AS l ON l.tag = tags.id
  WHERE l.book = books.id) AS tags,
 (SELECT name FROM series JOIN books_series_link AS l ON l.series = series.id
  WHERE l.book = books.id) AS series,
 (SELECT name FROM publishers JOIN books_publishers_link AS l ON l.publisher = publishers.id
  WHERE l.book = books.id) AS publisher,
 (SELECT ratings.rating FROM ratings JOIN books_ratings_link AS l ON l.rating = ratings.id
  WHERE l.book = books.id) AS halves,
 (SELECT group_concat(type || ':' || val) FROM identifiers WHERE book = books.id) AS identifiers,
 (SELECT group_concat(languages.lang_code) FROM languages JOIN books_languages_link AS l
  ON l.lang_code = languages.id
  WHERE l.book = books.id) AS languages,
 (SELECT text FROM comments WHERE book = books.id) AS comments
FROM books ORDER BY books.id
"""
_READ_FROM = {
    "books", "authors", "tags", "series", "publishers", "ratings", "identifiers", "languages", "comments",
    *(f"books_{name}_link" for name in ("authors", "tags", "series", "publishers", "ratings", "languages")),
}  # fmt: skip
_MOST_STEPS = 20_000_000
_STEPS_PER_CALL = 100_000
_LONGEST_CELL = 16_000_000
_ISBN = re.compile(r"\bisbn:((?:97[89])?\d{9}[\dXx])\b")
_NO_DATE = 200
"""Calibre writes the year 101 where it does not know."""


class CalibreSource(RecordSource):
    """A book of the library as `save`, at the time it was added; stars as `rate` (0.5 to 5).

    Calibre keeps no record of reading. A folder with `metadata.db` is read from it alone.
    """

    name = "calibre"
    patterns = ("metadata.db", "metadata.opf", "*calibre*.csv", "catalog*.csv", "my books*.csv")
    advice = "Name the folder of the library, or Convert books, Create a catalog, CSV."
    marks = (
        ("author_sort,authors,comments",),
        ("SQLite format 3", "books_authors_link"),
        ("calibre", "<package"),
    )

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files below `paths`; where there is the database, not the metadata files that repeat it."""
        found = super().files(paths)
        libraries = [file.parent for file in found if file.name.lower() == "metadata.db"]
        return [
            file
            for file in found
            if file.suffix.lower() != ".opf" or not any(folder in file.parents for folder in libraries)
        ]

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The books. InputError where the file is none of the three forms."""
        ending = file.name.lower().removesuffix(".gz").rpartition(".")[2]
        if ending == "db":
            return _rows_of_database(file)
        if ending == "opf":
            return iter([(1, read_opf(file))])
        return _rows_of_catalogue(file, self.batch_rows, self.advice)

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and one more for stars."""
        item, when = _book(row), _time(row, "timestamp")
        stars = number(row, "rating")
        if stars is not None and not 0 <= stars <= 5:
            raise InputError(f"{stars} is no rating of 0 to 5", field="rating")
        yield {"kind": "save", "occurred_at": when}, item
        if stars:
            yield {"kind": "rate", "value": stars, "unit": "rating", "occurred_at": when}, item


def _rows_of_catalogue(file: Path, batch_rows: int, advice: str) -> Iterator[JsonRow]:
    for line, row in csv_records(file, batch_rows, _NEEDED, _WELCOME, advice):
        if isinstance(row, Broken):
            yield line, row
            continue
        split = {"authors": " & ", "tags": ", "}
        parts = {name: (row.get(name) or "").split(sign) for name, sign in split.items()}
        yield line, {**row, **{name: _SEPARATOR.join(part) for name, part in parts.items()}}


def _rows_of_database(file: Path) -> Iterator[JsonRow]:
    """The books of a database that is never written, and whose work is bounded: it may come from anywhere."""
    try:
        with closing(_opened(file)) as connection:
            for row in connection.execute(_BOOKS):
                halves = row["halves"]
                stars = (
                    None if halves is None else str(halves / 2) if isinstance(halves, int) else str(halves)
                )
                yield row["id"] if isinstance(row["id"], int) else 0, {**_as_texts(row), "rating": stars}
    except (sqlite3.Error, OverflowError) as error:
        hint = "Close Calibre and try again, or name the folder of a library."
        raise InputError(f"cannot be read as a Calibre library: {error}", hint, file=str(file)) from error


def _opened(file: Path) -> sqlite3.Connection:
    if not file.is_file() or file.stat().st_size == 0:
        raise InputError("the file is empty", "Name the folder of the library.", file=str(file))
    connection = sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
        steps = iter(range(_MOST_STEPS // _STEPS_PER_CALL))
        connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS_PER_CALL)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    except BaseException:
        connection.close()
        raise
    # A view in the place of a table could run whatever its author wished.
    if missing := sorted(name for name in _READ_FROM if kinds.get(name) != "table"):
        connection.close()
        raise InputError(f"has no table {missing[0]!r}", "Is it a Calibre library?", file=str(file))
    return connection


def _as_texts(row: sqlite3.Row) -> dict[str, Any]:
    return {name: row[name] if isinstance(row[name], str) else None for name in row.keys()}  # noqa: SIM118


def _book(row: Mapping[str, Any]) -> dict[str, Any]:
    published = _time(row, "pubdate")
    identifiers = f"{text(row, 'identifiers') or ''},isbn:{text(row, 'isbn') or ''}"
    isbn = _ISBN.search(identifiers)
    extra = {
        "isbn13" if isbn and len(isbn[1]) == 13 else "isbn": isbn[1] if isbn else None,
        "series": text(row, "series"),
        "publisher": text(row, "publisher"),
    }
    languages = [code.strip() for code in (text(row, "languages") or "").split(",") if code.strip()]
    return {
        "item_id": needed_text(row, "uuid"),
        "title": needed_text(row, "title"),
        "description": plain_text(text(row, "comments") or "") or None,
        "creators": [name.replace("|", ",") for name in _parts(row, "authors")],
        "categories": ["book"],
        "tags": _parts(row, "tags"),
        "language": languages[0] if len(languages) == 1 else None,
        "published_at": published if published and published.year > _NO_DATE else None,
        "extra": json.dumps({name: value for name, value in extra.items() if value}, ensure_ascii=False),
    }


def _parts(row: Mapping[str, Any], name: str) -> list[str]:
    parts = (part.strip() for part in (text(row, name) or "").split(_SEPARATOR))
    return [part for part in dict.fromkeys(parts) if part]


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    when = iso_time(row, name)
    return when if when is not None and when.year > _NO_DATE else None
