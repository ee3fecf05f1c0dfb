"""JSON lines of known columns: well-formed blocks go to polars whole, the others are read line by line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.sources.tabular.chunk import LINE, Broken, Chunk
from isthmus.sources.tabular.json_rows import parse_line, whole_lines

__all__ = ["read_json_lines"]

_HALF_PAIR = re.compile(rb"\\u[dD]")
"""Looking for this takes a fifth of the time that `in` takes."""


def read_json_lines(file: Path, batch_rows: int, schema: pl.Schema) -> Iterator[Chunk]:
    """Chunks with the columns of `schema` and LINE; a key that a line lacks is null.

    Columns may be String, Int64, Float64 or List(String). Lines that are no JSON object, or where a value has
    another type, come as `broken`. Raises InputError for a line of more than 64 MB.
    """
    for line, whole, n_ends in whole_lines(file):
        n_lines = n_ends + (not whole.endswith(b"\n"))
        chunk = _read_at_once(whole, line, n_lines, schema) or _read_by_line(whole, line, schema)
        for start in range(0, max(chunk.frame.height, 1), batch_rows):
            yield Chunk(chunk.frame.slice(start, batch_rows), () if start else chunk.broken)


def _read_at_once(block: bytes, line: int, n_lines: int, schema: pl.Schema) -> Chunk | None:
    """The rows of a block; None where polars cannot tell all of them, or which line they stand on."""
    if _HALF_PAIR.search(block):  # polars makes NUL of half a surrogate pair
        return None
    try:
        frame = pl.read_ndjson(block, schema=schema)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != n_lines:
        return None  # blank lines between
    lines = pl.int_range(line, line + frame.height, dtype=pl.Int64, eager=True)
    return Chunk(frame.with_columns(lines.alias(LINE)))


def _read_by_line(block: bytes, line: int, schema: pl.Schema) -> Chunk:
    rows: list[dict[str, Any]] = []
    broken: list[Broken] = []
    for number, raw in enumerate(block.split(b"\n"), line):
        if not raw.strip():
            continue
        row = parse_line(raw, number)
        if not isinstance(row, Broken):
            row = _fit(row, number, schema)
        if isinstance(row, Broken):
            broken.append(row)
        else:
            rows.append({**row, LINE: number})
    return Chunk(pl.DataFrame(rows, schema={**schema, LINE: pl.Int64}), tuple(broken))


def _fit(row: dict[str, Any], line: int, schema: pl.Schema) -> dict[str, Any] | Broken:
    fitted = {}
    for name, dtype in schema.items():
        try:
            fitted[name] = _value(row.get(name), dtype)
        except (ValueError, TypeError, OverflowError):
            return Broken(line, f"{name} is no {_WORDS.get(type(dtype), 'list of texts')}")
    return fitted


_WORDS: dict[type[pl.DataType], str] = {pl.String: "text", pl.Int64: "whole number", pl.Float64: "number"}
_LARGEST = 2**63


def _value(value: Any, dtype: pl.DataType) -> Any:
    if value is None:
        return None
    if isinstance(dtype, pl.List):
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return value
        raise TypeError
    if not isinstance(value, str):  # numbers come as texts
        raise TypeError
    if isinstance(dtype, pl.Int64):
        whole = int(value)
        if abs(whole) >= _LARGEST:
            raise OverflowError
        return whole
    return float(value) if isinstance(dtype, pl.Float64) else value
