"""The event log: every event once, in the order in which it came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.events.check import as_rejects
from isthmus.events.hashes import Hashes
from isthmus.events.identity import CONTENT
from isthmus.events.seen import (
    IDENTITY,
    Seen,
    come_twice,
    content_hash,
    hashes_of,
    like_content_ids,
    with_ids,
)
from isthmus.schema import EVENT, REJECT, conform
from isthmus.storage import SegmentStore, Writer

__all__ = ["Appended", "EventLog"]

_TABLE = "events"


@dataclass(frozen=True)
class Appended:
    """What became of the events of one batch."""

    added: int
    duplicates: int
    """Events that were there already, in the log or earlier in the batch."""
    conflicts: pl.DataFrame
    """The columns of REJECT: events whose id belongs to another event that came before."""


class EventLog:
    """The events of a store. An event is known by its platform and its id."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store
        self._seen = Seen((), Hashes(np.empty(0, np.uint64)))

    def append(
        self, writer: Writer, events: pl.DataFrame, *, file: str = "", lines: pl.Series | None = None
    ) -> Appended:
        """Add those of `events` (columns of EVENT, pseudonymous) that are not in the log yet.

        An event without an id gets the hash of its content. Of two events with one id the first stays; the
        second is a duplicate if it says the same, else a conflict. `file` and `lines` tell where conflicts
        stand. Raises InputError for wrong columns, StorageError where the disk refuses.
        """
        batch = _placed(conform(events, EVENT), lines)
        seen = self._seen_by(writer, like_content_ids(batch))
        if batch["event_id"].null_count():
            batch = with_ids(batch.lazy(), seen.by_id).collect()
        hashes = hashes_of(batch)
        ordered = hashes.sort().to_numpy()
        new, again = batch, None
        if (ordered[1:] == ordered[:-1]).any() or seen.hashes.holds_ordered(ordered).any():
            doubtful = seen.hashes.holds(hashes.to_numpy()) | come_twice(hashes)
            new, again = _split(with_ids(writer.scan(_TABLE, EVENT.schema), seen.to_name), batch, doubtful)
        if new.height:
            writer.append(_TABLE, new.select(*EVENT.columns))
            ordered = ordered if again is None else np.sort(hashes_of(new).to_numpy())
            seen = seen.with_more(writer.files(_TABLE), ordered)
        self._seen = seen
        if again is None:
            return Appended(new.height, 0, REJECT.empty())
        conflicts = again.filter(~pl.col("same"))
        return Appended(new.height, again.height - conflicts.height, _as_conflicts(conflicts, file))

    def read(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """All events (`columns` of them: all), in the order in which they came; a snapshot of now.

        The id of an event that came without one is worked out where it is asked for.
        """
        return with_ids(self._store.scan(_TABLE, EVENT.schema)).select(columns or list(EVENT.columns))

    def count(self) -> int:
        """How many events there are; reads the manifest only."""
        return self._store.rows(_TABLE)

    def forget(self, writer: Writer, users: pl.Series) -> int:
        """Take all events of these pseudonyms out, also of the files; returns how many there were."""
        before = writer.rows(_TABLE)
        gone = pl.col("user_id").is_in(users.cast(pl.String).implode())
        writer.rewrite(_TABLE, lambda rows: rows.filter(~gone))
        return before - writer.rows(_TABLE)

    def _seen_by(self, writer: Writer, by_id: frozenset[str]) -> Seen:
        """What we remember, if the log is still as we left it and is asked as before; else read again."""
        files = writer.files(_TABLE)
        if files != self._seen.files or not by_id <= self._seen.by_id:
            self._seen = Seen.of(files, writer.scan(_TABLE, EVENT.schema), by_id | self._seen.by_id)
        return self._seen


def _placed(events: pl.DataFrame, lines: pl.Series | None) -> pl.DataFrame:
    """With `given`, which tells who brought an id of their own, and `line`, where they stood."""
    line = pl.Series([None], dtype=pl.Int64).new_from_index(0, events.height) if lines is None else lines
    return events.with_columns(given=events["event_id"].is_not_null(), line=line)


def _split(
    log: pl.LazyFrame, batch: pl.DataFrame, doubtful: NDArray[np.bool_]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(events that are new, events that came before with `same` telling whether they said the same)."""
    batch = batch.with_row_index("row")
    asked = batch.filter(pl.Series(doubtful))
    known = _those_of(asked.drop_nulls("event_id"), log.select(IDENTITY))
    unknown = asked.join(known, on=IDENTITY, how="anti", maintain_order="left")
    unknown = unknown.join(_said_before(unknown, log), on="row", how="anti", maintain_order="left")
    firsts = with_ids(unknown.lazy()).collect().unique(IDENTITY, keep="first", maintain_order=True)
    # New is what nobody doubted, and of the others the first of each identity that the log does not know.
    is_new = ~pl.Series(doubtful) | batch["row"].is_in(firsts["row"].implode())
    again = batch.filter(~is_new)
    named = again.filter("given")
    before = pl.concat([_those_of(named, log), firsts.select(*EVENT.columns)])
    named = named.join(before, on=IDENTITY, how="left", suffix="_first", maintain_order="left")
    conflicts = named.filter(~pl.all_horizontal(_says_the_same()))["row"]
    return batch.filter(is_new), again.with_columns(same=~pl.col("row").is_in(conflicts.implode()))


def _said_before(events: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """The `row` of those of `events` without an id that say the same as one without an id in the log."""
    nameless = events.filter(pl.col("event_id").is_null()).with_columns(hash=content_hash())
    if nameless.is_empty():
        return nameless.select("row")
    there = log.filter(pl.col("event_id").is_null()).with_columns(hash=content_hash())
    there = there.join(nameless.lazy().select("hash"), on="hash", how="semi")
    pairs = nameless.join(there.collect(engine="streaming"), on="hash", suffix="_first")
    same = (pl.col("platform") == pl.col("platform_first"), *_says_the_same())
    return pairs.filter(*same).select("row")


def _those_of(events: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """The rows of `log` whose identity one of `events` has."""
    if events.is_empty():
        return log.collect_schema().to_frame()
    return log.join(events.lazy().select(IDENTITY), on=IDENTITY, how="semi").collect(engine="streaming")


def _says_the_same() -> list[pl.Expr]:
    """Per field, whether it equals that of the first event with this id; an empty context is none at all."""
    plain = [
        pl.col(name).eq_missing(pl.col(f"{name}_first"))
        for name in CONTENT
        if name not in ("platform", "context")
    ]
    one, first = pl.col("context").struct, pl.col("context_first").struct
    return plain + [one.field(part).eq_missing(first.field(part)) for part in ("device", "scenario")]


def _as_conflicts(again: pl.DataFrame, file: str) -> pl.DataFrame:
    if again.is_empty():
        return REJECT.empty()
    reason = "belongs to another event that came before: the first stays, give this one an id of its own"
    return as_rejects(again, file=file, field="event_id", reason=reason)
