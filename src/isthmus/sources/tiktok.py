"""TikTok (and Douyin) user data as JSON: what was watched, liked, kept, shared, searched and followed.

Messages, comments, log-ins with their addresses, purchases and the profile are passed over unread.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import Broken, JsonPath, JsonRow, iter_json_parts

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


class TikTokSource(RecordSource):
    """Watched as `watch`, liked as `like`, a favourite as `save`, shared as `share`, accounts as `follow`.

    Searches are `search` with their words. The export has no titles at all: only ids and times.
    """

    name = "tiktok"
    patterns = ("user_data*.json",)
    advice = "TikTok, Settings, Account, Download your data, all data, as JSON (not TXT)."
    marks = (('"Video Browsing History"',), ('"Watch History"', '"VideoList"'), ('"ItemFavoriteList"',))

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries of all lists. InputError where the file holds none of them."""

        def wants(path: JsonPath, _: str) -> bool:
            return path[-2:] in _LISTS

        for path, line, row in iter_json_parts(file, wants, advice=self.advice):
            yield line, row if isinstance(row, Broken) else {**row, _KIND: _LISTS[path[-2], path[-1]]}

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What was shared and is no video: profiles, sounds, live streams."""
        shared = row[_KIND] == "share" and not _VIDEO.fullmatch(_first(row, "Link", "link") or "")
        return "shared, and no video" if shared else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and the video or account it is about."""
        kind = row[_KIND]
        event = {"kind": kind, "occurred_at": iso_time(row, "Date" if "Date" in row else "date")}
        if kind == "search":
            words = _first(row, "SearchTerm", "searchTerm")
            if words is None:
                raise InputError("is empty", field="SearchTerm")
            yield {**event, "text": words}, {"item_id": None}
        elif kind == "follow":
            yield event, _account(_first(row, "UserName", "userName"))
        else:
            yield event, _video(_first(row, "Link", "link", "VideoLink"))


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
