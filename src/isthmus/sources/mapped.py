"""Tables whose columns are known: what a mapping makes of a file, chunk by chunk."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from isthmus.sources.base import BATCH_ROWS, Batch, make_batch, reject
from isthmus.sources.cells import Fault, fill
from isthmus.sources.mapping import ROLES, Cell, Role, TableMapping
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import LINE, Choose, Chunk, read_table

__all__ = ["MappedSource", "Plan"]


class MappedSource(ABC):
    """A log or catalogue of many people whose files have known columns: a mapping is all it needs."""

    name: ClassVar[str]
    patterns: ClassVar[tuple[str, ...]]
    """File names, lower case, with * and ?."""
    advice: ClassVar[str]
    """The hint where no file is found."""
    marks: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Words that stand near the beginning of its files; one group of them is enough for `import auto`."""

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    @abstractmethod
    def mapping_for(self, file: Path, columns: Sequence[str]) -> TableMapping:
        """What becomes of these columns. InputError where they are not of this source."""

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of the source below `paths`. InputError where there is none."""
        return find_files(paths, self.patterns, self.advice)

    def chunks(self, file: Path, choose: Choose) -> Iterator[Chunk]:
        """The rows of `file`, made ready for the mapping."""
        return read_table(file, self.batch_rows, choose)

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows. InputError for a file that is not of this source."""
        fixed = {"platform": self.platform, "user_id": self.user_id}
        plan = Plan(file, lambda columns: self.mapping_for(file, columns).with_constants(**fixed))
        for chunk in self.chunks(file, plan.choose):
            yield plan.batch(chunk)


class Plan:
    """What is made of one file; known once its columns are."""

    def __init__(
        self, file: Path, mapping_for: Callable[[Sequence[str]], TableMapping], tells_ignored: bool = False
    ) -> None:
        self.file = file
        self.mapping_for = mapping_for
        self.tells_ignored = tells_ignored
        self.mapping = TableMapping({})
        self.ignored: tuple[str, ...] = ()

    def choose(self, columns: Sequence[str]) -> Sequence[str]:
        """Settle the mapping and say which columns it reads."""
        self.mapping = self.mapping_for(columns)
        self.mapping.check(self.file, columns)
        read = self.mapping.columns()
        if self.tells_ignored:
            self.ignored = tuple(name for name in columns if name not in read)
        return read

    def batch(self, chunk: Chunk, ignored: tuple[str, ...] = ()) -> Batch:
        """The tables of a chunk."""
        rejects = [reject(self.file, one.line, one.reason, raw=one.raw) for one in chunk.broken]
        made: dict[str, pl.DataFrame] = {}
        refused: list[int] = []  # rows whose event cannot be taken; they describe no item either
        for role, cells in self.mapping.cells.items():
            frame = self._items_of(chunk.frame, refused) if role == "items" and made else chunk.frame
            # Whether an event can do without something is for `events` to say.
            needed = () if role == "events" else ROLES[role].required
            filled = fill(frame, cells, ROLES[role], self.mapping.kinds, needed)
            shown = chunk.shown if chunk.shown and frame is chunk.frame else frame.__getitem__
            rejects += [self._reject(shown(fault.row), fault, cells) for fault in filled.faults]
            made[role] = filled.frame
            if role == "events":
                refused = [fault.row for fault in filled.faults]
            else:
                made[role] = _each_once(filled.frame.drop("line"), role)
        return make_batch(**made, rejects=rejects, ignored=ignored)

    def _items_of(self, frame: pl.DataFrame, refused: list[int]) -> pl.DataFrame:
        """Each distinct description of an item once, from the rows that name an item."""
        cells = self.mapping.cells["items"]
        columns = list(dict.fromkeys(cell.column for cell in cells.values() if cell.column is not None))
        if refused:
            frame = frame.filter(~pl.int_range(pl.len()).is_in(refused))
        if (item_id := cells["item_id"].column) is not None:
            named = frame[item_id].cast(pl.String) != ""
            frame = frame if named.all(ignore_nulls=False) else frame.filter(named)
        return _firsts(frame, columns)

    def _reject(self, row: pl.DataFrame, fault: Fault, cells: Mapping[str, Cell]) -> dict[str, Any]:
        said = {name: _said(row, cells[name]) for name in ("platform", "user_id") if name in cells}
        raw = row.drop(LINE).write_ndjson().strip()
        return reject(self.file, row[LINE].item(), fault.reason, field=fault.field, raw=raw, **said)


def _firsts(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Of rows that say the same in `columns` the first.

    Texts are compared by two hashes of 64 bits each, half the work of comparing them: where the second tells
    apart what is one by the first, by themselves.
    """
    if any(frame.schema[name] != pl.String for name in columns):
        return frame.unique(columns, keep="first", maintain_order=True)
    one, both = frame.lazy().select(one=_hash_of(columns, 0), both=_hash_of(columns, 1)).collect()
    firsts = one.arg_unique()
    if (one * 3 + both).n_unique() != len(firsts):
        return frame.unique(columns, keep="first", maintain_order=True)
    return frame[firsts.sort()]


def _hash_of(columns: Sequence[str], seed: int) -> pl.Expr:
    """UInt64: the hashes of all weighed by odd numbers and added, which may overflow."""
    weighed = (pl.col(name).hash(seed) * pl.lit(2 * n + 3, pl.UInt64) for n, name in enumerate(columns))
    return pl.sum_horizontal(weighed)


def _each_once(frame: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Equal rows once; most often every item is told of once, which is soon seen."""
    if role == "items" and frame["item_id"].n_unique() == frame.height:
        return frame
    return frame.unique(maintain_order=True)


def _said(row: pl.DataFrame, cell: Cell) -> str | None:
    """What one row says in a cell of text."""
    value = cell.value if cell.column is None else row[cell.column].item()
    return None if value is None or value == "" else str(value)
