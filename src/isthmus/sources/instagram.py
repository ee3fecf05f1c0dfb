"""Instagram download: likes, saved posts and followed accounts (the JSON form).

Messages, comments, log-ins, contacts, the names of collections and what others see are never read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from isthmus.errors import InputError
from isthmus.sources.fields import epoch, nested, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import Broken, JsonPath, JsonRow, iter_json_parts

__all__ = ["InstagramSource"]

_KIND = "\0kind"
_LISTS = {
    "likes_media_likes": "like", "likes_comment_likes": "like",
    "saved_saved_media": "save", "relationships_following": "follow",
}  # fmt: skip
_FILES = {"liked": "like", "saved": "save", "following": "follow"}
_POST = re.compile(r"/(?:[^/]+/)?(p|reel|reels|tv)/([\w-]{5,40})/?")
_ACCOUNT = re.compile(r"/(?:_u/)?([A-Za-z0-9_.]{1,60})/?")
_MAX_DEPTH = 6


class InstagramSource(RecordSource):
    """A liked post, or the post of a liked comment, as `like`; a saved one as `save`; an account as `follow`.

    The download has no captions: a post is known by its link and the account that made it.
    """

    name = "instagram"
    patterns = ("liked_posts*.json", "liked_comments*.json", "saved_posts*.json", "following*.json")
    advice = "Instagram, Accounts Center, Your information, Download, as JSON (not HTML)."
    marks = (
        ('"likes_media_likes"',),
        ('"likes_comment_likes"',),
        ('"saved_saved_media"',),
        ('"relationships_following"',),
    )

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries of the lists of a file. InputError where it holds none of them."""
        by_name = next((kind for word, kind in _FILES.items() if word in file.name.lower()), "")

        def wants(path: JsonPath, sign: str) -> bool:
            return (path[-1] in _LISTS and len(path) == 1) if path else sign == "[" and bool(by_name)

        for path, line, row in iter_json_parts(file, wants, advice=self.advice):
            kind = _LISTS[path[-1]] if path else by_name
            yield line, row if isinstance(row, Broken) else {**row, _KIND: kind}

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event for each link of an entry."""
        title = _mended(text(row, "title") or "")
        for link in _links(row):
            item = _account(link, title) if row[_KIND] == "follow" else _post(link, title)
            yield {"kind": row[_KIND], "occurred_at": _time(link)}, item


def _links(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The links of an entry with their times, in the three forms there have been."""
    listed = row.get("string_list_data")
    mapped = list(nested(row, "string_map_data").values())
    labelled = row.get("label_values")
    candidates = [*(listed if isinstance(listed, list) else []), *mapped]
    links: list[Mapping[str, Any]] = [
        one for one in candidates if isinstance(one, dict) and (text(one, "href") or text(one, "value"))
    ]
    if not links and isinstance(labelled, list):
        name = _labelled(labelled, "Username")
        hrefs = [
            one["href"] for one in labelled if isinstance(one, dict) and isinstance(one.get("href"), str)
        ]
        links = [{"href": hrefs[0], "value": name, "timestamp": row.get("timestamp")}] if hrefs else []
    if not links:
        raise InputError("holds no link", field="string_list_data")
    return links[:1] if mapped else links


def _labelled(parts: object, label: str, depth: int = 0) -> str | None:
    """The value with this label, however deep it lies."""
    inner = parts if isinstance(parts, list) else list(parts.values()) if isinstance(parts, dict) else []
    if isinstance(parts, dict) and parts.get("label") == label and isinstance(parts.get("value"), str):
        return str(parts["value"])
    if depth < _MAX_DEPTH:
        return next((found for one in inner if (found := _labelled(one, label, depth + 1))), None)
    return None


def _post(link: Mapping[str, Any], title: str) -> dict[str, Any]:
    found = _POST.fullmatch(_path(link))
    if not found:
        raise InputError("is no link to a post", field="href")
    name = title or _mended(text(link, "value") or "")
    sort = "post" if found[1] == "p" else "reel"
    return {
        "item_id": found[2],
        "creators": [name] if re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name) else [],
        "categories": [sort],
        "url": f"https://www.instagram.com/{'p' if sort == 'post' else 'reel'}/{found[2]}/",
    }


def _account(link: Mapping[str, Any], title: str) -> dict[str, Any]:
    found = _ACCOUNT.fullmatch(_path(link))
    name = text(link, "value") or title or (found[1] if found else "")
    if not re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name):
        raise InputError("names no account", field="value")
    return {
        "item_id": f"@{name}",
        "title": name,
        "categories": ["account"],
        "url": f"https://www.instagram.com/{name}/",
    }


def _path(link: Mapping[str, Any]) -> str:
    try:
        parts = urlsplit(text(link, "href") or "")
    except ValueError:
        return ""
    host = parts.netloc.lower()
    return parts.path if host == "instagram.com" or host.endswith(".instagram.com") else ""


def _time(link: Mapping[str, Any]) -> datetime | None:
    return epoch(link, "timestamp")


def _mended(words: str) -> str:
    """Instagram writes each byte of UTF-8 as a sign of its own: here they become the sign they are."""
    try:
        return words.encode("latin-1").decode()
    except UnicodeError:
        return words
