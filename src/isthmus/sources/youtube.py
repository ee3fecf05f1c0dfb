"""YouTube in Google Takeout: watch and search history, as JSON and as HTML, in any language.

What an entry is, is told from its link, since the verb in front of the title is in the person's language.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS, Batch
from isthmus.sources.column_fields import is_iso, iso_times, one_list, told, words
from isthmus.sources.columns import Columns, ColumnSource
from isthmus.sources.fields import iso_time, needed_text, text
from isthmus.sources.records import Made
from isthmus.sources.tabular import JsonBlock, JsonRow, blocks_of, read_json_array, read_json_columns
from isthmus.sources.takeout_pages import read_activity_page
from isthmus.sources.written_dates import read_written_time

__all__ = ["YouTubeSource"]

_NAMES = (
    "watch-history", "search-history", "wiedergabeverlauf", "suchverlauf", "historial-de-reproducciones",
    "historial de reproducciones", "historial-de-b*", "historial de b*", "historique-des-vid*",
    "historique des vid*",
    "historique-des-recherches", "historique des recherches", "histórico-de-*", "histórico de *",
    "cronologia *", "cronologia-*", "kijkgeschiedenis", "zoekgeschiedenis", "история-*", "история *",
    "观看记录",
    "观看历史记录", "搜索记录", "搜索历史记录", "觀看記錄", "搜尋記錄", "再生履歴", "視聴履歴", "検索履歴",
    "시청 기록", "시청기록", "검색 기록",
)  # fmt: skip
_VERBS = (  # before and behind a title
    ("Watched ", ""), ("Has visto ", ""), ("Viste ", ""), ("Vous avez regardé ", ""), ("Hai guardato ", ""),
    ("", " angesehen"), ("Вы посмотрели видео ", ""), ("Вы посмотрели ", ""), ("Просмотрено видео ", ""),
    ("Je hebt naar ", " gekeken"), ("Je hebt ", " bekeken"), ("Você assistiu a ", ""), ("Assistiu a ", ""),
    ("Viu ", ""), ("Obejrzano: ", ""), ("Obejrzano ", ""), ("Ви переглянули відео ", ""),
    ("Ви дивилися відео ", ""), ("Tittade på ", ""), ("Så på ", ""), ("Så ", ""), ("Zhlédli jste video ", ""),
    ("", " adlı videoyu izlediniz"), ("", " を視聴しました"), ("", "을(를) 시청했습니다."),
    ("", " 을(를) 시청했습니다."), ("已观看", ""), ("观看了 ", ""),
    ("观看了", ""), ("已觀看", ""), ("看過「", "」"),
)  # fmt: skip


def _titled(verbs: Iterable[tuple[str, str]]) -> re.Pattern[str]:
    """What reads a title without its verb, the longest that fits."""
    longest_first = sorted(verbs, key=lambda verb: -len(verb[0]) - len(verb[1]))
    forms = (f"{re.escape(before)}(.+){re.escape(after)}" for before, after in longest_first)
    return re.compile("|".join(forms), re.DOTALL)


_TITLED = _titled(_VERBS)
_SURVEYED, _ENOUGH = 300, 20
_VIDEO = re.compile(r"[\w-]{6,20}")
_PLAIN_LINK = re.compile(r"https://((?:www|m|music)\.youtube\.com)/watch\?v=([A-Za-z0-9_-]{6,20})")
_NO_LINK, _ADVERTISED = "removed videos, and entries without a link", "advertisements"
_ZONE_NOTE = "The zone of some times is not known; these were taken as UTC."


class YouTubeSource(ColumnSource):
    """A watched video as `watch`, one played in YouTube Music as `play`, a search as `search` with its words.

    Advertisements, removed videos and what is neither video nor search are left out and counted.
    """

    name = "youtube"
    patterns = tuple(f"{name}*{end}" for name in _NAMES for end in (".json", ".html"))
    advice = "takeout.google.com: YouTube and YouTube Music, history, as JSON if you can; then unpack it."
    marks = (
        ("youtube.com/watch?v", '"titleUrl"'),
        ("youtube.com/results?search_query",),
        ("outer-cell", "YouTube"),
    )

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        super().__init__(user_id=user_id, platform=platform, batch_rows=batch_rows)
        self._titled = _TITLED
        self._zones_guessed = False

    schema = pl.Schema(
        {
            **dict.fromkeys(("header", "title", "titleUrl", "time", "details"), pl.String()),
            "subtitles": pl.List(pl.Struct({"name": pl.String()})),
        }
    )

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries. InputError where the file is neither a JSON array nor an activity page."""
        rows = read_activity_page(file) if _is_page(file) else read_json_array(file)
        first = list(islice(rows, _SURVEYED))
        self._survey(first)
        return chain(first, rows)

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """As `rows`."""
        if _is_page(file):
            return blocks_of(self.rows(file))
        self._survey(islice(read_json_array(file), _SURVEYED))
        return read_json_columns(file, self.schema, array=True)

    def _survey(self, first: Iterable[JsonRow]) -> None:
        """Learn the verb of the file from its first entries, if it is one of a language that is not known."""
        common = _common_verb([row["title"] for _, row in first if isinstance(row, dict) and _is_watch(row)])
        self._titled = _titled((*_VERBS, common)) if any(common) else _TITLED

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of entries; a note says where zones had to be guessed."""
        told, self._zones_guessed = False, False
        for batch in super().read(file):
            notes = (_ZONE_NOTE,) if self._zones_guessed and not told else ()
            told = told or bool(notes)
            yield replace(batch, notes=notes)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Advertisements, what is gone, and what is neither video nor search."""
        if not text(row, "titleUrl"):
            return _NO_LINK
        if row.get("details"):
            return _ADVERTISED
        return "" if _video_id(row) or _search(row) else "neither videos nor searches"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and the video it is about."""
        when = self._time(row)
        if words := _search(row):
            yield {"kind": "search", "text": words, "occurred_at": when}, {"item_id": None}
            return
        music = (text(row, "header") or "") == "YouTube Music" or "music.youtube" in str(row["titleUrl"])
        channel = _channel(row)
        video = _video_id(row)
        yield (
            {"kind": "play" if music else "watch", "occurred_at": when},
            {
                "item_id": video,
                "title": self._title(row),
                "creators": [channel.removesuffix(" - Topic")] if channel else [],
                "categories": ["music" if music else "video"],
                "url": f"https://www.youtube.com/watch?v={video}",
            },
        )

    def columns(self) -> Columns:
        """As `make`, for videos with a plain link."""
        link, details = pl.col("titleUrl"), pl.col("details")
        channel = pl.col("subtitles").list.first().struct.field("name")
        no_link = pl.when(words(link).is_null()).then(pl.lit(_NO_LINK))
        advertised = pl.when(~details.is_in(["", "[]", "{}"])).then(pl.lit(_ADVERTISED))
        left_out = pl.coalesce(no_link, advertised)
        video = link.str.extract(rf"^{_PLAIN_LINK.pattern}$", 2)
        music = (words(pl.col("header")) == "YouTube Music").fill_null(value=False)
        music |= link.str.contains("music.youtube", literal=True)
        return Columns(
            plain=told(link)
            & ~details.is_in(["true", "false"]).fill_null(value=False)
            & (
                left_out.is_not_null()
                | told(pl.col("header", "title"), channel) & video.is_not_null() & is_iso(pl.col("time"))
            ),
            left_out=left_out,
            event={
                "kind": pl.when(music).then(pl.lit("play")).otherwise(pl.lit("watch")),
                "occurred_at": iso_times(pl.col("time")),
            },
            item={
                "item_id": video,
                "title": pl.col("title").map_batches(self._titles, return_dtype=pl.String),
                "creators": one_list(words(channel).str.strip_suffix(" - Topic")),
                "categories": one_list(pl.when(music).then(pl.lit("music")).otherwise(pl.lit("video"))),
                "url": pl.concat_str(pl.lit("https://www.youtube.com/watch?v="), video),
            },
        )

    def _titles(self, titles: pl.Series) -> pl.Series:
        return pl.Series([self._title({"title": title}) for title in titles.to_list()], dtype=pl.String)

    def _time(self, row: Mapping[str, Any]) -> datetime | None:
        if "written" not in row:
            needed_text(row, "time")
            return iso_time(row, "time")
        read = read_written_time(row["written"])
        if read is None:
            raise InputError(f"{str(row['written'])[:40]!r} is no time", field="time")
        self._zones_guessed = self._zones_guessed or not read[1]
        return read[0]

    def _title(self, row: Mapping[str, Any]) -> str | None:
        """The title without the verb; None where the link stands in its place (removed videos)."""
        title = text(row, "title") or ""
        if "written" not in row:  # in the HTML form the title is a link, and the verb stands outside
            title = _without_verb(title, self._titled)
        title = html.unescape(title)
        return None if not title or re.match(r"https?://\S*youtube\.com/", title) else title


def _is_page(file: Path) -> bool:
    return file.name.lower().removesuffix(".gz").endswith((".html", ".htm"))


def _is_watch(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("title"), str) and "written" not in row and bool(_video_id(row))


def _address(row: Mapping[str, Any]) -> tuple[str, str, dict[str, list[str]]]:
    return _parts(text(row, "titleUrl") or "")


@lru_cache(maxsize=4)  # each row asks more than once
def _parts(link: str) -> tuple[str, str, dict[str, list[str]]]:
    if plain := _PLAIN_LINK.fullmatch(link):  # nearly all of them; taking any address apart is slow
        return plain[1], "/watch", {"v": [plain[2]]}
    try:
        parts = urlsplit(link)
        host = parts.netloc.lower()
        # A query of a thousand parts is none of YouTube.
        return host, parts.path, parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return "", "", {}


def _video_id(row: Mapping[str, Any]) -> str | None:
    host, path, query = _address(row)
    if host == "youtu.be":
        found = path[1:]
    elif host == "youtube.com" or host.endswith(".youtube.com"):
        found = query.get("v", [""])[0] if path == "/watch" else ""
        found = path.split("/")[2] if path.startswith(("/shorts/", "/live/")) else found
    else:
        found = ""
    return found if _VIDEO.fullmatch(found) else None


def _search(row: Mapping[str, Any]) -> str:
    host, path, query = _address(row)
    ours = host == "youtube.com" or host.endswith(".youtube.com")
    words = query.get("search_query") or query.get("q") or [""]
    return words[0].strip() if ours and path in ("/results", "/search") else ""


def _channel(row: Mapping[str, Any]) -> str | None:
    subtitles = row.get("subtitles")
    first = subtitles[0] if isinstance(subtitles, list) and subtitles else None
    return text(first, "name") if isinstance(first, Mapping) else None


def _without_verb(title: str, titled: re.Pattern[str]) -> str:
    found = titled.fullmatch(title)
    return (found[found.lastindex or 0] if found else title).strip()


def _common_verb(titles: Sequence[str]) -> tuple[str, str]:
    """What all titles begin and end with, where there are enough of them: the verb of an unknown language."""
    distinct = sorted(set(titles))
    known = any(
        title.startswith(verb[0]) and title.endswith(verb[1]) for verb in _VERBS for title in distinct[:1]
    )
    if len(distinct) < _ENOUGH or known:
        return "", ""
    before = _beginning(distinct[0], distinct[-1])
    backwards = sorted(title[::-1] for title in distinct)
    after = _beginning(backwards[0], backwards[-1])[::-1]
    # A verb is a whole word, with the space that parts it from the title.
    return before[: before.rfind(" ") + 1], after[after.find(" ") :] if " " in after else ""


def _beginning(one: str, other: str) -> str:
    """What two texts begin with; of a sorted list, what all between the two begin with."""
    same = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other))] if same is None else one[:same]
