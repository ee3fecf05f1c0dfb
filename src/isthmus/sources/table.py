"""Any table with a mapping, or with columns that bear our names: CSV, TSV, JSON, Parquet."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS, Batch, make_batch, reject
from isthmus.sources.cells import Fault, fill
from isthmus.sources.mapping import ROLES, Cell, Role, TableMapping, load_mapping
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import LINE, PATTERNS, Chunk, read_table

__all__ = ["TableSource"]


class TableSource:
    """Reads tables. `mapping` is a TOML file; `role` says what they hold where their columns leave it open.

    `platform` and `user_id` hold for every row, whatever stands in the file.
    """

    name = "table"

    def __init__(
        self,
        *,
        mapping: Path | str | None = None,
        role: Role | None = None,
        user_id: str = "",
        platform: str = "",
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        if role is not None and role not in ROLES:
            raise InputError(f"there is no role {role!r}", f"Roles: {', '.join(ROLES)}.", field="role")
        self.platform = platform
        self.user_id = user_id
        self.role = role
        self.batch_rows = batch_rows
        self.mapping = None if mapping is None else load_mapping(Path(mapping)).only(role)

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """Every table below `paths`. InputError where there is none."""
        return find_files(
            paths, PATTERNS, "Tables end in .csv, .tsv, .jsonl, .json (each also .gz) or .parquet."
        )

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows.

        Raises InputError for a file that cannot be read or does not say its platform, MappingError where it
        lacks a mapped column.
        """
        plan = _Plan(file, self)
        for nth, chunk in enumerate(read_table(file, self.batch_rows, plan.choose)):
            yield plan.batch(chunk, ignored=() if nth else plan.ignored)

    def mapping_for(self, columns: Sequence[str]) -> TableMapping:
        """The mapping of a table with these columns, constants included."""
        mapping = self.mapping or TableMapping.natural(columns, self.role, "user_id" if self.user_id else "")
        return mapping.with_constants(platform=self.platform, user_id=self.user_id)


class _Plan:
    """What is made of one file; known once its columns are."""

    def __init__(self, file: Path, source: TableSource) -> None:
        self.file = file
        self.source = source
        self.mapping = TableMapping({})
        self.ignored: tuple[str, ...] = ()

    def choose(self, columns: Sequence[str]) -> Sequence[str]:
        """Settle the mapping and say which columns it reads."""
        self.mapping = self.source.mapping_for(columns)
        self.mapping.check(self.file, columns)
        read = self.mapping.columns()
        if self.source.mapping is None:  # a mapping leaves out what it leaves out on purpose
            self.ignored = tuple(name for name in columns if name not in read)
        return read

    def batch(self, chunk: Chunk, ignored: tuple[str, ...]) -> Batch:
        """The tables of a chunk."""
        rejects = [reject(self.file, one.line, one.reason, raw=one.raw) for one in chunk.broken]
        made: dict[str, pl.DataFrame] = {}
        refused: list[int] = []  # rows whose event cannot be taken; they describe no item either
        for role, cells in self.mapping.cells.items():
            frame = self._items_of(chunk.frame, refused) if role == "items" and made else chunk.frame
            # Whether an event can do without something is for `events` to say.
            needed = () if role == "events" else ROLES[role].required
            filled = fill(frame, cells, ROLES[role], self.mapping.kinds, needed)
            rejects += [self._reject(frame, fault, cells) for fault in filled.faults]
            made[role] = filled.frame
            if role == "events":
                refused = [fault.row for fault in filled.faults]
            else:
                made[role] = filled.frame.drop("line").unique(maintain_order=True)
        return make_batch(**made, rejects=rejects, ignored=ignored)

    def _items_of(self, frame: pl.DataFrame, refused: list[int]) -> pl.DataFrame:
        """Each distinct description of an item once, from the rows that name an item."""
        cells = self.mapping.cells["items"]
        columns = list(dict.fromkeys(cell.column for cell in cells.values() if cell.column is not None))
        if refused:
            frame = frame.filter(~pl.int_range(pl.len()).is_in(refused))
        if (item_id := cells["item_id"].column) is not None:
            frame = frame.filter(pl.col(item_id).cast(pl.String) != "")
        return frame.unique(columns, keep="first", maintain_order=True)

    def _reject(self, frame: pl.DataFrame, fault: Fault, cells: Mapping[str, Cell]) -> dict[str, Any]:
        row = frame[fault.row]
        said = {name: _said(row, cells[name]) for name in ("platform", "user_id") if name in cells}
        raw = row.drop(LINE).write_ndjson().strip()
        return reject(self.file, row[LINE].item(), fault.reason, field=fault.field, raw=raw, **said)


def _said(row: pl.DataFrame, cell: Cell) -> str | None:
    """What one row says in a cell of text."""
    value = cell.value if cell.column is None else row[cell.column].item()
    return None if value is None or value == "" else str(value)
