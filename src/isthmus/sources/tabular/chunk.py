"""What the readers of tables give: rows with their lines, and the rows that have no shape."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["LINE", "RAW_CHARS", "Broken", "Choose", "Chunk", "regroup"]

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


def regroup(chunks: Iterator[Chunk], batch_rows: int) -> Iterator[Chunk]:
    """The same rows, `batch_rows` at a time; the first chunk comes even where there is no row."""
    frames: list[pl.DataFrame] = []
    broken: tuple[Broken, ...] = ()
    height, given = 0, False
    for chunk in chunks:
        frames.append(chunk.frame)
        broken += chunk.broken
        height += chunk.frame.height
        while height > batch_rows:
            frame = pl.concat(frames, rechunk=False)
            yield Chunk(frame.head(batch_rows), broken)
            frames, broken, given = [frame.slice(batch_rows)], (), True
            height -= batch_rows
    if height or broken or not given:
        yield Chunk(pl.concat(frames, rechunk=False), broken)
