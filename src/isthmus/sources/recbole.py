"""RecBole atomic files: `.inter` and `.item`, tab-separated, with a type behind every name of a column."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.mapped import MappedSource
from isthmus.sources.mapping import Cell, TableMapping
from isthmus.sources.tabular import Choose, Chunk, read_delimited

__all__ = ["RecBoleSource"]

_TITLES = ("title", "movie_title", "item_title", "name", "item_name", "game_title", "book_title")
_CREATORS = ("brand", "author", "artist", "director", "store")
_CATEGORIES = ("categories", "category", "genre", "genres", "class", "item_type")
_SURE = (1e8, 1e11)
"""Seconds that are times from 1973 on; fewer may be a date of eight digits."""


class RecBoleSource(MappedSource):
    """An interaction as `rate` where it has a rating and as `view` where not; items with what names them.

    Other names for person, item, rating and time than RecBole's own are not known.
    """

    name = "recbole"
    patterns = ("*.inter", "*.item")
    advice = "Atomic files of RecBole: NAME.inter and NAME.item."
    marks = (("user_id:token", "item_id:token"), ("item_id:token\t",))

    def mapping_for(self, file: Path, columns: Sequence[str]) -> TableMapping:
        """Events of interactions, or items."""
        plain = {name.partition(":")[0]: name for name in columns}
        if "item_id" in plain and "user_id" in plain:
            return TableMapping({"events": _event_cells(plain)})
        if "item_id" in plain:
            return TableMapping({"items": _item_cells(plain)})
        raise InputError("lacks the column 'item_id:token'", self.advice, file=str(file), line=1)

    def chunks(self, file: Path, choose: Choose) -> Iterator[Chunk]:
        """Rows with whole seconds: RecBole writes times as floats."""
        for chunk in read_delimited(file, self.batch_rows, choose):
            names = [name for name in chunk.frame.columns if name.partition(":")[0] == "timestamp"]
            frame = chunk.frame.with_columns(_read_seconds(chunk.frame[name]) for name in names)
            yield Chunk(frame, chunk.broken, partial(_plain_row, chunk.frame, names))


def _event_cells(plain: Mapping[str, str]) -> dict[str, Cell]:
    cells = {"user_id": Cell(plain["user_id"]), "item_id": Cell(plain["item_id"])}
    if "rating" in plain:
        cells |= {
            "kind": Cell(value="rate"),
            "value": Cell(plain["rating"]),
            "unit": Cell(value="rating"),
        }
    else:
        cells["kind"] = Cell(value="view")
    if "timestamp" in plain:
        cells["occurred_at"] = Cell(plain["timestamp"], unit="s")
    return cells


def _item_cells(plain: Mapping[str, str]) -> dict[str, Cell]:
    def first(names: Sequence[str]) -> str | None:
        return next((plain[name] for name in names if name in plain), None)

    title, creator, category = first(_TITLES), first(_CREATORS), first(_CATEGORIES)
    cells = {"item_id": Cell(plain["item_id"])}
    if title:
        cells["title"] = Cell(title)
    if creator:
        cells["creators"] = Cell(creator, split="\t")  # never inside a field: the name is one part
    if category:
        cells["categories"] = Cell(category, split=" " if category.endswith("_seq") else "\t")
    return cells


def _read_seconds(column: pl.Series) -> pl.Series:
    """Whole seconds: numbers where all surely are times; if not, texts, and what is no number as it is."""
    seconds = column.cast(pl.Float64, strict=False)
    if seconds.null_count() == column.null_count() and seconds.is_between(*_SURE).all():
        return seconds.floor().cast(pl.Int64)
    return column.to_frame().select(_whole_seconds(column.name)).to_series()


def _plain_row(frame: pl.DataFrame, names: Sequence[str], row: int) -> pl.DataFrame:
    return frame[row].with_columns(_whole_seconds(name) for name in names)


def _whole_seconds(name: str) -> pl.Expr:
    seconds = pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)
    whole = pl.when(seconds.abs() < 1e12).then(seconds.floor()).cast(pl.Int64).cast(pl.String)
    return pl.coalesce(whole, pl.col(name)).alias(name)
