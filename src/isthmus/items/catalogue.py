"""The catalogue: everything ever told about items, and what is known of each of them now."""

from dataclasses import dataclass

import polars as pl

from isthmus.schema import ITEM
from isthmus.storage import SegmentStore, Writer

__all__ = ["Added", "Catalogue"]

_KEY = ["platform", "item_id"]
_COLUMNS = list(ITEM.columns)
_FIELDS = [name for name in _COLUMNS if name not in _KEY]


@dataclass(frozen=True)
class Added:
    """What an addition changed: items that are new, and items of which more or other things are known now."""

    added: int
    updated: int


class Catalogue:
    """Items in a segment store. Rows are only ever appended; the last word on each field counts."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store

    def add(self, writer: Writer, items: pl.DataFrame) -> Added:
        """Append those of `items` (columns of ITEM) that say something new; the same items again add nothing.

        A null, an empty text or an empty list says nothing and takes nothing back.
        """
        told = _merge(items.lazy())
        known = _merge(writer.scan("items", ITEM.schema))
        beside = told.join(known.with_columns(known=True), on=_KEY, how="left", suffix="_known")
        is_new = pl.col("known").is_null()
        differs = pl.any_horizontal(
            pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"{name}_known")) for name in _FIELDS
        )
        news = beside.filter(is_new | differs)
        if news.height:
            writer.append("items", news.select(_COLUMNS))
        added = news.select(is_new.sum()).item()
        return Added(added, news.height - added)

    def read(self) -> pl.DataFrame:
        """One row per (platform, item_id), in the order of first appearance, with the columns of ITEM."""
        return _merge(self._store.scan("items", ITEM.schema)).with_columns(pl.col("hidden").fill_null(False))


def _merge(rows: pl.LazyFrame) -> pl.DataFrame:
    """One row per item: of each field the last value that says something."""
    spoken = rows.select(*_KEY, *(_said(name) for name in _FIELDS))
    last = [pl.col(name).drop_nulls().last() for name in _FIELDS]
    return spoken.group_by(_KEY, maintain_order=True).agg(last).select(_COLUMNS).collect()


def _said(name: str) -> pl.Expr:
    """The field, null where it says nothing."""
    field, dtype = pl.col(name), ITEM.columns[name]
    if dtype == pl.String():
        return pl.when(field.str.strip_chars() != "").then(field).alias(name)
    if isinstance(dtype, pl.List):
        names = field.list.eval(pl.element().filter(pl.element().str.strip_chars() != ""))
        return pl.when(names.list.len() > 0).then(names).alias(name)
    return field
