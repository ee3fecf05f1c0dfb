"""Any table with a mapping, or with columns that bear our names: CSV, TSV, JSON, Parquet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS, Batch
from isthmus.sources.mapped import Plan
from isthmus.sources.mapping import ROLES, Role, TableMapping, load_mapping
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import PATTERNS, read_table

__all__ = ["TableSource"]


class TableSource:
    """Reads tables. `mapping` is a TOML file; `role` says what they hold where their columns leave it open.

    `platform` and `user_id` hold for every row, whatever stands in the file.
    """

    name = "table"
    patterns = PATTERNS

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
        # A mapping leaves out what it leaves out on purpose; without one, what is not read is told.
        plan = Plan(file, self.mapping_for, tells_ignored=self.mapping is None)
        for nth, chunk in enumerate(read_table(file, self.batch_rows, plan.choose)):
            yield plan.batch(chunk, ignored=() if nth else plan.ignored)

    def mapping_for(self, columns: Sequence[str]) -> TableMapping:
        """The mapping of a table with these columns, constants included."""
        mapping = self.mapping or TableMapping.natural(columns, self.role, "user_id" if self.user_id else "")
        return mapping.with_constants(platform=self.platform, user_id=self.user_id)
