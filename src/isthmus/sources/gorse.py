"""gorse: feedback and items, as its dashboard exports them (CSV) or its API writes them (JSON lines).

Labels and comments of users are not read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.mapped import MappedSource
from isthmus.sources.mapping import Cell, TableMapping
from isthmus.sources.tabular import Choose, Chunk, read_table

__all__ = ["GorseSource"]

_KINDS = {
    "star": "like", "favorite": "like", "fork": "save", "bookmark": "save", "click": "view", "read": "view",
    "buy": "purchase", "add_to_cart": "cart", "rating": "rate",
}  # fmt: skip
_FEEDBACK = (
    {"kind": "feedback_type", "user_id": "user_id", "item_id": "item_id", "occurred_at": "time_stamp"},
    {"kind": "FeedbackType", "user_id": "UserId", "item_id": "ItemId", "occurred_at": "Timestamp"},
)
_ITEMS = (
    {
        "item_id": "item_id", "hidden": "is_hidden", "categories": "categories", "tags": "labels",
        "published_at": "time_stamp", "title": "description",
    },
    {
        "item_id": "ItemId", "hidden": "IsHidden", "categories": "Categories", "tags": "Labels",
        "published_at": "Timestamp", "title": "Comment",
    },
)  # fmt: skip
_SECOND, _UTC = "%Y-%m-%d %H:%M:%S", " +0000 UTC"
_SECOND_DAY = datetime(1, 1, 2)  # on the first, nothing happened: it stands for no time


class GorseSource(MappedSource):
    """Feedback as events, by its type; items with their categories, labels and description as title.

    gorse leaves the names of types to its users: `read` and `click` count as `view`, `star` as `like`; a type
    that is no kind of ours is a reject.
    """

    name = "gorse"
    patterns = (
        "feedback*.csv",
        "feedback*.jsonl",
        "items*.csv",
        "items*.jsonl",
        "gorse_*.csv",
        "gorse_*.jsonl",
    )
    advice = "gorse dashboard, Users/Items/Feedback, Export: feedback.csv and items.csv."
    marks = (
        ("feedback_type", "user_id", "item_id"), ('"FeedbackType"', '"UserId"'), ("item_id,is_hidden,",),
        ('"ItemId"', '"IsHidden"'),
    )  # fmt: skip

    def mapping_for(self, file: Path, columns: Sequence[str]) -> TableMapping:
        """Events of feedback, or items."""
        for names in _FEEDBACK:
            if {names["kind"], names["user_id"], names["item_id"]} <= set(columns):
                return TableMapping({"events": _cells(names, columns)}, _KINDS)
        for names in _ITEMS:
            if {names["item_id"], names["hidden"]} <= set(columns):
                return TableMapping({"items": _cells(names, columns)})
        raise InputError("has the columns of neither feedback nor items", self.advice, file=str(file), line=1)

    def chunks(self, file: Path, choose: Choose) -> Iterator[Chunk]:
        """Rows with times in ISO form: gorse has `2020-01-02 03:04:05 +0000 UTC`, and year 1 for none."""
        for chunk in read_table(file, self.batch_rows, choose):
            names = [name for name in ("time_stamp", "Timestamp") if name in chunk.frame.columns]
            frame = chunk.frame.with_columns(_read_times(chunk.frame[name]) for name in names)
            yield Chunk(frame, chunk.broken, partial(_plain_row, chunk.frame, names))


def _cells(names: dict[str, str], columns: Sequence[str]) -> dict[str, Cell]:
    split = {"categories", "tags"}
    return {
        ours: Cell(theirs, split="|" if ours in split and theirs.islower() else None)
        for ours, theirs in names.items()
        if theirs in columns
    }


def _read_times(column: pl.Series) -> pl.Series:
    """Times, where all are in the usual form; if not, texts in ISO form."""
    if column.dtype == pl.String and column.str.ends_with(_UTC).all():
        times = column.str.to_datetime(f"{_SECOND}{_UTC}", time_unit="us", strict=False, cache=False)
        if times.null_count() == column.null_count() and not (times < _SECOND_DAY).any():
            return times.dt.replace_time_zone("UTC")
    return column.to_frame().select(_plain_time(column.name)).to_series()


def _plain_row(frame: pl.DataFrame, names: Sequence[str], row: int) -> pl.DataFrame:
    return frame[row].with_columns(_plain_time(name) for name in names)


def _plain_time(name: str) -> pl.Expr:
    plain = pl.col(name).str.replace(r" ([+-]\d{2}):?(\d{2})(?: [A-Z+\-0-9]+)?$", "${1}:${2}")
    return pl.when(~pl.col(name).str.starts_with("0001-01-01")).then(plain).alias(name)
