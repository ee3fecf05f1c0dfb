"""ActivityStreams 2.0: the outbox, likes and bookmarks of Mastodon and its kin, as files or from a server.

Only what was addressed to the public is read: direct and followers-only posts are left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.api import Api, ApiSource, numbered
from isthmus.sources.fields import iso_time, needed_text, nested, text
from isthmus.sources.markup import plain_text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import Broken, JsonPath, JsonRow, iter_json_parts

__all__ = ["ActivityStreamsApiSource", "ActivityStreamsSource"]

_ROLE = "\0role"
_ITEMS = {("orderedItems",), ("items",), ("first", "orderedItems"), ("first", "items")}
_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
_KINDS = {
    "Create": "share", "Announce": "share", "Like": "like", "Dislike": "dislike", "Follow": "follow",
    "Add": "save", "View": "view", "Read": "read", "Listen": "play",
}  # fmt: skip
_ADDRESSED = {"Create", "Announce", "Add"}
_HIDDEN = "\0hidden"
_VISIBLE = {"public", "unlisted"}
_ACCOUNT = re.compile(r"@?([\w.-]+)@([A-Za-z0-9.-]+(?::\d{1,5})?)")
_PAGE = 40
"""The most that a server of Mastodon gives at once."""


class _Activities(RecordSource):
    """What an activity becomes, wherever it comes from."""

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Private posts, and activities that are no interest."""
        activity = text(row, "type") or ""
        if row.get(_HIDDEN) or (activity in _ADDRESSED and not _is_public(row)):
            return "not addressed to the public"
        if activity and activity not in _KINDS and not row.get(_ROLE):
            return "of other types (undone, deleted, updated)"
        return ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event and the object it is about."""
        activity = text(row, "type") or ""
        kind = _KINDS.get(activity) or row.get(_ROLE)
        if not kind:
            raise InputError("names no activity", field="type")
        thing = row.get("object") if activity in _KINDS else row
        if isinstance(thing, str):
            thing = {"id": thing}
        if not isinstance(thing, Mapping):
            raise InputError("is missing", field="object")
        if activity == "Create" and thing.get("inReplyTo"):
            kind = "comment"
        yield {"kind": kind, "occurred_at": iso_time(row, "published")}, _item(thing)


class ActivityStreamsSource(_Activities):
    """A public post or a boost as `share`, a public reply as `comment`, likes as `like`, bookmarks as `save`.

    Posts that are only linked to (likes, bookmarks, boosts) have no words in the export.
    """

    name = "activitystreams"
    patterns = ("outbox*.json", "likes*.json", "bookmarks*.json")
    advice = "Mastodon: Preferences, Import and export, Request your archive; then unpack it."
    marks = (("activitystreams", "orderedItems"),)

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The members of the collection. InputError where the file is none."""
        name = file.name.lower()
        role = "save" if "bookmark" in name else "like" if "like" in name else ""

        def wants(path: JsonPath, _: str) -> bool:
            return path in _ITEMS

        found = iter_json_parts(file, wants, text_as="id", what="no collection", advice=self.advice)
        for _, line, row in found:
            yield line, row if isinstance(row, Broken) else {**row, _ROLE: role}


class ActivityStreamsApiSource(ApiSource, _Activities):
    """Posts, boosts, likes and bookmarks straight from a server of Mastodon or one that answers as it does.

    Likes and bookmarks have no times there: they are read whole each time, and what is known adds nothing.
    Unlike those of an export they have words.
    """

    name = "activitystreams_api"
    service = "Mastodon"
    address = ""  # that of the account
    key_variable = "MASTODON_TOKEN"
    key_hint = (
        "Preferences, Development: make a token that may read accounts, statuses, favourites and bookmarks, "
        "and set MASTODON_TOKEN."
    )
    key_header = "Bearer {}"
    advice = "Name the account: isthmus import WS activitystreams_api NAME@SERVER --user ID."

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """Posts, likes and bookmarks of one account, numbered from 1. InputError for a token of another."""
        return numbered(self._activities(str(file)), "is no post")

    def _activities(self, account: str) -> Iterator[Any]:
        parts = _ACCOUNT.fullmatch(account)
        if parts is None:
            raise InputError("is no account like mira@social.example", self.advice, file=account)
        api = self.connect(self.base_url or f"https://{parts[2]}")
        known = api.get("/api/v1/accounts/verify_credentials", {})
        if (text(known, "username") or "").lower() != parts[1].lower():
            raise InputError("the token is that of another account", self.key_hint, file=account)
        for status in _statuses(api, f"/api/v1/accounts/{needed_text(known, 'id')}/statuses"):
            if self.is_known(status, "created_at"):
                break
            yield _activity(status, "")
        for path, activity in (("/api/v1/favourites", "Like"), ("/api/v1/bookmarks", "Add")):
            for status in _statuses(api, path):
                yield _activity(status, activity)


def _statuses(api: Api, path: str) -> Iterator[Any]:
    """Page by page, newest first. Pages of likes are counted by ids that only the header Link tells."""
    asked: dict[str, str | int] = {"limit": _PAGE}
    while True:
        found, following = api.get_page(path, asked)
        yield from found
        older = following.get("max_id")
        if older is None or older == asked.get("max_id"):
            return
        asked["max_id"] = older


def _activity(status: Any, activity: str) -> Any:
    """A post of the API as the export writes it; without `activity` it is one that the account posted."""
    if not isinstance(status, dict):
        return status
    boosted = status.get("reblog")
    thing = boosted if isinstance(boosted, dict) else status
    hidden = any(one.get("visibility") not in _VISIBLE for one in (status, thing))
    row = {
        "type": activity or ("Announce" if thing is boosted else "Create"),
        "to": sorted(_PUBLIC),
        "object": _thing(thing),
        _HIDDEN: hidden,
    }
    return row if activity else {**row, "published": _second(status)}


def _thing(status: Mapping[str, Any]) -> dict[str, Any]:
    tags = status.get("tags")
    named = [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return {
        "type": "Note",
        "id": status.get("uri"),
        "url": status.get("url"),
        "summary": status.get("spoiler_text"),
        "content": status.get("content"),
        "contentMap": {str(status["language"]): ""} if status.get("language") else {},
        "inReplyTo": status.get("in_reply_to_id"),
        "tag": [{"type": "Hashtag", "name": tag.get("name")} for tag in named],
        "published": _second(status),
    }


def _second(status: Mapping[str, Any]) -> Any:
    """When it was posted, in whole seconds as the export writes it, so that both are one event."""
    when = status.get("created_at")
    return re.sub(r"\.\d+", "", when) if isinstance(when, str) else when


def _is_public(row: Mapping[str, Any]) -> bool:
    # A boost carries the address of the one who boosted, a post its own and that of its object.
    addressed: set[str] = set()
    for place in (row, nested(row, "object")):
        for name in ("to", "cc"):
            value = place.get(name)
            parts = value if isinstance(value, list) else [value]
            addressed |= {part for part in parts if isinstance(part, str)}
    return bool(addressed & _PUBLIC)


def _item(thing: Mapping[str, Any]) -> dict[str, Any]:
    item_id = text(thing, "id") or text(thing, "url") or text(thing, "href")
    if item_id is None:
        raise InputError("is missing", field="id")
    title = plain_text(text(thing, "name") or "")
    words = plain_text(text(thing, "content") or "")
    warning = plain_text(text(thing, "summary") or "")
    body = " ".join(part for part in (warning, words) if part)
    languages = [code for code in nested(thing, "contentMap") if isinstance(code, str) and len(code) <= 8]
    return {
        "item_id": item_id,
        "title": title or body or None,
        "description": body or None if title else None,
        "tags": _hashtags(thing),
        "language": languages[0] if len(languages) == 1 else None,
        "categories": ["account" if text(thing, "type") == "Person" else "post"],
        "published_at": iso_time(thing, "published"),
        "url": text(thing, "url") or (item_id if item_id.startswith("https://") else None),
    }


def _hashtags(thing: Mapping[str, Any]) -> list[str]:
    tags = thing.get("tag")
    named = [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    found = [(text(tag, "name") or "").lstrip("#") for tag in named if tag.get("type") == "Hashtag"]
    return [name for name in dict.fromkeys(found) if name]
