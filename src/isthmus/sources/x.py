"""X (Twitter) archive: likes, and what the person posted.

Direct messages, addresses, places of posts and advertising data are never opened or read.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import needed_text, nested, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow
from isthmus.sources.tabular.json_records import parse_json_parts
from isthmus.sources.tabular.stream import read_text_blocks

__all__ = ["XSource"]

_PREFACE = re.compile(r"\s*window\.YTD\.(?:like|tweets?)\.part\d+\s*=\s*(?=\[)")
_RETWEET = re.compile(r"RT @(\w{1,30}): ")
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,4})?")


class XSource(RecordSource):
    """A liked post as `like`; a post of one's own or a repost as `share`, a reply as `comment`.

    The archive has no times of likes.
    """

    name = "x"
    patterns = ("like.js", "like-part*.js", "tweet.js", "tweet-part*.js", "tweets.js", "tweets-part*.js")
    advice = "X, Settings, Your account, Download an archive of your data: data/like.js and data/tweets.js."
    marks = (("window.YTD.like.",), ("window.YTD.tweet.",), ("window.YTD.tweets.",))

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The likes or posts. InputError where the file is no list of either."""
        blocks = read_text_blocks(file)
        first = next(blocks, "")
        preface = _PREFACE.match(first)
        if not preface:
            raise InputError("is no list of likes or posts", self.advice, file=str(file), line=1)
        return self._rows(chain([_blank(preface[0]), first[preface.end() :]], blocks), file)

    def _rows(self, blocks: Iterable[str], file: Path) -> Iterator[JsonRow]:
        for _, line, row in parse_json_parts(blocks, file, lambda path, sign: not path and sign == "["):
            yield line, row

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event and the post it is about."""
        if like := nested(row, "like"):
            yield {"kind": "like"}, _item(like, "tweetId", "fullText")
            return
        tweet = nested(row, "tweet") or row
        item = _item(tweet, "id_str" if "id_str" in tweet else "id", "full_text")
        replies = text(tweet, "in_reply_to_status_id_str") or text(tweet, "in_reply_to_user_id_str")
        tags = nested(tweet, "entities").get("hashtags")
        language = text(tweet, "lang") or ""
        item["tags"] = [tag["text"] for tag in tags if _is_tag(tag)] if isinstance(tags, list) else []
        item["language"] = language if _LANGUAGE.fullmatch(language) else None
        yield {"kind": "comment" if replies else "share", "occurred_at": _time(tweet)}, item


def _blank(preface: str) -> str:
    """Spaces in its place, so that lines stay where they are."""
    return re.sub(r"\S", " ", preface)


def _is_tag(tag: object) -> bool:
    return isinstance(tag, dict) and isinstance(tag.get("text"), str)


def _item(row: Mapping[str, Any], id_field: str, text_field: str) -> dict[str, Any]:
    post_id = needed_text(row, id_field)
    if not (post_id.isascii() and post_id.isdecimal()):
        raise InputError(f"{post_id[:40]!r} is no id of a post", field=id_field)
    words = html.unescape(text(row, text_field) or "")
    repost = _RETWEET.match(words)
    return {
        "item_id": post_id,
        "title": (words[repost.end() :] if repost else words) or None,
        "creators": [repost[1]] if repost else [],
        "categories": ["post"],
        "url": f"https://x.com/i/web/status/{post_id}",
    }


def _time(tweet: Mapping[str, Any]) -> datetime:
    written = needed_text(tweet, "created_at")
    try:
        return datetime.strptime(written, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{written[:40]!r} is no time of a post", field="created_at") from error
