"""ListenBrainz: listens of an export or of saved answers of the API, and loved and hated recordings."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.api import ApiSource, numbered
from isthmus.sources.column_fields import first_words, is_count, may_be_number, numbers, one_list, told, words
from isthmus.sources.columns import Columns, ColumnSource
from isthmus.sources.fields import LAST_SECOND, epoch, needed_text, nested, number, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.songs import song
from isthmus.sources.tabular import (
    JsonBlock,
    JsonRow,
    blocks_of,
    iter_json_records,
    read_json_columns,
    read_json_objects,
)
from isthmus.sources.tabular.stream import read_blocks

__all__ = ["ListenBrainzApiSource", "ListenBrainzSource"]

_PAYLOAD_WITHIN = 200
_ANSWER = ("payload", "listens")
_PAGE = 1_000
_SCHEMA = pl.Schema(
    {
        "listened_at": pl.String(),
        "score": pl.String(),
        "track_metadata": pl.Struct(
            {
                "artist_name": pl.String(),
                "track_name": pl.String(),
                "release_name": pl.String(),
                "additional_info": pl.Struct({"recording_mbid": pl.String(), "duration_played": pl.String()}),
                "mbid_mapping": pl.Struct({"recording_mbid": pl.String()}),
            }
        ),
    }
)
_KINDS = {1: "like", -1: "dislike"}


class _Listens(RecordSource):
    """What a listen or a word of feedback becomes, wherever it comes from."""

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Feedback that was taken back, or that does not say of what it is."""
        if "listened_at" in row or "score" not in row:
            return ""
        if number(row, "score") not in _KINDS:
            return "feedback that was taken back"
        return "" if nested(row, "track_metadata") else "feedback without a title"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One listen, or one word of feedback."""
        track = nested(row, "track_metadata")
        more = nested(track, "additional_info")
        mbid = text(nested(track, "mbid_mapping"), "recording_mbid") or text(more, "recording_mbid")
        item = song(
            needed_text(track, "artist_name"), needed_text(track, "track_name"), text(track, "release_name"),
            mbid=mbid,
        )  # fmt: skip
        if "score" in row and "listened_at" not in row:
            kind = _KINDS[int(number(row, "score") or 0)]
            event = {"event_id": self.event_id(kind, item["item_id"]), "kind": kind}
            yield {**event, "occurred_at": epoch(row, "created")}, item
            return
        when = epoch(row, "listened_at")
        if when is None:
            raise InputError("is empty", field="listened_at")
        played_s = number(more, "duration_played")
        yield (
            {
                "event_id": self.event_id(int(when.timestamp()), item["item_id"]),
                "kind": "play",
                "value": played_s,
                "unit": None if played_s is None else "seconds",
                "occurred_at": when,
            },
            item,
        )


class ListenBrainzSource(_Listens, ColumnSource):
    """A listen as `play`, in seconds where its player said how long; feedback as `like` and `dislike`."""

    name = "listenbrainz"
    patterns = ("*listenbrainz*.json*", "*_lb-*.json", "listens*.json*", "*.jsonl", "feedback*.json*")
    advice = "listenbrainz.org, Settings, Export: the archive of listens, or answers of /1/user/NAME/listens."
    marks = (('"listened_at"', '"track_metadata"'), ('"recording_mbid"', '"score"'))

    schema = _SCHEMA

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The listens, from lines, an array or an answer of the API."""
        return iter_json_records(file, _ANSWER) if _is_answer(file) else read_json_objects(file)

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """As `rows`."""
        return blocks_of(self.rows(file)) if _is_answer(file) else read_json_columns(file, self.schema)

    def columns(self) -> Columns:
        """As `make`, for listens."""
        track = pl.col("track_metadata").struct
        more, mapping = track.field("additional_info").struct, track.field("mbid_mapping").struct
        names = [track.field(name) for name in ("artist_name", "track_name", "release_name")]
        ids = [mapping.field("recording_mbid"), more.field("recording_mbid")]
        artist, title, album = map(words, names)
        mbid = first_words(*ids)
        when, played_s = pl.col("listened_at").cast(pl.Int64, strict=False), more.field("duration_played")
        item_id = pl.concat_str(artist, pl.lit(" – "), title)
        return Columns(
            plain=told(*names, *ids)
            & item_id.is_not_null()
            & pl.col("score").is_null()
            & is_count(pl.col("listened_at"))
            & when.is_between(1, LAST_SECOND - 1)
            & may_be_number(played_s)
            & (mbid.is_null() | mbid.str.contains(r"^[0-9A-Za-z-]+$")),
            left_out=pl.lit(None, pl.String),
            event={
                "kind": pl.lit("play"),
                "value": numbers(played_s),
                "unit": pl.when(numbers(played_s).is_not_null()).then(pl.lit("seconds")),
                "occurred_at": pl.from_epoch(when, time_unit="s").dt.replace_time_zone("UTC"),
            },
            item={
                "item_id": item_id,
                "title": title,
                "description": album,
                "creators": one_list(artist),
                "categories": one_list(pl.lit("music")),
                "extra": pl.concat_str(pl.lit('{"mbid": "'), mbid, pl.lit('"}')),
            },
            event_id=(when.cast(pl.String), item_id),
        )


def _is_answer(file: Path) -> bool:
    head = next(read_blocks(file)).lstrip()
    return head.startswith(b"{") and b'"payload"' in head[:_PAYLOAD_WITHIN]


class ListenBrainzApiSource(ApiSource, _Listens):
    """Listens straight from ListenBrainz. They are public; a token only allows more calls."""

    name = "listenbrainz_api"
    service = "ListenBrainz"
    address = "https://api.listenbrainz.org"
    key_variable = "LISTENBRAINZ_TOKEN"
    key_hint = "Is the name of the account right? A token (LISTENBRAINZ_TOKEN) allows more calls."
    key_header = "Token {}"
    needs_key = False
    advice = "Name the account: isthmus import WS listenbrainz_api NAME --user ID."

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The listens of one account, numbered from 1, newest first."""
        return numbered(self._listens(str(file)), "is no listen")

    def _listens(self, account: str) -> Iterator[Any]:
        api, path = self.connect(), f"/1/user/{quote(account, safe='')}/listens"
        before, after = 0, 0 if self.since is None else int(self.since.timestamp())
        while True:
            asked: dict[str, str | int] = {"count": _PAGE, **({"max_ts": before} if before else {})}
            listens = nested(api.get(path, asked), "payload").get("listens")
            times = []
            for listen in listens if isinstance(listens, list) else []:
                if not isinstance(listen, dict):
                    yield listen
                    continue
                when = epoch(listen, "listened_at")
                times.append(0 if when is None else int(when.timestamp()))
                if times[-1] >= after:
                    yield listen
            if not times or min(times) < max(after, 1):
                return
            # Listens of one second may lie on two pages: that second is asked for again, if there is another.
            before = min(times) + 1 if not before or min(times) + 1 < before else min(times)
