"""Exports read column by column: a source says what all rows become at once, and which need a second look.

The second look is `make` of the same source, row by row: what a row becomes is said there, and the columns
only say it faster. Whatever they cannot tell is not `plain`.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from isthmus.schema import ITEM
from isthmus.sources.base import EVENT_WITH_LINE, Batch, make_batch
from isthmus.sources.records import RecordSource
from isthmus.sources.tabular import LINE, Chunk, JsonBlock, JsonRow

__all__ = ["Block", "ColumnSource", "Columns", "TableBlock", "table_blocks"]

_ITEM_WITH_LINE = pl.Schema({**ITEM.columns, "line": pl.Int64()})
_PLAIN, _LEFT_OUT, _PLACE, _KEY, _EVENT, _ITEM = "plain", "left out", "\0place", "key", "event ", "item "


@dataclass(frozen=True)
class Columns:
    """What the rows of a frame become. Every expression can be worked out for every row."""

    plain: pl.Expr
    """Whether the row is told rightly here."""
    left_out: pl.Expr
    """Why the row is left out on purpose; null where it is not."""
    event: Mapping[str, pl.Expr]
    """Columns of the event, without `item_id`, `event_id` and `line`."""
    item: Mapping[str, pl.Expr]
    """Columns of the item; a null `item_id` is about no item."""
    event_id: tuple[pl.Expr, ...] = ()
    """What tells the event from all others of the person, as text; null in one of it: the event has no id."""

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """All of it, side by side."""
        parts = {_PLAIN: self.plain.fill_null(value=False), _LEFT_OUT: self.left_out, "line": pl.col(LINE)}
        parts[_PLACE] = pl.col(_PLACE)
        parts |= {_EVENT + name: one for name, one in self.event.items()}
        parts |= {_ITEM + name: one for name, one in self.item.items()}
        if self.event_id:
            parts[_KEY] = pl.concat_str(*self.event_id, separator="\x1f")
        return frame.lazy().select(**parts).collect()  # lazily, what stands in several is worked out once


class Block(Protocol):
    """Some rows of a file, as a frame with LINE or one by one; `JsonBlock` is one."""

    @property
    def frame(self) -> pl.DataFrame | None:
        """All of them; None where they come one by one."""
        ...

    @property
    def rows(self) -> Sequence[JsonRow]:
        """The rows, where there is no frame."""
        ...

    @property
    def height(self) -> int:
        """How many rows there are."""
        ...

    def again(self, place: int) -> JsonRow:
        """One row of the frame, for `make`."""
        ...


@dataclass(frozen=True)
class TableBlock:
    """Rows of a table, whose texts are the same in the frame and one by one."""

    frame: pl.DataFrame
    rows: Sequence[JsonRow] = ()

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.frame.height

    def again(self, place: int) -> JsonRow:
        """One row of the frame, by the names of its columns."""
        row = self.frame.row(place, named=True)
        return row.pop(LINE), row


def table_blocks(chunks: Iterable[Chunk]) -> Iterator[Block]:
    """The rows of a table, and what of it has no shape."""
    for chunk in chunks:
        if chunk.broken:
            yield JsonBlock(None, rows=[(one.line, one) for one in chunk.broken])
        yield TableBlock(chunk.frame)


class ColumnSource(RecordSource):
    """An export of many rows of one shape."""

    @abstractmethod
    def columns(self) -> Columns:
        """What `make` makes of a row, for the frames of `blocks`."""

    def parted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame made ready for `columns`, with a row for each thing that a row of the file is about."""
        return frame

    @abstractmethod
    def blocks(self, file: Path) -> Iterator[Block]:
        """The rows of `file`. InputError for a file that cannot be read at all."""

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows, at least one."""
        tables, n_rows, first = _Tables(self, file), 0, True
        for block in self.blocks(file):
            for start in range(0, block.height, self.batch_rows):
                stop = min(start + self.batch_rows, block.height)
                if n_rows + stop - start > self.batch_rows:
                    yield tables.batch()
                    tables, n_rows, first = _Tables(self, file), 0, False
                n_rows += stop - start
                tables.add(block, start, stop)
        if n_rows or first:
            yield tables.batch()

    def keyed(self, parts: pl.Series) -> pl.Series:
        """As `event_id`, for parts that are joined already."""
        start = "\x1f".join([self.platform, self.user_id, ""])
        whole = parts.to_frame().select(pl.concat_str(pl.lit(start), pl.first()).cast(pl.Binary))
        hashed = [None if one is None else sha256(one).digest() for one in whole.to_series().to_list()]
        # Cut and written as hex all at once.
        return pl.Series(hashed, dtype=pl.Binary).bin.slice(0, 16).bin.encode("hex")


class _Tables:
    """The tables of a batch as they grow."""

    def __init__(self, source: ColumnSource, file: Path) -> None:
        self._source, self._file = source, file
        self._columns = source.columns()
        self._events: list[pl.DataFrame] = []
        self._items: list[pl.DataFrame] = []
        self._rejects: list[dict[str, Any]] = []
        self._left_out: Counter[str] = Counter()

    def add(self, block: Block, start: int, stop: int) -> None:
        """Some rows of a block."""
        if block.frame is None:
            self._add_rows(block.rows[start:stop])
            return
        frame = self._source.parted(block.frame[start:stop].with_row_index(_PLACE, start))
        made = self._columns.of(frame)
        odd = made.filter(~pl.col(_PLAIN))[_PLACE].unique(maintain_order=True).to_list()
        if odd:
            made = made.filter(~pl.col(_PLACE).is_in(odd))
        left_out = made.filter(pl.col(_LEFT_OUT).is_not_null()).unique(_PLACE)
        if left_out.height:
            self._left_out.update(left_out[_LEFT_OUT].to_list())
            made = made.filter(pl.col(_LEFT_OUT).is_null())
        self._events.append(self._events_of(made))
        self._items.append(self._items_of(made))
        if odd:
            self._add_rows([block.again(place) for place in odd])

    def batch(self) -> Batch:
        """What has been gathered, in the order of the lines; of an item the last description."""
        events = pl.concat(self._events or [EVENT_WITH_LINE.to_frame()])
        items = pl.concat(self._items or [_ITEM_WITH_LINE.to_frame()])
        if not events["line"].is_sorted():
            events = events.sort("line", maintain_order=True)
        if not items["line"].is_sorted():
            items = items.sort("line", maintain_order=True)
        return make_batch(
            events=events,
            items=_last_of_each(items.drop("line")),
            rejects=sorted(self._rejects, key=itemgetter("line")),
            left_out=dict(self._left_out),
        )

    def _add_rows(self, rows: Sequence[JsonRow]) -> None:
        read = self._source.read_rows(self._file, rows)
        whose = {"platform": self._source.platform, "user_id": self._source.user_id}
        shown = {"platform": self._source.platform, "hidden": False}
        self._events.append(pl.DataFrame([{**whose, **row} for row in read.events], EVENT_WITH_LINE))
        self._items.append(pl.DataFrame([{**shown, **row} for row in read.items], _ITEM_WITH_LINE))
        self._rejects += read.rejects
        self._left_out += read.left_out

    def _events_of(self, made: pl.DataFrame) -> pl.DataFrame:
        known = {"platform": pl.lit(self._source.platform), "user_id": pl.lit(self._source.user_id)}
        known |= {name: pl.col(_EVENT + name) for name in self._columns.event}
        known |= {"item_id": pl.col(f"{_ITEM}item_id"), "line": pl.col("line")}
        if self._columns.event_id:
            known["event_id"] = pl.lit(self._source.keyed(made[_KEY]))
        return _typed(made, known, EVENT_WITH_LINE)

    def _items_of(self, made: pl.DataFrame) -> pl.DataFrame:
        known = {"platform": pl.lit(self._source.platform), "hidden": pl.lit(value=False)}
        known |= {name: pl.col(_ITEM + name) for name in self._columns.item} | {"line": pl.col("line")}
        about = made.filter(pl.col(f"{_ITEM}item_id").is_not_null())
        return _typed(about, known, _ITEM_WITH_LINE)


def _last_of_each(items: pl.DataFrame) -> pl.DataFrame:
    """The last row of each item, in the order of these."""
    from_behind = items["item_id"].reverse().arg_unique()
    if len(from_behind) == items.height:
        return items
    return items[(items.height - 1 - from_behind).sort()]


def _typed(made: pl.DataFrame, known: Mapping[str, pl.Expr], schema: pl.Schema) -> pl.DataFrame:
    """The columns of `schema`; null where nothing is known."""
    nothing = pl.lit(None)
    return made.select(known.get(name, nothing).cast(dtype).alias(name) for name, dtype in schema.items())
