"""Which rows can enter the catalogue, and in what shape."""

from typing import NamedTuple

import polars as pl

from isthmus.schema import ITEM, REJECT
from isthmus.settings import ImportSettings

__all__ = ["CheckedItems", "check_items"]

_ID_CHARS = 1_000
_NAMES = 1_000
"""Creators, categories or tags kept of one item."""


class CheckedItems(NamedTuple):
    """The rows that can be taken, the rows that cannot and why, and how many of the taken were cut."""

    good: pl.DataFrame
    rejects: pl.DataFrame
    cut: int


def check_items(
    frame: pl.DataFrame, file: str, settings: ImportSettings, lines: pl.Series | None = None
) -> CheckedItems:
    """Part the rows of `frame` (columns of ITEM) that came from `file` into good ones and rejects.

    A row without a platform or an item id, or with one of more than 1,000 characters, is rejected. Texts
    longer than `settings.max_text_chars` and lists of more than 1,000 names are cut; `extra`, which would no
    longer be JSON, is dropped instead. `lines` are the rows' lines in the file, by default 1, 2, 3 and so on.
    """
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True) if lines is None else lines
    fault = frame.select(_fault()).to_series()
    good = frame.filter(fault.is_null())
    too_long = good.select(_too_long(settings.max_text_chars)).to_series()
    n_cut = int(too_long.sum())
    bad = fault.is_not_null()
    rejects = _rejects(_shorten(frame.filter(bad), settings), fault.filter(bad), numbers.filter(bad), file)
    return CheckedItems(_shorten(good, settings) if n_cut else good, rejects, n_cut)


def _fault() -> pl.Expr:
    """The first thing that is wrong with a row as `field|reason`; null where nothing is."""
    faults = []
    for name in ITEM.required:
        empty = pl.col(name).str.strip_chars().fill_null("") == ""
        endless = pl.col(name).str.len_chars() > _ID_CHARS
        faults += [
            pl.when(empty).then(pl.lit(f"{name}|is empty")),
            pl.when(endless).then(pl.lit(f"{name}|is longer than {_ID_CHARS:,} characters")),
        ]
    return pl.coalesce(faults).alias("fault")


def _too_long(limit: int) -> pl.Expr:
    texts = [pl.col(name).str.len_chars() > limit for name in _columns(pl.String())]
    lists = [
        (pl.col(name).list.len() > _NAMES)
        | (pl.col(name).list.eval(pl.element().str.len_chars()).list.max() > limit)
        for name in _columns(ITEM.columns["tags"])
    ]
    return pl.any_horizontal(*(test.fill_null(False) for test in texts + lists)).alias("too_long")


def _shorten(frame: pl.DataFrame, settings: ImportSettings) -> pl.DataFrame:
    limit = settings.max_text_chars
    texts = [pl.col(name).str.head(limit) for name in _columns(pl.String()) if name != "extra"]
    lists = [
        pl.col(name).list.head(_NAMES).list.eval(pl.element().str.head(limit))
        for name in _columns(ITEM.columns["tags"])
    ]
    extra = pl.when(pl.col("extra").str.len_chars() <= limit).then(pl.col("extra"))
    return frame.with_columns(*texts, *lists, extra)


def _columns(dtype: pl.DataType) -> list[str]:
    return [name for name, kind in ITEM.columns.items() if kind == dtype]


def _rejects(bad: pl.DataFrame, fault: pl.Series, lines: pl.Series, file: str) -> pl.DataFrame:
    raw = bad.with_columns(pl.col("published_at").dt.to_string("iso")).select(
        pl.struct(pl.all()).struct.json_encode()
    )
    parts = fault.str.splitn("|", 2).struct
    return pl.DataFrame(
        {
            "file": pl.Series([file], dtype=pl.String).new_from_index(0, bad.height),
            "line": lines,
            "field": parts.field("field_0"),
            "reason": parts.field("field_1"),
            "platform": bad["platform"],
            "user_id": pl.Series([None], dtype=pl.String).new_from_index(0, bad.height),
            "raw": raw.to_series(),
        },
        schema=REJECT.schema,
    )
