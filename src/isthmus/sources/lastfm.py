"""Last.fm scrobbles: files of exporters, with or without a header, and saved answers of its API."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.api import ApiSource, numbered
from isthmus.sources.fields import epoch, needed_text, nested, text, whole_number
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.songs import song
from isthmus.sources.tabular import Broken, JsonRow, iter_json_parts
from isthmus.sources.tabular.exact import read_exactly
from isthmus.sources.tabular.stream import read_blocks, read_text

__all__ = ["LastfmApiSource", "LastfmSource"]

_NEEDED = ("uts", "artist", "track")
_WELCOME = ("album", "track_mbid")
_BARE = ("artist", "album", "track", "when")
_MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))  # noqa: SIM905
_WHEN = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})")


class _Scrobbles(RecordSource):
    """What a scrobble becomes, wherever it comes from."""

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """What plays right now was not heard yet."""
        return "playing now" if nested(row, "@attr").get("nowplaying") == "true" else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One scrobble, from any of the forms."""
        when = _time(row)
        if isinstance(row.get("artist"), dict):
            artist = row["artist"]
            names = (text(artist, "#text") or needed_text(artist, "name"), needed_text(row, "name"))
            item = song(*names, text(nested(row, "album"), "#text"), mbid=text(row, "mbid"))
        else:
            names = (needed_text(row, "artist"), needed_text(row, "track"))
            item = song(*names, text(row, "album"), mbid=text(row, "track_mbid"))
        played = {"event_id": self.event_id(int(when.timestamp()), item["item_id"]), "kind": "play"}
        yield {**played, "occurred_at": when}, item
        if row.get("loved") == "1":
            yield {"event_id": self.event_id("like", item["item_id"]), "kind": "like"}, item


class LastfmSource(_Scrobbles):
    """A scrobble as `play`; a loved track of an answer of the API as a further `like`.

    Last.fm knows no lengths, and its ids are often empty: a song is known by its artist and title.
    """

    name = "lastfm"
    patterns = ("recenttracks*.csv", "*lastfm*.csv", "*lastfm*.json", "*scrobbles*.csv", "recenttracks*.json")
    advice = (
        "Export your scrobbles as CSV (uts,utc_time,artist,…) or save the answers of user.getRecentTracks."
    )
    marks = (("uts", "utc_time", "artist", "track_mbid"), ('"recenttracks"', '"track"'))

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The scrobbles. InputError where the file has neither the columns nor the shape of an export."""
        head = next(read_blocks(file)).lstrip()
        if head.startswith((b"{", b"[")):
            return ((line, row) for _, line, row in iter_json_parts(file, _holds_tracks))
        first = head.split(b"\n", 1)[0].decode(errors="replace")
        if _WHEN.search(first):
            return _bare_rows(file)
        return csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice)


class LastfmApiSource(ApiSource, _Scrobbles):
    """Scrobbles straight from Last.fm. What the privacy settings of the account hide is hidden here too."""

    name = "lastfm_api"
    service = "Last.fm"
    address = "https://ws.audioscrobbler.com"
    key_variable = "LASTFM_API_KEY"
    key_hint = "Make a key at last.fm/api and set LASTFM_API_KEY; the account must exist and be public."
    advice = "Name the account: isthmus import WS lastfm_api NAME --user ID."

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The scrobbles of one account, numbered from 1, newest first."""
        return numbered(self._tracks(str(file)), "is no scrobble")

    def _tracks(self, account: str) -> Iterator[Any]:
        # The end is fixed, so that what is scrobbled meanwhile does not move the pages.
        asked: dict[str, str | int] = {
            "method": "user.getrecenttracks", "user": account, "api_key": self._key, "format": "json",
            "limit": 200, "extended": 1, "to": int(datetime.now(UTC).timestamp()),
        }  # fmt: skip
        if self.since is not None:
            asked["from"] = int(self.since.timestamp())
        api, page, pages = self.connect(), 1, 1
        while page <= pages:
            answer = nested(api.get("/2.0/", {**asked, "page": page}), "recenttracks")
            tracks = answer.get("track", [])
            yield from tracks if isinstance(tracks, list) else [tracks]
            pages = whole_number(nested(answer, "@attr"), "totalPages") or 0
            page += 1


def _holds_tracks(path: tuple[str, ...], *_: object) -> bool:
    return path in (("recenttracks", "track"), ("track",))


def _bare_rows(file: Path) -> Iterator[JsonRow]:
    """A file without a header: artist, album, track and `17 May 2026 12:54`."""
    for record in read_exactly(read_text(file).encode(), ",", n_fields=len(_BARE), final=True):
        if record.reason:
            yield record.line + 1, Broken(record.line + 1, record.reason)
        elif record.fields:
            yield record.line + 1, dict(zip(_BARE, record.fields, strict=True))


def _time(row: Mapping[str, Any]) -> datetime:
    if "when" in row:
        return _written_time(needed_text(row, "when"))
    when = epoch(nested(row, "date") or row, "uts")
    if when is None:
        raise InputError("is empty", field="uts")
    return when


def _written_time(words: str) -> datetime:
    parts = _WHEN.fullmatch(words)
    month = _MONTHS.get(parts[2].lower()) if parts else None
    try:
        if parts and month:
            return datetime(int(parts[3]), month, int(parts[1]), int(parts[4]), int(parts[5]), tzinfo=UTC)
    except ValueError:
        pass
    raise InputError(f"{words[:40]!r} is no time like 17 May 2026 12:54", field="when")
