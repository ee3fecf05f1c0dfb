"""Netflix viewing activity: the file of a data request, and the shorter one of the account page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS, Batch
from isthmus.sources.column_fields import clock_times, is_clock, stripped_alike
from isthmus.sources.columns import Block, Columns, ColumnSource, table_blocks
from isthmus.sources.records import Made
from isthmus.sources.tabular import LINE, Choose, Chunk, JsonRow, blocks_of, read_delimited

__all__ = ["NetflixSource", "series_of"]

_REQUESTED = ("Profile Name", "Start Time", "Duration", "Title", "Supplemental Video Type")
_PAGE = ("Title", "Date")
_DEVICE = "Device Type"

# What stands between the title of a series and that of an episode, in the languages of the export.
_SEASON = re.compile(
    r":\s*(?:(?:limited|mini)[\s-]?series|miniserie|"
    r"(?:season|series|part|volume|book|chapter|staffel|teil|saison|partie|temporada|parte|stagione|seizoen|deel|"
    r"säsong|sezon|sæson|sesong|kausi)\s+\d+|第\s*[\d一二三四五六七八九十]+\s*[季部]|시즌\s*\d+|シーズン\s*\d+)"
    r"[^:]*:\s*\S",
    re.IGNORECASE,
)
_SEASON_HERE = f"(?i){_SEASON.pattern}"
"""For polars."""
_DEVICES = (
    ("tv", ("tv", "roku", "chromecast", "playstation", "xbox", "set top", "blu-ray", "fire stick")),
    ("web", ("browser", "chrome", "firefox", "safari", "edge", " pc", "mac")),
    ("ios", ("iphone", "ipad", "ios")),
    ("android", ("android", "phone", "tablet", "mobile")),
)
_DATE = re.compile(r"(\d{1,4})[/.\-\s]+(\d{1,2})[/.\-\s]+(\d{1,4})\.?")
_CLOCKED = r"^[0-9]{1,4}:[0-5][0-9]:[0-5][0-9]$"
_SUPPLEMENT, _OTHER_PROFILE = "trailers and other supplements", "of another profile"

Order = Literal["day", "month", "either"]


@dataclass(frozen=True)
class _Survey:
    """What only the whole file tells."""

    page: bool
    """Whether it is the file of the account page."""
    profiles: tuple[str, ...]
    day_first: bool
    notes: tuple[str, ...]


class NetflixSource(ColumnSource):
    """Every viewing as `watch`: in seconds from a data request, without a value from the account page.

    Episodes count for their series. Trailers and other supplements are left out. A data request holds every
    profile of the household: `profile` says whose viewings these are.
    """

    name = "netflix"
    patterns = ("viewingactivity*.csv", "netflixviewinghistory*.csv")
    marks = (
        ("Profile Name", "Start Time", "Supplemental Video Type"),
        ("Title,Date\n",),
        ("Title,Date\r\n",),
    )
    advice = "Netflix, Account, Get my info: ViewingActivity.csv; or Viewing activity, Download all."

    def __init__(
        self, *, user_id: str = "", platform: str = "", profile: str = "", batch_rows: int = BATCH_ROWS
    ) -> None:
        super().__init__(user_id=user_id, platform=platform, batch_rows=batch_rows)
        self.profile = profile
        self._file = _Survey(page=False, profiles=(), day_first=False, notes=())

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of viewings.

        Raises InputError where columns are missing, and where there are several profiles and none was chosen.
        """
        for nth, batch in enumerate(super().read(file)):
            yield batch if nth else replace(batch, notes=self._file.notes)

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The viewings."""
        return _viewings(self._chunks(file))

    def blocks(self, file: Path) -> Iterator[Block]:
        """As `rows`."""
        chunks = self._chunks(file)
        return blocks_of(_viewings(chunks)) if self._file.page else table_blocks(chunks)

    def _chunks(self, file: Path) -> Iterator[Chunk]:
        """The viewings, when the whole file has been surveyed; one that is a single chunk is read once."""
        chunks = read_delimited(file, self.batch_rows, _chooser(file))
        begun = list(islice(chunks, 2))
        again = read_delimited(file, self.batch_rows, _chooser(file, only=("Profile Name", "Date")))
        self._file = self._survey(file, begun if len(begun) == 1 else again)
        return chain(begun, chunks)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Trailers, and what other people of the household watched."""
        if row.get("Supplemental Video Type"):
            return _SUPPLEMENT
        if self.profile and "Profile Name" in row and row["Profile Name"] != self.profile:
            return _OTHER_PROFILE
        return ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One viewing."""
        event, item = _event(row, self._file), _item(row)
        # Of two episodes watched on one day, only their own titles tell that they are two.
        event_id = self.event_id(row["Title"], event["occurred_at"])
        yield {**event, "event_id": event_id, "kind": "watch"}, item

    def _survey(self, file: Path, chunks: Iterable[Chunk]) -> _Survey:
        profiles: dict[str, None] = {}
        orders: Counter[Order] = Counter()
        page = False
        for chunk in chunks:
            page = "Date" in chunk.frame.columns
            if page:
                orders.update(order for date in chunk.frame["Date"].drop_nulls() if (order := _order(date)))
            else:
                profiles |= dict.fromkeys(
                    chunk.frame["Profile Name"].drop_nulls().unique(maintain_order=True)
                )
        self._check_profile(file, tuple(profiles), page)
        day_first = orders["day"] > orders["month"]
        return _Survey(page, tuple(profiles), day_first, _notes(orders) if page else ())

    def _check_profile(self, file: Path, profiles: tuple[str, ...], page: bool) -> None:
        if page or self.profile in profiles:
            return
        names = ", ".join(profiles)
        if self.profile and profiles:
            raise InputError(f"no profile is named {self.profile!r}", f"Profiles: {names}.", file=str(file))
        if len(profiles) > 1:
            hint = f"Choose one with --profile: {names}."
            raise InputError("holds several profiles, which may be several people", hint, file=str(file))

    def columns(self) -> Columns:
        """As `make`, for the file of a data request."""
        title, started, lasted = pl.col("Title"), pl.col("Start Time"), pl.col("Duration")
        supplement = pl.when(pl.col("Supplemental Video Type") != "").then(pl.lit(_SUPPLEMENT))
        other = pl.col("Profile Name").ne_missing(self.profile) if self.profile else pl.lit(value=False)
        left_out = pl.coalesce(supplement, pl.when(other).then(pl.lit(_OTHER_PROFILE)))
        series = pl.col("series")
        film = pl.when(series == title.str.strip_chars()).then(pl.lit("film"))
        whole = is_clock(started) & lasted.str.contains(_CLOCKED) & (title.str.strip_chars() != "")
        return Columns(
            plain=left_out.is_not_null() | (whole & stripped_alike(title) & _cased_alike(title)),
            left_out=left_out,
            event={
                "kind": pl.lit("watch"),
                "occurred_at": clock_times(started),
                "value": _seconds_column(lasted),
                "unit": pl.lit("seconds"),
                "context": pl.struct(device=pl.col("device"), scenario=pl.lit(None, pl.String)),
            },
            item={
                "item_id": series,
                "title": series,
                "categories": pl.concat_list(film.otherwise(pl.lit("series"))),
            },
            event_id=(title, pl.concat_str(started, pl.lit("+00:00"))),
        )

    def parted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """With the title of the `series`, and the sort of `device` it was watched on."""
        made = frame.with_columns(series=_series(frame["Title"]))
        if _DEVICE not in frame.columns:
            return made.with_columns(device=pl.lit(None, pl.String))
        names = frame[_DEVICE].unique()
        sorts = pl.Series([_device(name) for name in names.to_list()], dtype=pl.String)
        return made.with_columns(device=pl.col(_DEVICE).replace_strict(names, sorts))


def _viewings(chunks: Iterable[Chunk]) -> Iterator[JsonRow]:
    for chunk in chunks:
        yield from ((one.line, one) for one in chunk.broken)
        yield from ((row.pop(LINE), row) for row in chunk.frame.iter_rows(named=True))


def series_of(title: str) -> str:
    """The title of the series that an episode belongs to; a film is its own, colons and all."""
    match = _SEASON.search(title)
    return title[: match.start()].strip() if match and match.start() else title.strip()


def _series(titles: pl.Series) -> pl.Series:
    """As `series_of`, of titles that are `_cased_alike` and hold no separator of ASCII."""
    title, at = pl.first(), pl.first().str.find(_SEASON_HERE)  # in bytes
    begun = title.cast(pl.Binary).bin.slice(0, at).cast(pl.String)
    series = pl.when(at > 0).then(begun).otherwise(title).str.strip_chars()
    return titles.to_frame().lazy().select(series.alias("series")).collect().to_series()


def _cased_alike(title: pl.Expr) -> pl.Expr:
    """Whether the title is without the letters i that equal a plain one to Python alone."""
    return ~title.str.contains("[\u0130\u0131]")


def _seconds_column(lasted: pl.Expr) -> pl.Expr:
    """Of `_CLOCKED` texts."""
    texts = (lasted.str.head(-6), lasted.str.slice(-5, 2), lasted.str.tail(2))
    hours, minutes, seconds = (text.cast(pl.Int64, strict=False) for text in texts)
    return (hours * 3600 + minutes * 60 + seconds).cast(pl.Float64)


def _chooser(file: Path, only: Sequence[str] = ()) -> Choose:
    """What is read of either file, or what of that is `only` wanted."""

    def choose(columns: Sequence[str]) -> Sequence[str]:
        wanted = (*_REQUESTED, *([_DEVICE] if _DEVICE in columns else []))
        if not set(_REQUESTED) <= set(columns):
            wanted = _PAGE
        if missing := [name for name in wanted if name not in columns]:
            lacking = missing[0] if "Date" in columns else next(n for n in _REQUESTED if n not in columns)
            raise InputError(f"lacks the column {lacking!r}", NetflixSource.advice, file=str(file), line=1)
        return [name for name in wanted if name in only] or wanted

    return choose


def _event(row: Mapping[str, Any], survey: _Survey) -> dict[str, Any]:
    if survey.page:
        return {"occurred_at": _date(row["Date"] or "", survey.day_first)}
    return {
        "occurred_at": _time(row["Start Time"] or ""),
        "value": _seconds(row["Duration"] or ""),
        "unit": "seconds",
        "context": {"device": _device(row.get(_DEVICE)), "scenario": None},
    }


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    title = row["Title"] or ""
    if not title.strip():
        raise InputError("is empty", field="Title")
    series = series_of(title)
    # The export has no ids: the title is all that names a film or series.
    return {
        "item_id": series,
        "title": series,
        "categories": ["series" if series != title.strip() else "film"],
    }


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{text[:40]!r} is no time YYYY-MM-DD HH:MM:SS", field="Start Time") from error


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d{1,4}):([0-5]\d):([0-5]\d)", text.strip(), re.ASCII)
    if not match:
        raise InputError(f"{text[:40]!r} is no duration HH:MM:SS", field="Duration")
    hours, minutes, seconds = map(int, match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _device(name: str | None) -> str | None:
    words = f" {name or ''}".lower()
    if not words.strip():
        return None
    return next((sort for sort, signs in _DEVICES if any(sign in words for sign in signs)), "other")


def _order(text: str) -> Order | None:
    """Which of day and month comes first in a date; None where the year does, or it is no date."""
    match = _DATE.fullmatch(text.strip())
    if not match or len(match[1]) == 4:
        return None
    first, second = int(match[1]), int(match[2])
    if first <= 12 and second <= 12:
        return "either"
    return "day" if second <= 12 else "month"


def _notes(orders: Counter[Order]) -> tuple[str, ...]:
    if orders["day"] and orders["month"]:
        return ("Its dates disagree on whether day or month comes first; the more frequent order was taken.",)
    if orders["either"] and not orders["day"] + orders["month"]:
        return ("Its dates do not tell whether the day or the month comes first; the month was taken to.",)
    return ()


def _date(text: str, day_first: bool) -> datetime:
    match = _DATE.fullmatch(text.strip())
    if match:
        first, second, third = (int(part) for part in match.groups())
        if len(match[1]) == 4:
            year, month, day = first, second, third
        else:
            day, month = (first, second) if day_first else (second, first)
            year = third if third > 99 else 2000 + third
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            pass
    raise InputError(f"{text[:40]!r} is no date in the order of this file", field="Date")
