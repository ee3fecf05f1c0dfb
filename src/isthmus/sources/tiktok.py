"""TikTok (and Douyin) user data as JSON: what was watched, liked, kept, shared, searched and followed.

Messages, comments, log-ins with their addresses, purchases and the profile are passed over unread.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.column_fields import clock_times, is_clock
from isthmus.sources.columns import Columns, ColumnSource
from isthmus.sources.fields import iso_time, text
from isthmus.sources.records import Made
from isthmus.sources.tabular import (
    Broken,
    JsonBlock,
    JsonPath,
    JsonRow,
    iter_json_parts,
    read_part_columns,
)

__all__ = ["TikTokSource"]

_KIND = "\0kind"
_LISTS = {  # the last two keys on the way to a list; the names have changed over the years
    ("Video Browsing History", "VideoList"): "watch", ("Watch History", "VideoList"): "watch",
    ("Like List", "ItemFavoriteList"): "like", ("Favorite Videos", "FavoriteVideoList"): "save",
    ("Share History", "ShareHistoryList"): "share", ("Search History", "SearchList"): "search",
    ("Searches", "SearchList"): "search", ("Following List", "Following"): "follow",
    ("Following", "Following"): "follow",
}  # fmt: skip
_VIDEO = re.compile(
    r"https?://[\w.-]*(?:tiktok|tiktokv|douyin|iesdouyin)\.com/\S{0,200}?/?(video|photo|note|v)/(\d{6,25})\b.*"
)

_PLAIN_START = (
    r"^https?://[A-Za-z0-9.-]*(?:tiktok|tiktokv|douyin|iesdouyin)\.com/"
    r"(?:share/|@[A-Za-z0-9_.]+/)?(?:video|photo|note|v)$"
)
_PLAIN_END = r"/[0-9]{6,25}/?$"
_LONG_LINK = 150
_DATES, _LINKS, _TERMS, _NAMES = (
    ("Date", "date"), ("Link", "link", "VideoLink"), ("SearchTerm", "searchTerm"), ("UserName", "userName"),
)  # fmt: skip


class TikTokSource(ColumnSource):
    """Watched as `watch`, liked as `like`, a favourite as `save`, shared as `share`, accounts as `follow`.

    Searches are `search` with their words. The export has no titles at all: only ids and times.
    """

    name = "tiktok"
    patterns = ("user_data*.json",)
    advice = "TikTok, Settings, Account, Download your data, all data, as JSON (not TXT)."
    marks = (('"Video Browsing History"',), ('"Watch History"', '"VideoList"'), ('"ItemFavoriteList"',))

    schema = pl.Schema(dict.fromkeys((*_DATES, *_LINKS, *_TERMS, *_NAMES), pl.String()))

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries of all lists. InputError where the file holds none of them."""
        for path, line, row in iter_json_parts(file, _wants, advice=self.advice):
            yield line, row if isinstance(row, Broken) else {**row, _KIND: _LISTS[path[-2], path[-1]]}

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """As `rows`."""
        for path, block in read_part_columns(file, self.schema, _wants, advice=self.advice):
            yield block.marked({_KIND: _LISTS[path[-2], path[-1]]})

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What was shared and is no video: profiles, sounds, live streams."""
        shared = row[_KIND] == "share" and not _VIDEO.fullmatch(_first(row, *_LINKS[:2]) or "")
        return "shared, and no video" if shared else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and the video or account it is about."""
        kind = row[_KIND]
        event = {"kind": kind, "occurred_at": iso_time(row, "Date" if "Date" in row else "date")}
        if kind == "search":
            words = _first(row, *_TERMS)
            if words is None:
                raise InputError("is empty", field="SearchTerm")
            yield {**event, "text": words}, {"item_id": None}
        elif kind == "follow":
            yield event, _account(_first(row, *_NAMES))
        else:
            yield event, _video(_first(row, *_LINKS))

    def parted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """With the `url`, and of plain ones the `video` and its `sort`; and with the `time`."""
        url, at = pl.col("url"), pl.col("at")
        made = frame.with_columns(url=pl.coalesce(_LINKS), time=pl.coalesce(_DATES))
        made = made.with_columns(at=url.str.find(_PLAIN_END))  # in bytes: characters behind a plain start
        made = made.with_columns(sort=_sorts(made["url"].str.head(made["at"])))
        plain = (url.str.len_bytes() < _LONG_LINK) & pl.col("sort").is_not_null()
        return made.with_columns(video=pl.when(plain).then(url.str.slice(at + 1).str.strip_suffix("/")))

    def columns(self) -> Columns:
        """As `make`, for videos with a plain link."""
        video, time = pl.col("video"), pl.col("time")
        photo = pl.when(pl.col("sort").is_in(["photo", "note"])).then(pl.lit("photo"))
        return Columns(
            plain=~pl.col(_KIND).is_in(["search", "follow"]) & video.is_not_null() & is_clock(time),
            left_out=pl.lit(None, pl.String),
            event={"kind": pl.col(_KIND), "occurred_at": clock_times(time)},
            item={
                "item_id": video,
                "categories": pl.concat_list(photo.otherwise(pl.lit("video"))),
                "url": pl.col("url"),
            },
        )


def _sorts(starts: pl.Series) -> pl.Series:
    """What a plain link is to, by all that stands before the number; null of others."""
    different = starts.unique()
    sort = pl.when(pl.first().str.contains(_PLAIN_START)).then(pl.first().str.extract("([a-z]+)$"))
    return starts.replace_strict(different, different.to_frame().select(sort).to_series())


def _wants(path: JsonPath, _: str) -> bool:
    return path[-2:] in _LISTS


def _first(row: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if (value := text(row, name))), None)


def _account(name: str | None) -> dict[str, Any]:
    if not name or not re.fullmatch(r"[\w.]{1,60}", name):
        raise InputError("names no account", field="UserName")
    return {"item_id": f"@{name}", "title": name, "categories": ["account"]}


def _video(link: str | None) -> dict[str, Any]:
    found = _VIDEO.fullmatch(link or "")
    if not found:
        raise InputError("is no link to a video", field="Link")
    sort = "video" if found[1] in ("video", "v") else "photo"
    return {"item_id": found[2], "categories": [sort], "url": link}
