"""What a log holds already, in a few bytes an event, and which events only their content tells apart."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.events.identity import CONTENT, content_ids

__all__ = ["IDENTITY", "Seen", "come_twice", "content_hash", "hashes_of", "like_content_ids", "with_ids"]

IDENTITY = ("platform", "event_id")
_BY_ID = pl.struct(IDENTITY).hash()
_NAMELESS = "\0nameless"
_CONTENT_ID_BYTES = 32


@dataclass(frozen=True)
class Seen:
    """Hashes of all events in `files`, ascending: 8 bytes an event, to tell at once what is surely new.

    Two events may share a hash, so whatever is found here is looked up in the log itself. The hash is
    polars' own and differs between its versions: it never leaves the process.
    """

    files: tuple[str, ...]
    hashes: NDArray[np.uint64]
    by_id: frozenset[str] = frozenset()
    """Platforms where an event brought an id that may be the hash of another's content: there, all events
    are known by their ids. Elsewhere those that brought none are known by their content itself."""
    to_name: frozenset[str] = frozenset()
    """Those of `by_id` where the files have events without an id."""

    @classmethod
    def of(cls, files: tuple[str, ...], log: pl.LazyFrame, by_id: frozenset[str] = frozenset()) -> "Seen":
        """All events of `log` (columns of EVENT); `by_id` names platforms beyond those that it tells."""
        keys = log.select(IDENTITY).collect()
        named = keys.drop_nulls("event_id")
        by_id, hashes, to_name = by_id | like_content_ids(keys), hashes_of(named), frozenset[str]()
        if named.height < keys.height:
            nameless = keys.filter(pl.col("event_id").is_null())["platform"].unique()
            to_name = by_id & frozenset(nameless.to_list())
            others = with_ids(log.filter(pl.col("event_id").is_null()), to_name).select(_hash())
            hashes = pl.concat([hashes, others.collect(engine="streaming")["hash"]])
        return cls(files, np.sort(hashes.to_numpy()), by_id, to_name)

    def holds(self, hashes: pl.Series) -> NDArray[np.bool_]:
        """Which of `hashes` are here."""
        wanted = hashes.to_numpy()
        if not len(self.hashes):
            return np.zeros(len(wanted), dtype=bool)
        order = np.argsort(wanted)  # ascending needles walk through memory instead of jumping
        places = np.empty(len(wanted), dtype=np.int64)
        places[order] = np.searchsorted(self.hashes, wanted[order])
        found: NDArray[np.bool_] = self.hashes[np.minimum(places, len(self.hashes) - 1)] == wanted
        return found

    def with_more(self, files: tuple[str, ...], hashes: pl.Series) -> "Seen":
        """When events of these hashes have been added."""
        together = np.concatenate([self.hashes, np.sort(hashes.to_numpy())])
        return replace(self, files=files, hashes=np.sort(together, kind="stable"))


def like_content_ids(events: pl.DataFrame) -> frozenset[str]:
    """The platforms where an event brought an id that is as long as the hash of a content."""
    if events["event_id"].null_count() == events.height:
        return frozenset()
    alike = pl.col("platform").filter(pl.col("event_id").str.len_bytes() == _CONTENT_ID_BYTES)
    return frozenset(events.select(alike.unique()).to_series().to_list())


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
    return events.select(by_one.alias("hash")).to_series()


def content_hash() -> pl.Expr:
    """UInt64 of what an event says; an empty context is none at all, and -0.0 is 0.0."""
    context = pl.col("context").struct
    plain = [pl.col(name) for name in CONTENT if name not in ("value", "context")]
    value = pl.col("value") + 0.0
    return pl.struct(*plain, value, context.field("device"), context.field("scenario")).hash()


def _hash() -> pl.Expr:
    return pl.when(pl.col("event_id").is_null()).then(content_hash()).otherwise(_BY_ID).alias("hash")


def come_twice(hashes: pl.Series) -> NDArray[np.bool_]:
    """Which are there several times; that none is shows soonest where they are in order."""
    ordered = np.sort(hashes.to_numpy())
    if (ordered[1:] != ordered[:-1]).all():
        return np.zeros(len(ordered), dtype=bool)
    return hashes.is_duplicated().to_numpy()
