"""ActivityStreams 2.0 collections as files: the outbox, likes and bookmarks of Mastodon and its kin.

Only what was addressed to the public is read: direct and followers-only posts are left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, nested, text
from isthmus.sources.markup import plain_text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import Broken, JsonPath, JsonRow, iter_json_parts

__all__ = ["ActivityStreamsSource"]

_ROLE = "\0role"
_ITEMS = {("orderedItems",), ("items",), ("first", "orderedItems"), ("first", "items")}
_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
_KINDS = {
    "Create": "share", "Announce": "share", "Like": "like", "Dislike": "dislike", "Follow": "follow",
    "Add": "save", "View": "view", "Read": "read", "Listen": "play",
}  # fmt: skip
_ADDRESSED = {"Create", "Announce", "Add"}


class ActivityStreamsSource(RecordSource):
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

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Private posts, and activities that are no interest."""
        activity = text(row, "type") or ""
        if activity in _ADDRESSED and not _is_public(row):
            return "not addressed to the public"
        if activity and activity not in _KINDS and not row[_ROLE]:
            return "of other types (undone, deleted, updated)"
        return ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event and the object it is about."""
        activity = text(row, "type") or ""
        kind = _KINDS.get(activity) or row[_ROLE]
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
