"""JSON objects as rows: one a line, or the elements of one array; read piece by piece."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.tabular.chunk import LINE, RAW_CHARS, Broken, Choose, Chunk
from isthmus.sources.tabular.stream import MAX_RECORD_BYTES, read_blocks, read_text_blocks

__all__ = [
    "DECODER",
    "JsonRow",
    "as_object",
    "first_sign",
    "parse_array",
    "parse_line",
    "parse_lines",
    "read_json_array",
    "read_json_objects",
    "read_json_rows",
    "whole_lines",
]

JsonRow = tuple[int, dict[str, Any] | Broken]
"""The line on which an object starts, and the object, or why there is none."""


def _shortest(number: str) -> str:
    """A number with a point or an exponent, in its shortest form without one: 12.0 is 12."""
    value = float(number)
    return format(Decimal(repr(value)), "f").removesuffix(".0") if math.isfinite(value) else number


# Whole numbers stay as they are written: an id such as 12345678901234567890 is text to us.
DECODER = json.JSONDecoder(parse_int=str, parse_float=_shortest, parse_constant=str)
"""Reads JSON and leaves its numbers as texts."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_OPENING = re.compile(r"\s*\[[\s,]*")
_BETWEEN = re.compile(r"[\s,]*")


def read_json_rows(file: Path, batch_rows: int, choose: Choose) -> Iterator[Chunk]:
    """Chunks of the chosen keys, all strings (lists as JSON); the keys of an object in `a` are columns `a.b`.

    The columns are the keys found in the first `batch_rows` rows. Lines that are no JSON object come as
    `broken`. Raises InputError for an array that is no JSON, for behind the fault nothing can be told apart.
    """
    rows = read_json_objects(file)
    chosen: tuple[str, ...] | None = None
    while True:
        flat, lines, broken = _take(rows, batch_rows)
        if not flat and not broken and chosen is not None:
            return
        if chosen is None and not flat:
            why = f": the first row {broken[0].reason}" if broken else ""
            raise InputError(f"holds no JSON objects{why}", "Rows are objects.", file=str(file))
        if chosen is None:
            chosen = tuple(choose(list(dict.fromkeys(key for row in flat for key in row))))
        columns = [pl.Series(name, [row.get(name) for row in flat], dtype=pl.String) for name in chosen]
        yield Chunk(pl.DataFrame([*columns, pl.Series(LINE, lines, dtype=pl.Int64)]), tuple(broken))


def read_json_objects(file: Path) -> Iterator[JsonRow]:
    """The objects of an array, or of lines, with the lines they start on. Raises as `read_json_rows`."""
    return read_json_array(file) if first_sign(file) == "[" else _read_lines(file)


def read_json_array(file: Path) -> Iterator[JsonRow]:
    """The objects of a JSON array with the lines they start on. Raises InputError where it is none."""
    return parse_array(read_text_blocks(file), file)


def parse_array(blocks: Iterable[str], file: Path, line: int = 1, *, after: str = "") -> Iterator[JsonRow]:
    """As `read_json_array`, from text that starts on `line`; what follows the array starts with `after`."""
    text, at = "", 0
    between = _OPENING
    for block in chain(blocks, [""]):
        text, at = text[at:] + block, 0
        while gap := between.match(text, at):
            line, at = line + text.count("\n", at, gap.end()), gap.end()
            between = _BETWEEN
            if text[at : at + 1] in ("", "]"):
                break
            try:
                value, end = DECODER.raw_decode(text, at)
            except (json.JSONDecodeError, RecursionError) as error:
                if block and isinstance(error, json.JSONDecodeError) and len(text) - at < MAX_RECORD_BYTES:
                    break  # the rest of the object is in the next block
                raise InputError(
                    f"is no JSON: {error}", "Get the file again.", file=str(file), line=line
                ) from error
            yield line, as_object(value, text[at:end], line)
            line, at = line + text.count("\n", at, end), end
    rest = text[at:].lstrip()
    if not rest.startswith("]") or not _begins(rest[1:].lstrip(), after):
        raise InputError(
            "is no whole JSON array", "Is the file cut short? Get it again.", file=str(file), line=line
        )


def _begins(text: str, after: str) -> bool:
    return text.startswith(after) if after else not text


def _read_lines(file: Path) -> Iterator[JsonRow]:
    for line, whole, _ in whole_lines(file):
        yield from parse_lines(whole, line)


def whole_lines(file: Path) -> Iterator[tuple[int, bytes, int]]:
    """The lines of a file, some at a time: the number of the first, the text, and how many line ends it has.

    InputError for a line above 64 MB.
    """
    pending, line = b"", 1
    for block in chain(read_blocks(file, to_newline=True), [b""]):
        pending = pending + block if pending else block
        end = len(pending) if not block else pending.rfind(b"\n") + 1
        if end:
            whole, pending = pending[:end], pending[end:]  # copies nothing where all of it is whole
            n_ends = whole.count(b"\n")
            yield line, whole, n_ends
            line += n_ends
        if len(pending) > MAX_RECORD_BYTES:
            raise InputError(
                "a line is longer than 64 MB", "Are these JSON lines?", file=str(file), line=line
            )


def parse_lines(raw: bytes, line: int) -> Iterator[JsonRow]:
    """The objects of whole lines, the first of which is `line`; blank lines are passed over."""
    for number, text in enumerate(raw.split(b"\n"), line):
        if text.strip():
            yield number, parse_line(text, number)


def parse_line(raw: bytes, line: int) -> dict[str, Any] | Broken:
    """The object that one line holds, or why there is none."""
    try:
        text = raw.decode()
        return as_object(DECODER.decode(text), text, line)
    except UnicodeDecodeError:
        reason = "is not valid UTF-8"
    except json.JSONDecodeError as error:
        reason = f"is no JSON: {error.msg} at column {error.colno}"
    except RecursionError:
        reason = "is nested too deeply"
    return Broken(line, reason, raw.decode(errors="replace")[:RAW_CHARS])


def as_object(value: Any, text: str, line: int) -> dict[str, Any] | Broken:
    """`value`, read from `text`, if it is an object that can be written again; else why it is none."""
    if not isinstance(value, dict):
        return Broken(line, "is no JSON object", text[:RAW_CHARS])
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return Broken(line, "holds half of a surrogate pair", text[:RAW_CHARS])
        except RecursionError:
            return Broken(line, "is nested too deeply", text[:RAW_CHARS])
    return value


def _take(
    rows: Iterator[JsonRow], n_rows: int
) -> tuple[list[dict[str, str | None]], list[int], list[Broken]]:
    flat: list[dict[str, str | None]] = []
    lines: list[int] = []
    broken: list[Broken] = []
    for line, row in islice(rows, n_rows):
        if isinstance(row, Broken):
            broken.append(row)
            continue
        try:
            flat.append(_flatten(row))
            lines.append(line)
        except RecursionError:
            broken.append(Broken(line, "is nested too deeply"))
    return flat, lines, broken


def _flatten(row: dict[str, Any]) -> dict[str, str | None]:
    flat: dict[str, str | None] = {}
    for key, value in row.items():
        if value is None or type(value) is str:
            flat[key] = value
        elif isinstance(value, dict):
            flat |= {f"{key}.{inner}": _as_text(one) for inner, one in value.items()}
        else:
            flat[key] = _as_text(value)
    return flat


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def first_sign(file: Path) -> str:
    """The first sign of a file that is no space. Raises InputError where there is none."""
    for block in read_blocks(file, 65_536):
        if text := block.decode(errors="replace").lstrip():
            return text[0]
    raise InputError("the file is empty", "Export it again.", file=str(file))
