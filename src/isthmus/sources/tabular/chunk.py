"""What the readers of tables give: rows with their lines, and the rows that have no shape."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["LINE", "RAW_CHARS", "Broken", "Choose", "Chunk"]

LINE = "\0line"
"""Column of a chunk with the line of each row (Int64); no column of a file is named like it."""

RAW_CHARS = 2_000
"""How much of a broken row is kept to show it."""

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Given the columns of a file, those to read."""


@dataclass(frozen=True)
class Broken:
    """A row that has no shape: where it starts, why, and its text (at most RAW_CHARS)."""

    line: int
    reason: str
    raw: str = ""


@dataclass(frozen=True)
class Chunk:
    """Rows of a table: the chosen columns and LINE; from text formats all columns are strings."""

    frame: pl.DataFrame
    broken: tuple[Broken, ...] = ()
    shown: Callable[[int], pl.DataFrame] | None = None
    """One row of the frame as a reject shows it, where a source has read some of its strings already."""
