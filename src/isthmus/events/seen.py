"""What a log holds already, in a few bytes an event, and which events only their content tells apart."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.events.constants import with_constants
from isthmus.events.hashes import Hashes
from isthmus.events.identity import CONTENT, content_ids

__all__ = ["IDENTITY", "Seen", "come_twice", "content_hash", "hashes_of", "like_content_ids", "with_ids"]

IDENTITY = ("platform", "event_id")
_BY_ID = pl.struct(IDENTITY).hash()
_NAMELESS = "\0nameless"
_CONTENT_ID_BYTES = 32
_WEIGHT = 0x9E3779B97F4A7C15 >> 6


@dataclass(frozen=True)
class Seen:
    """Hashes of all events in `files`: 8 bytes an event, to tell at once what is surely new.

    Two events may share a hash, so whatever is found here is looked up in the log itself. The hash is
    polars' own and differs between its versions: it never leaves the process.
    """

    files: tuple[str, ...]
    hashes: Hashes
    by_id: frozenset[str] = frozenset()
    """Platforms where an event brought an id that may be the hash of another's content: there, all events
    are known by their ids. Elsewhere those that brought none are known by their content itself."""
    to_name: frozenset[str] = frozenset()
    """Those of `by_id` where the files have events without an id."""

    @classmethod
    def of(cls, files: tuple[str, ...], log: pl.LazyFrame, by_id: frozenset[str] = frozenset()) -> "Seen":
        """All events of `log` (columns of EVENT); `by_id` names platforms beyond those that it tells.

        Of a long log no column is ever held whole, only the hashes.
        """
        if not files:
            return cls(files, Hashes(np.empty(0, np.uint64)), by_id)
        is_nameless = pl.col("event_id").is_null()
        by_id |= _texts(log.select(_like_content_id().unique()))
        hashes = [_streamed(log.filter(~is_nameless).select(_BY_ID))]
        to_name = by_id & _texts(log.select(pl.col("platform").filter(is_nameless).unique()))
        others = with_ids(log.filter(is_nameless), to_name)
        hashes.append(_streamed(others.select(_hash() if to_name else content_hash())))
        return cls(files, Hashes(np.concatenate(hashes)), by_id, to_name)

    def with_more(self, files: tuple[str, ...], ordered: NDArray[np.uint64]) -> "Seen":
        """When events of these hashes, ascending, have been added. The hashes are shared with this one."""
        self.hashes.add(ordered)
        return replace(self, files=files)


def _streamed(one: pl.LazyFrame) -> NDArray[np.uint64]:
    return one.collect(engine="streaming").to_series().to_numpy()


def _texts(one: pl.LazyFrame) -> frozenset[str]:
    return frozenset(one.collect(engine="streaming").to_series().to_list())


def like_content_ids(events: pl.DataFrame) -> frozenset[str]:
    """The platforms where an event brought an id that is as long as the hash of a content."""
    if events["event_id"].null_count() == events.height:
        return frozenset()
    return frozenset(events.select(_like_content_id().unique()).to_series().to_list())


def _like_content_id() -> pl.Expr:
    return pl.col("platform").filter(pl.col("event_id").str.len_bytes() == _CONTENT_ID_BYTES)


def with_ids(log: pl.LazyFrame, platforms: Collection[str] | None = None) -> pl.LazyFrame:
    """`log` where an event of `platforms` (all) that has no id has the hash of its content as one."""
    nameless = pl.col("event_id").is_null()
    if platforms is not None:
        nameless &= pl.col("platform").is_in(list(platforms))
    said = pl.struct(nameless.alias(_NAMELESS), "event_id", *CONTENT)
    made = log.with_columns(event_id=said.map_batches(_identified, return_dtype=pl.String))
    return log if platforms is not None and not platforms else made


def _identified(rows: pl.Series) -> pl.Series:
    events = rows.struct.unnest()
    nameless = events[_NAMELESS]
    if not nameless.any():
        return events["event_id"]
    if nameless.all():
        return content_ids(events)
    ids = content_ids(events.filter(nameless))
    place = (nameless.cum_sum().cast(pl.Int64) - 1).clip(0)
    return ids.gather(place).zip_with(nameless, events["event_id"])


def hashes_of(events: pl.DataFrame) -> pl.Series:
    """UInt64 row by row, "hash": of platform and id, or of the content where there is no id."""
    nameless = events["event_id"].null_count()
    by_one = _BY_ID if not nameless else content_hash() if nameless == events.height else _hash()
    return with_constants(events).select(by_one.alias("hash")).to_series()


def content_hash() -> pl.Expr:
    """UInt64 of what an event says; an empty context is none at all, and -0.0 is 0.0.

    The hashes of the fields are weighed by odd numbers and added, so that one that all rows share is hashed
    once. Sums overflow, as they may.
    """
    context = pl.col("context").struct
    fields = [pl.col(name) for name in CONTENT if name not in ("value", "context")]
    fields += [pl.col("value") + 0.0, context.field("device"), context.field("scenario")]
    return pl.sum_horizontal(
        field.hash() * pl.lit(2 * n * _WEIGHT + 1, pl.UInt64) for n, field in enumerate(fields, 1)
    )


def _hash() -> pl.Expr:
    return pl.when(pl.col("event_id").is_null()).then(content_hash()).otherwise(_BY_ID).alias("hash")


def come_twice(hashes: pl.Series) -> NDArray[np.bool_]:
    """Which are there several times."""
    return hashes.is_duplicated().to_numpy()
