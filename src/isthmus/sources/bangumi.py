"""Bangumi (bgm.tv): collections of books, anime, music, games and dramas, saved or asked for at its API.

Comments, a person's own tags, and what is marked private are not read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from isthmus.errors import InputError
from isthmus.sources.api import ApiSource, numbered
from isthmus.sources.fields import iso_time, needed_text, nested, text, whole_number
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonPath, JsonRow, iter_json_parts

__all__ = ["BangumiApiSource", "BangumiSource"]

_MEDIA = {
    "1": ("book", "read"),
    "2": ("anime", "watch"),
    "3": ("music", "play"),
    "4": ("game", "play"),
    "6": ("series", "watch"),
}
_WANTED, _DROPPED = "1", "5"
_STATES = {"1", "2", "3", "4", "5"}
_MOST_TAGS = 12
_PAGE = 50
"""The most that the API gives at once."""


class _Collections(RecordSource):
    """What an entry of a collection becomes, wherever it comes from."""

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What the person marked as private."""
        return "marked as private" if row.get("private") is True else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and one more for a rating."""
        sort, state = needed_text(row, "subject_type"), needed_text(row, "type")
        if sort not in _MEDIA:
            raise InputError(f"{sort[:40]!r} is no medium", field="subject_type")
        if state not in _STATES:
            raise InputError(f"{state[:40]!r} is no state of a collection", field="type")
        category, done = _MEDIA[sort]
        item, when = _item(row, category), iso_time(row, "updated_at")
        yield {"kind": {_WANTED: "save", _DROPPED: "skip"}.get(state, done), "occurred_at": when}, item
        rating = whole_number(row, "rate") or 0
        if rating > 10:
            raise InputError(f"{rating} is no rating of 0 to 10", field="rate")
        if rating:
            yield {"kind": "rate", "value": float(rating), "unit": "rating", "occurred_at": when}, item


class BangumiSource(_Collections):
    """Done, doing or on hold as `read`, `watch` or `play` by its medium, wished as `save`, dropped as `skip`.

    A rating of 1 to 10 is a further event `rate`. The Chinese title is the title, the original one `extra`.
    """

    name = "bangumi"
    patterns = ("*bangumi*.json", "*bgm*.json", "collections*.json")
    advice = "Save the answers of api.bgm.tv/v0/users/NAME/collections as bangumi-1.json, bangumi-2.json …"
    marks = (('"subject_type"', '"subject_id"'),)

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries of the collection. InputError where the file is no answer of the API."""

        def wants(path: JsonPath, sign: str) -> bool:
            return path == ("data",) or (not path and sign == "[")

        for _, line, row in iter_json_parts(file, wants, what="no collections", advice=self.advice):
            yield line, row


class BangumiApiSource(ApiSource, _Collections):
    """A collection straight from Bangumi. It is public; with a token the API also tells of what it hides."""

    name = "bangumi_api"
    service = "Bangumi"
    address = "https://api.bgm.tv"
    key_variable = "BANGUMI_TOKEN"
    key_hint = (
        "Is the name of the account right? A token (BANGUMI_TOKEN) comes from next.bgm.tv/demo/access-token."
    )
    key_header = "Bearer {}"
    needs_key = False
    advice = "Name the account: isthmus import WS bangumi_api NAME --user ID."

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The entries of one account, numbered from 1, what changed last first."""
        return numbered(self._entries(str(file)), "is no entry")

    def _entries(self, account: str) -> Iterator[Any]:
        api, path = self.connect(), f"/v0/users/{quote(account, safe='')}/collections"
        offset, total = 0, 1
        while offset < total:
            answer = api.get(path, {"limit": _PAGE, "offset": offset})
            entries = answer.get("data")
            if not isinstance(entries, list) or not entries:
                return
            for entry in entries:
                if self.is_known(entry, "updated_at"):
                    return
                yield entry
            offset, total = offset + len(entries), whole_number(answer, "total") or 0


def _item(row: Mapping[str, Any], category: str) -> dict[str, Any]:
    subject_id, subject = needed_text(row, "subject_id"), nested(row, "subject")
    if not re.fullmatch(r"\d{1,12}", subject_id, re.ASCII):
        raise InputError(f"{subject_id[:40]!r} is no id", field="subject_id")
    original, chinese = text(subject, "name"), text(subject, "name_cn")
    tags = subject.get("tags")
    named = [text(tag, "name") for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    both = original and chinese and original != chinese
    return {
        "item_id": subject_id,
        "title": chinese or original,
        "description": text(subject, "short_summary"),
        "categories": [category],
        "tags": [name for name in named if name][:_MOST_TAGS],
        "published_at": _day(text(subject, "date") or ""),
        "url": f"https://bgm.tv/subject/{subject_id}",
        "extra": json.dumps({"original_title": original}, ensure_ascii=False) if both else None,
    }


def _day(written: str) -> datetime | None:
    """The day it came out; a day that is none hangs on nothing."""
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
