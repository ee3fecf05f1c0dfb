"""Links: which accounts belong to one person. All of them pseudonymous."""

from dataclasses import dataclass

import polars as pl

from isthmus.schema import LINK, REJECT, conform
from isthmus.storage import SegmentStore, Writer

__all__ = ["Links", "LinksAdded"]

_TABLE = "links"
_ACCOUNT = ("platform", "user_id")
_RAW_CHARS = 2_000


@dataclass(frozen=True)
class LinksAdded:
    """What became of the links of one batch."""

    added: int
    duplicates: int
    """Links that were there already, in the store or earlier in the batch."""
    rejects: pl.DataFrame
    """The columns of REJECT: rows with an empty field, and accounts that belong to somebody else already."""


class Links:
    """The links of a store. An account belongs to one person; a person may have many accounts."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store

    def add(
        self, writer: Writer, links: pl.DataFrame, *, file: str = "", lines: pl.Series | None = None
    ) -> LinksAdded:
        """Add those of `links` (columns of LINK, person and user_id as pseudonyms) that are new.

        An account that is linked to another person already is a reject: the first link stays. `file` and
        `lines` tell where rejects stand. Raises InputError for wrong columns.
        """
        line = pl.Series([None], dtype=pl.Int64).new_from_index(0, links.height) if lines is None else lines
        batch = conform(links, LINK).with_columns(line=line).with_row_index("row")
        whole = batch.drop_nulls(list(LINK.columns))
        known = writer.scan(_TABLE, LINK.schema).collect().with_columns(row=pl.lit(None, pl.UInt32))
        firsts = pl.concat([known, whole.drop("line")], how="diagonal")
        firsts = firsts.unique(_ACCOUNT, keep="first", maintain_order=True)
        new = firsts.filter(pl.col("row").is_not_null())
        again = whole.join(new, on="row", how="anti", maintain_order="left")
        again = again.join(firsts, on=_ACCOUNT, how="left", suffix="_first", maintain_order="left")
        taken = again.filter(pl.col("person") != pl.col("person_first"))
        writer.append(_TABLE, new.select(*LINK.columns))
        rejects = pl.concat([_without_field(batch, file), _as_rejects(taken, file, "user_id", _TAKEN)])
        return LinksAdded(new.height, again.height - taken.height, rejects.sort("line", maintain_order=True))

    def read(self) -> pl.DataFrame:
        """All links, with the columns of LINK, in the order in which they came."""
        return self._store.scan(_TABLE, LINK.schema).collect()

    def accounts(self, person: str) -> pl.DataFrame:
        """`platform` and `user_id` of the accounts of this pseudonym of a person."""
        rows = self._store.scan(_TABLE, LINK.schema).filter(pl.col("person") == person)
        return rows.select(_ACCOUNT).collect()

    def count(self) -> int:
        """How many links there are; reads the manifest only."""
        return self._store.rows(_TABLE)

    def forget(self, writer: Writer, pseudonyms: pl.Series) -> int:
        """Take out the links of these accounts and these persons; returns how many there were."""
        before = writer.rows(_TABLE)
        them = pseudonyms.cast(pl.String).implode()
        gone = pl.col("user_id").is_in(them) | pl.col("person").is_in(them)
        writer.rewrite(_TABLE, lambda rows: rows.filter(~gone))
        return before - writer.rows(_TABLE)


_TAKEN = "belongs to another person already: the first link stays; erase that one to link the account anew"


def _without_field(batch: pl.DataFrame, file: str) -> pl.DataFrame:
    """Rows in which something is empty, as rejects that name the first such field."""
    field = pl.coalesce(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in LINK.columns)
    missing = batch.with_columns(field=field).drop_nulls("field")
    return _as_rejects(
        missing, file, pl.col("field"), "is empty: a link is a person, a platform and a user_id"
    )


def _as_rejects(rows: pl.DataFrame, file: str, field: str | pl.Expr, reason: str) -> pl.DataFrame:
    raw = pl.struct(list(LINK.columns)).struct.json_encode().str.slice(0, _RAW_CHARS)
    named = pl.lit(field) if isinstance(field, str) else field
    rejects = rows.select("line", *_ACCOUNT, field=named, reason=pl.lit(reason), file=pl.lit(file), raw=raw)
    return conform(rejects, REJECT)
