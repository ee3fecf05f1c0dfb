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
        told = _merge(items)
        known = ITEM.empty()
        if writer.rows("items"):
            known = _merge(_those_of(told, writer.scan("items", ITEM.schema)))
        news, is_new = told, pl.lit(value=True)
        if known.height:
            beside = known.with_columns(known=True)
            told = told.join(beside, on=_KEY, how="left", suffix="_known", maintain_order="left")
            is_new = pl.col("known").is_null()
            news = told.filter(is_new | _differs())
        if news.height:
            writer.append("items", news.select(_COLUMNS))
        added = int(news.select(is_new.sum()).item()) if known.height else news.height
        return Added(added, news.height - added)

    def read(self) -> pl.DataFrame:
        """One row per (platform, item_id), in the order of first appearance, with the columns of ITEM."""
        rows = self._store.scan("items", ITEM.schema).collect()
        return _merge(rows).with_columns(pl.col("hidden").fill_null(False))


def _those_of(items: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    """Those of `rows` that are about one of `items`, in their order."""
    asked = rows.join(items.lazy().select(_KEY), on=_KEY, how="semi", maintain_order="left")
    return asked.collect()


def _differs() -> pl.Expr:
    """Whether more or other things are told of an item than are known."""
    return pl.any_horizontal(
        pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"{name}_known")) for name in _FIELDS
    )


def _merge(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per item, in the order of first appearance: of each field the last that says something."""
    spoken = rows.select(*_KEY, *(_said(rows[name]) for name in _FIELDS))
    several = spoken.select(_KEY).is_duplicated()
    if not several.any():
        return spoken
    # Groups are slow, and most items come alone.
    placed = spoken.with_row_index("row")
    last = [pl.col(name).drop_nulls().last() for name in _FIELDS]
    groups = placed.filter(several).group_by(_KEY, maintain_order=True).agg(pl.col("row").first(), *last)
    alone = placed.filter(~several)
    return pl.concat([alone, groups.select(alone.columns)]).sort("row").select(_COLUMNS)


def _said(field: pl.Series) -> pl.Series:
    """The field, null where it says nothing."""
    if field.null_count() == len(field):
        return field
    if field.dtype == pl.String():
        return _where(field, field.str.strip_chars() != "")
    if isinstance(field.dtype, pl.List):
        names = field.filter(field.list.len() > 0).explode()
        if names.null_count() or (names.str.strip_chars() == "").any():
            field = field.list.eval(pl.element().filter(pl.element().str.strip_chars() != ""))
        return _where(field, field.list.len() > 0)
    return field


def _where(field: pl.Series, says: pl.Series) -> pl.Series:
    if says.all(ignore_nulls=True):
        return field
    return field.to_frame().select(pl.when(says).then(pl.first())).to_series()
