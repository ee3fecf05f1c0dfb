"""Letterboxd export: films watched, rated, liked and wanted.

Reviews, tags, comments, lists and the profile are not read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import day, needed_text, number, text
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import Broken, JsonRow

__all__ = ["LetterboxdSource"]

_ROLE, _IN_DIARY, _RATED_APART = "\0role", "\0in diary", "\0rated apart"
_UNDONE = {"deleted", "orphaned"}
"""Folders of the export with what the person took back."""


class LetterboxdSource(RecordSource):
    """A film watched as `watch`, rated as `rate` (0.5 to 5), liked as `like`, on the watchlist as `save`.

    A film of the diary that lies beside is not counted a second time from the list of watched films, nor is
    its rating. The diary links to entries, not to films: a film is known by its title and year.
    """

    name = "letterboxd"
    patterns = ("watched*.csv", "ratings*.csv", "diary*.csv", "watchlist*.csv", "films.csv")
    advice = "letterboxd.com, Settings, Data, Export your data; then unpack it."
    marks = (("Letterboxd URI",),)

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of the export, without those of deleted and orphaned entries."""
        return [file for file in super().files(paths) if file.parent.name.lower() not in _UNDONE]

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The rows with what the file is. InputError where its columns are not those of Letterboxd."""
        name = file.name.lower()
        role = "save" if name.startswith("watchlist") else "like" if name.startswith("films") else "watch"
        in_diary = _films_of(file.with_name("diary.csv")) if name.startswith("watched") else frozenset()
        rated_apart = file.with_name("ratings.csv").is_file()
        welcome = ("Rating", "Watched Date", "Letterboxd URI")
        for line, row in csv_records(file, self.batch_rows, ("Date", "Name", "Year"), welcome, self.advice):
            if isinstance(row, Broken):
                yield line, row
                continue
            known = {_IN_DIARY: _key(row) in in_diary, _RATED_APART: rated_apart}
            yield line, {**row, **known, _ROLE: "rate" if _is_rating(row) else role}

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Films that the diary has with their dates."""
        return "in the diary as well" if row[_IN_DIARY] else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, or two for a diary entry with a rating."""
        item = _film(row)
        when = day(row, "Watched Date") or day(row, "Date")
        if row[_ROLE] != "rate":
            yield {"kind": row[_ROLE], "occurred_at": when}, item
        if row[_ROLE] == "rate" or not row[_RATED_APART]:
            rating = number(row, "Rating")
            if rating is not None and not 0.5 <= rating <= 5:
                raise InputError(f"{rating} is no rating of 0.5 to 5", field="Rating")
            if rating is not None:
                yield {"kind": "rate", "value": rating, "unit": "rating", "occurred_at": when}, item


def _is_rating(row: Mapping[str, Any]) -> bool:
    return "Rating" in row and "Watched Date" not in row


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return text(row, "Name") or "", text(row, "Year") or ""


def _films_of(diary: Path) -> frozenset[tuple[str, str]]:
    if not diary.is_file():
        return frozenset()
    rows = csv_records(diary, 100_000, ("Name", "Year"))
    return frozenset(_key(row) for _, row in rows if not isinstance(row, Broken))


def _film(row: Mapping[str, Any]) -> dict[str, Any]:
    name, year = needed_text(row, "Name"), text(row, "Year")
    if year is not None and not (year.isascii() and year.isdecimal() and len(year) == 4 and year > "1800"):
        raise InputError(f"{year[:40]!r} is no year", field="Year")
    link = text(row, "Letterboxd URI") if "Watched Date" not in row else None
    return {
        "item_id": f"{name} ({year})" if year else name,
        "title": name,
        "categories": ["film"],
        "published_at": datetime(int(year), 1, 1, tzinfo=UTC) if year else None,
        "url": link if link and link.startswith("https://") else None,
    }
