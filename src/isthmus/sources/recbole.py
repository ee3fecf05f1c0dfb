"""RecBole atomic files: `.inter` and `.item`, tab-separated, with a type behind every name of a column."""

from collections.abc import Iterator, Mapping, Sequence
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
_FAR = 1e12
"""Seconds that are no time."""


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
            times = [name for name in chunk.frame.columns if name.partition(":")[0] == "timestamp"]
            yield Chunk(
                chunk.frame.with_columns(_whole_seconds(chunk.frame[name]) for name in times), chunk.broken
            )


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


def _whole_seconds(column: pl.Series) -> pl.Series:
    seconds = column.cast(pl.Float64, strict=False)  # takes no spaces
    if seconds.null_count() == column.null_count() and (seconds.abs() < _FAR).all():
        return seconds.floor().cast(pl.Int64).cast(pl.String)
    read = pl.first().str.strip_chars().cast(pl.Float64, strict=False)
    whole = pl.when(read.abs() < _FAR).then(read.floor()).cast(pl.Int64).cast(pl.String)
    return column.to_frame().select(pl.coalesce(whole, pl.first()).alias(column.name)).to_series()
