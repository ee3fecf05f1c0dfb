"""Parquet, slice by slice; LINE is the number of the row, from 1."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.tabular.chunk import LINE, Choose, Chunk

__all__ = ["read_parquet"]


def read_parquet(file: Path, batch_rows: int, choose: Choose) -> Iterator[Chunk]:
    """Chunks of the chosen columns in their own types; the fields of a struct `a` are columns `a.b`.

    Raises InputError for a file that is no Parquet or damaged.
    """
    try:
        yield from _read(file, batch_rows, choose)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"is no readable Parquet file: {error}", "Export it again.", file=str(file)
        ) from error


def _read(file: Path, batch_rows: int, choose: Choose) -> Iterator[Chunk]:
    scan = pl.scan_parquet(file, glob=False)
    columns = _flat_columns(scan.collect_schema())
    scan = scan.select(columns[name].alias(name) for name in choose(list(columns)))
    height = int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item())
    for start in range(0, max(height, 1), batch_rows):
        frame = scan.slice(start, batch_rows).collect() if height else scan.collect()
        rows = pl.int_range(start + 1, start + frame.height + 1, dtype=pl.Int64, eager=True)
        yield Chunk(frame.with_columns(rows.alias(LINE)))


def _flat_columns(schema: pl.Schema) -> dict[str, pl.Expr]:
    columns: dict[str, pl.Expr] = {}
    for name, dtype in schema.items():
        if isinstance(dtype, pl.Struct):
            for part in dtype.fields:
                columns[f"{name}.{part.name}"] = pl.col(name).struct.field(part.name)
        else:
            columns[name] = pl.col(name)
    return columns
