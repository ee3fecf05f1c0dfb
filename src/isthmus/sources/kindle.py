"""Kindle, as Amazon gives it on request: reading sessions, joined with the library that lies beside them.

Devices, places, addresses, highlights, orders with their prices and personal documents are not read.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, nested, text, whole_number
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import Broken, JsonRow
from isthmus.sources.tabular.stream import read_text

__all__ = ["KindleSource"]

_NEEDED = ("start_timestamp", "ASIN", "total_reading_millis")
_WELCOME = ("end_timestamp", "content_type")
_PERSONAL = ("pdoc", "personal", "document")
_ASIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MOST_FILES = 50_000


class KindleSource(RecordSource):
    """A session as `read` in seconds, at the time it began; that of a sample too.

    Titles, authors and genres come from the library in the same export, where it is there. Sessions with
    personal documents are left out.
    """

    name = "kindle"
    patterns = ("kindle.devices.readingsession*.csv",)
    advice = "amazon.com, Request your data, Kindle; then unpack it and name the folder that holds all of it."
    marks = (("start_timestamp", "total_reading_millis"),)

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The sessions with what is known of their books. InputError where a needed column is missing."""
        library = _library_beside(file)
        for line, row in csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice):
            if isinstance(row, Broken):
                yield line, row
            else:
                yield line, {**row, "book": library.book(text(row, "ASIN") or "")}

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Personal documents, and sessions without a book."""
        sort = (text(row, "content_type") or "").lower()
        asin = text(row, "ASIN")
        if any(word in sort for word in _PERSONAL) or (asin is not None and len(asin) > 10):
            return "personal documents"
        return "sessions without a book" if asin is None else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event and its book."""
        asin = needed_text(row, "ASIN")
        if len(asin) != 10 or not set(asin) <= _ASIN:
            raise InputError(f"{asin[:40]!r} is no ASIN", field="ASIN")
        read_ms = whole_number(row, "total_reading_millis") or 0
        when = iso_time(row, "start_timestamp") or iso_time(row, "end_timestamp")
        event = {"kind": "read", "value": read_ms / 1000, "unit": "seconds", "occurred_at": when}
        yield event, {"item_id": asin, "categories": ["book"], **row["book"]}


@dataclass
class _Library:
    """What the other files of an export say of its books, by ASIN."""

    titles: dict[str, str] = field(default_factory=dict)
    series: dict[str, str] = field(default_factory=dict)
    authors: dict[str, list[str]] = field(default_factory=dict)
    genres: dict[str, list[str]] = field(default_factory=dict)

    def book(self, asin: str) -> dict[str, Any]:
        """The columns of an item that are known."""
        series = self.series.get(asin)
        return {
            "title": self.titles.get(asin),
            "creators": self.authors.get(asin, []),
            "tags": self.genres.get(asin, []),
            "extra": json.dumps({"series": series}, ensure_ascii=False) if series else None,
        }

    def add_table(self, file: Path) -> None:
        """Titles, authors or genres from one of the tables of the library index."""
        welcome = ("Product Name", "Author Name", "Genre", "Series Title")
        for _, row in csv_records(file, 100_000, ("ASIN",), welcome):
            asin = None if isinstance(row, Broken) else text(row, "ASIN")
            if asin is None or isinstance(row, Broken):
                continue
            if title := text(row, "Product Name"):
                self.titles.setdefault(asin, title)
            if series := text(row, "Series Title"):
                self.series.setdefault(asin, series)
            for name, known in (("Author Name", self.authors), ("Genre", self.genres)):
                value = text(row, name)
                if value is not None and value not in known.setdefault(asin, []):
                    known[asin].append(value)

    def add_ownership(self, file: Path) -> None:
        """The title in the record of what one book was acquired with; rights and prices stay unread."""
        try:
            document = json.loads(read_text(file))
        except (ValueError, RecursionError):
            return
        resource = nested(document, "resource") if isinstance(document, dict) else {}
        asin, title = text(resource, "ASIN"), text(resource, "Product Name") or text(resource, "productName")
        if asin and title:
            self.titles.setdefault(asin, title)


def _library_beside(file: Path) -> _Library:
    """What the rest of the export says; a file of it that cannot be read says nothing."""
    library = _Library()
    inside = file.parent.name.lower().startswith("kindle.")
    root = file.parent.parent if inside else file.parent
    for other in _files_of_library(root, deep=inside):
        try:
            if other.suffix.lower() == ".csv":
                library.add_table(other)
            else:
                library.add_ownership(other)
        except InputError:
            continue
    return library


def _files_of_library(root: Path, deep: bool) -> Iterator[Path]:
    """Tables of the library index first, then the records of ownership; links are not followed."""
    tables: list[Path] = []
    records: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(folders) if deep else [name for name in sorted(folders) if _is_library(name)]
        for name in sorted(names):
            if _is_library(name) and len(tables) + len(records) < _MOST_FILES:
                (tables if name.lower().endswith(".csv") else records).append(Path(folder) / name)
    yield from (file for file in [*tables, *records] if not file.is_symlink())


def _is_library(name: str) -> bool:
    low = name.lower()
    return low.startswith(
        ("kindle.unifiedlibraryindex", "digital.content.ownership", "customerauthor", "datasets")
    )
