"""Exports read row by row: a subclass says which rows there are and what one of them becomes."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.base import Batch, PersonalSource
from isthmus.sources.tabular import LINE, Broken, JsonRow, read_delimited

__all__ = ["Made", "RecordSource", "RowsRead", "csv_records"]

Made = tuple[dict[str, Any], dict[str, Any]]
"""An event and the item it is about; `item_id` stands in the item, `line`, person and platform are filled in.

A search is about no item: its `item_id` is None."""


class RecordSource(PersonalSource):
    """A personal export whose rows become events one by one."""

    @abstractmethod
    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The rows of `file` with their lines. InputError for a file that cannot be read at all."""

    @abstractmethod
    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """What a row becomes. InputError, naming the field, for a row that cannot be read."""

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Why a row is left out on purpose; "" where it is not."""
        return ""

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows, at least one."""
        rows = iter(self.rows(file))
        first = True
        while (taken := list(islice(rows, self.batch_rows))) or first:
            yield self._batch(file, taken)
            first = False

    def _batch(self, file: Path, rows: Sequence[JsonRow]) -> Batch:
        read = self.read_rows(file, rows)
        items = [{name: value for name, value in item.items() if name != "line"} for item in read.items]
        return self.batch(read.events, items, read.rejects, left_out=dict(read.left_out))

    def read_rows(self, file: Path, rows: Iterable[JsonRow]) -> "RowsRead":
        """What rows become, one by one; items have the lines of their rows as `line`."""
        read = RowsRead()
        for line, row in rows:
            if isinstance(row, Broken):
                read.rejects += self.rejected(file, [row])
                continue
            try:
                if reason := self.why_left_out(row):
                    read.left_out[reason] += 1
                    continue
                made = list(self.make(row))
            except InputError as error:
                read.rejects.append(self.refused(file, line, error))
                continue
            read.events += [{**event, "item_id": item["item_id"], "line": line} for event, item in made]
            read.items += [{**item, "line": line} for _, item in made if item["item_id"] is not None]
        return read


@dataclass
class RowsRead:
    """Rows as they were made, in the order of the file."""

    events: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def csv_records(
    file: Path,
    batch_rows: int,
    needed: Sequence[str],
    welcome: Sequence[str] = (),
    advice: str = "",
) -> Iterator[JsonRow]:
    """The rows of a CSV with the columns `needed` and, where they are there, `welcome`.

    No other column is looked at. Raises InputError where a needed column is missing.
    """

    def choose(columns: Sequence[str]) -> Sequence[str]:
        if missing := [name for name in needed if name not in columns]:
            raise InputError(f"lacks the column {missing[0]!r}", advice, file=str(file), line=1)
        return [*needed, *(name for name in welcome if name in columns)]

    for chunk in read_delimited(file, batch_rows, choose):
        yield from ((one.line, one) for one in chunk.broken)
        yield from ((row.pop(LINE), row) for row in chunk.frame.iter_rows(named=True))
