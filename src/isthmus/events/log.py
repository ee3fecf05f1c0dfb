"""The event log: every event once, in the order in which it came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.events.check import as_rejects
from isthmus.events.identity import CONTENT, content_ids
from isthmus.schema import EVENT, REJECT, conform
from isthmus.storage import SegmentStore, Writer

__all__ = ["Appended", "EventLog"]

_TABLE = "events"
_IDENTITY = ("platform", "event_id")


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
        self._seen = _Seen((), np.empty(0, np.uint64))

    def append(
        self, writer: Writer, events: pl.DataFrame, *, file: str = "", lines: pl.Series | None = None
    ) -> Appended:
        """Add those of `events` (columns of EVENT, pseudonymous) that are not in the log yet.

        An event without an id gets the hash of its content. Of two events with one id the first stays; the
        second is a duplicate if it says the same, else a conflict. `file` and `lines` tell where conflicts
        stand. Raises InputError for wrong columns, StorageError where the disk refuses.
        """
        batch = _identified(conform(events, EVENT), lines)
        hashes = _hashes(batch)
        seen = self._seen_by(writer)
        doubtful = seen.holds(hashes) | _come_twice(hashes)
        new, again = _split(writer, batch, pl.Series(doubtful)) if doubtful.any() else (batch, None)
        if new.height:
            writer.append(_TABLE, new.select(*EVENT.columns))
            seen = seen.with_more(writer.files(_TABLE), hashes if again is None else _hashes(new))
        self._seen = seen
        if again is None:
            return Appended(new.height, 0, REJECT.empty())
        conflicts = again.filter(~pl.col("same"))
        return Appended(new.height, again.height - conflicts.height, _as_conflicts(conflicts, file))

    def read(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """All events (`columns` of them: all), in the order in which they came; a snapshot of now."""
        return self._store.scan(_TABLE, EVENT.schema).select(columns or list(EVENT.columns))

    def count(self) -> int:
        """How many events there are; reads the manifest only."""
        return self._store.rows(_TABLE)

    def forget(self, writer: Writer, users: pl.Series) -> int:
        """Take all events of these pseudonyms out, also of the files; returns how many there were."""
        before = writer.rows(_TABLE)
        gone = pl.col("user_id").is_in(users.cast(pl.String).implode())
        writer.rewrite(_TABLE, lambda rows: rows.filter(~gone))
        return before - writer.rows(_TABLE)

    def _seen_by(self, writer: Writer) -> "_Seen":
        """What we remember, if the log is still as we left it; else read again."""
        files = writer.files(_TABLE)
        if files == self._seen.files:
            return self._seen
        keys = writer.scan(_TABLE, EVENT.schema).select(_IDENTITY).collect()
        return _Seen(files, np.sort(_hashes(keys).to_numpy()))


@dataclass(frozen=True)
class _Seen:
    """Hashes of all identities in `files`, ascending: 8 bytes an event, to tell at once what is surely new.

    Two identities may share a hash, so whatever is found here is looked up in the log itself. The hash is
    polars' own and differs between its versions: it never leaves the process.
    """

    files: tuple[str, ...]
    hashes: NDArray[np.uint64]

    def holds(self, hashes: pl.Series) -> NDArray[np.bool_]:
        wanted = hashes.to_numpy()
        if not len(self.hashes):
            return np.zeros(len(wanted), dtype=bool)
        order = np.argsort(wanted)  # ascending needles walk through memory instead of jumping
        places = np.empty(len(wanted), dtype=np.int64)
        places[order] = np.searchsorted(self.hashes, wanted[order])
        found: NDArray[np.bool_] = self.hashes[np.minimum(places, len(self.hashes) - 1)] == wanted
        return found

    def with_more(self, files: tuple[str, ...], hashes: pl.Series) -> "_Seen":
        together = np.concatenate([self.hashes, np.sort(hashes.to_numpy())])
        return _Seen(files, np.sort(together, kind="stable"))


def _hashes(keys: pl.DataFrame) -> pl.Series:
    return keys.select(pl.struct(_IDENTITY).hash().alias("hash"))["hash"]


def _come_twice(hashes: pl.Series) -> NDArray[np.bool_]:
    """Which are there several times; that none is shows soonest where they are in order."""
    ordered = np.sort(hashes.to_numpy())
    if (ordered[1:] != ordered[:-1]).all():
        return np.zeros(len(ordered), dtype=bool)
    return hashes.is_duplicated().to_numpy()


def _identified(events: pl.DataFrame, lines: pl.Series | None) -> pl.DataFrame:
    """Every event with an id; `given` tells which brought their own, `line` where they stood."""
    given = events["event_id"].is_not_null()
    line = pl.Series([None], dtype=pl.Int64).new_from_index(0, events.height) if lines is None else lines
    if not given.any():
        events = events.with_columns(content_ids(events))
    elif not given.all():
        events = _interleave(events, given, content_ids(events.filter(~given)))
    return events.with_columns(given=given, line=line)


def _interleave(events: pl.DataFrame, given: pl.Series, ids: pl.Series) -> pl.DataFrame:
    place = (~given).cum_sum().cast(pl.Int64) - 1
    return events.with_columns(
        event_id=pl.when(given).then("event_id").otherwise(pl.lit(ids.gather(place.clip(0))))
    )


def _split(writer: Writer, batch: pl.DataFrame, doubtful: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(events that are new, events that came before with `same` telling whether they said the same)."""
    batch = batch.with_row_index("row")
    asked = batch.filter(doubtful)
    log = writer.scan(_TABLE, EVENT.schema)
    known = _those_of(asked, log.select(_IDENTITY))
    firsts = asked.join(known, on=_IDENTITY, how="anti").unique(_IDENTITY, keep="first", maintain_order=True)
    # New is what nobody doubted, and of the others the first of each identity that the log does not know.
    is_new = ~doubtful | batch["row"].is_in(firsts["row"].implode())
    again = batch.filter(~is_new)
    named = again.filter("given")
    before = pl.concat([_those_of(named, log), firsts.select(*EVENT.columns)])
    named = named.join(before, on=_IDENTITY, how="left", suffix="_first", maintain_order="left")
    conflicts = named.filter(~pl.all_horizontal(_says_the_same()))["row"]
    return batch.filter(is_new), again.with_columns(same=~pl.col("row").is_in(conflicts.implode()))


def _those_of(events: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """The rows of `log` whose identity one of `events` has."""
    if events.is_empty():
        return log.collect_schema().to_frame()
    return log.join(events.lazy().select(_IDENTITY), on=_IDENTITY, how="semi").collect(engine="streaming")


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
