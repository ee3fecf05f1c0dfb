"""Reddit data request: saved, voted, hidden and own posts, and subscribed communities.

Messages, chats, the text of comments and posts, addresses and log-ins are never read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, text
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import Broken, JsonRow

__all__ = ["RedditSource"]

_ROLE = "\0role"
_VOTES = {"up": "like", "down": "dislike"}
_LINK = re.compile(
    r"(?:https?://[\w.]*reddit\.com)?/(r|user|u)/([\w-]{1,60})/comments/(\w{1,12})(?:/([^/?#]{0,400}))?.*"
)
_ID = re.compile(r"(?:t[13]_)?([a-z0-9]{1,12})")


class RedditSource(RecordSource):
    """Saved as `save`, upvoted as `like`, downvoted as `dislike`, hidden as `hide`, posted as `share`.

    A subscribed community counts as `follow`. The export gives links only; their words are the title.
    """

    name = "reddit"
    patterns = (
        "saved_posts*.csv", "saved_comments*.csv", "post_votes*.csv", "comment_votes*.csv",
        "hidden_posts*.csv", "posts.csv", "subscribed_subreddits*.csv",
    )  # fmt: skip
    advice = "reddit.com/settings/data-request; unpack what comes."
    marks = (("id,permalink,direction",), ("id,permalink,date,ip,subreddit",))

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The rows of one file with what it is. InputError where its columns are not those of Reddit."""
        name = file.name.lower()
        role = "hide" if "hidden" in name else "follow" if "subscribed" in name else "save"
        needed = ("subreddit",) if role == "follow" else ("id", "permalink")
        welcome = ("direction", "date", "title")
        kind = "t1" if "comment" in name else "t3"
        for line, row in csv_records(file, self.batch_rows, needed, welcome, self.advice):
            if isinstance(row, Broken):
                yield line, row
                continue
            posted = "title" in row and "date" in row
            yield line, {**row, _ROLE: "share" if posted else role, "type": kind}

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Votes that were taken back."""
        return "votes taken back" if row.get("direction") == "none" else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event and the post, comment or community it is about."""
        if row[_ROLE] == "follow":
            yield {"kind": "follow"}, _community(needed_text(row, "subreddit"))
            return
        kind = row[_ROLE]
        if "direction" in row:
            direction = needed_text(row, "direction")
            if direction not in _VOTES:
                raise InputError(f"{direction[:40]!r} is no vote", field="direction")
            kind = _VOTES[direction]
        yield {"kind": kind, "occurred_at": iso_time(row, "date")}, _post(row)


def _community(name: str) -> dict[str, Any]:
    name = name.removeprefix("r/")
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise InputError(f"{name[:40]!r} is no community", field="subreddit")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
    return {
        "item_id": f"r/{name}",
        "title": words,
        "categories": ["community"],
        "url": f"https://www.reddit.com/r/{name}/",
    }


def _post(row: Mapping[str, Any]) -> dict[str, Any]:
    known, link = _ID.fullmatch(needed_text(row, "id")), _LINK.fullmatch(needed_text(row, "permalink"))
    if not known:
        raise InputError(f"{str(row['id'])[:40]!r} is no id", field="id")
    if not link:
        raise InputError("is no link to a post", field="permalink")
    slug = " ".join(unquote(link[4] or "").replace("_", " ").split())
    place = f"{'r' if link[1] == 'r' else 'u'}/{link[2]}"
    return {
        "item_id": f"{row['type']}_{known[1]}",
        "title": text(row, "title") or slug or None,
        "categories": [place],
        "url": f"https://www.reddit.com/{link[1]}/{link[2]}/comments/{link[3]}/",
    }
