"""The vault: who is behind a pseudonym, so that lists can be given back under the ids that came in."""

import polars as pl

from isthmus.schema import Table, conform
from isthmus.storage import SegmentStore, Writer

__all__ = ["IDENTITY", "Identities"]

_TABLE = "private/identities"

IDENTITY = Table(
    "identity",
    {"pseudonym": pl.String(), "platform": pl.String(), "user_id": pl.String(), "person": pl.String()},
    required=("pseudonym",),
)
"""Whose `pseudonym` it is: an account (`platform`, `user_id`), or a person by name (`person`)."""


class Identities:
    """The only table with names in it; it lies in the folder `private` and can be erased row by row."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store

    def add(self, writer: Writer, frame: pl.DataFrame) -> int:
        """Add those of `frame` (columns of IDENTITY, absent ones null) that are new; returns how many."""
        told = conform(frame, IDENTITY)
        new = told[told["pseudonym"].arg_unique().sort()]
        known = writer.scan(_TABLE, IDENTITY.schema).select("pseudonym").collect()
        if known.height:
            new = new.join(known, on="pseudonym", how="anti", maintain_order="left")
        writer.append(_TABLE, new)
        return new.height

    def of(self, pseudonyms: pl.Series) -> pl.DataFrame:
        """The columns of IDENTITY, one row per entry of `pseudonyms` in its order; null where unknown."""
        asked = pseudonyms.cast(pl.String).alias("pseudonym").to_frame()
        known = self._scan().join(asked.lazy().unique(), on="pseudonym", how="semi").collect()
        return asked.join(known, on="pseudonym", how="left", maintain_order="left")

    def find(self, platform: str, user_id: str) -> str | None:
        """The pseudonym of an account, or None where it never came in."""
        is_it = (pl.col("platform") == platform) & (pl.col("user_id") == user_id)
        found = self._scan().filter(is_it).select("pseudonym").collect()
        return str(found.item()) if found.height else None

    def find_person(self, name: str) -> str | None:
        """The pseudonym of a person, or None where the name never came in."""
        found = self._scan().filter(pl.col("person") == name).select("pseudonym").collect()
        return str(found.item()) if found.height else None

    def read(self) -> pl.DataFrame:
        """Everybody, in the order in which they came."""
        return self._scan().collect()

    def count(self) -> int:
        """How many accounts and persons there are; reads the manifest only."""
        return self._store.rows(_TABLE)

    def forget(self, writer: Writer, pseudonyms: pl.Series) -> int:
        """Take these out, also of the files; returns how many there were."""
        before = writer.rows(_TABLE)
        gone = pl.col("pseudonym").is_in(pseudonyms.cast(pl.String).implode())
        writer.rewrite(_TABLE, lambda rows: rows.filter(~gone))
        return before - writer.rows(_TABLE)

    def _scan(self) -> pl.LazyFrame:
        return self._store.scan(_TABLE, IDENTITY.schema)
