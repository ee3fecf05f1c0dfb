"""JSON arrays and lines of known keys: whole blocks become frames, of which single rows can be read again.

A block goes to polars if polars can tell all of it. Which bytes part the elements of an array is told from
the first two; a wrong cut leaves braces open, which polars does not take.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

import numpy as np
import polars as pl

from isthmus.errors import InputError
from isthmus.schema import IntArray
from isthmus.sources.tabular.chunk import LINE, Broken
from isthmus.sources.tabular.json_rows import (
    JsonRow,
    first_sign,
    parse_array,
    parse_line,
    parse_lines,
    read_json_array,
    whole_lines,
)
from isthmus.sources.tabular.stream import MAX_RECORD_BYTES, read_blocks

__all__ = ["JsonBlock", "Seam", "blocks_of", "find_seam", "frame_elements", "read_json_columns"]

_OPENING = re.compile(rb"\s*\[\s*(?=\{)")
_GAP = re.compile(rb"\s*,\s*(?=\{)")
_SIGNS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)
_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_ROWS = 10_000
_ESCAPE = re.compile(rb"\\u")  # looking for it takes a third of the time that `in` takes
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_MARK = b"\x01"
"""Stands between elements for a moment: no JSON text may hold it."""


@dataclass(frozen=True)
class JsonBlock:
    """Some rows of a file: as the frame `frame` with LINE, or `rows` where polars cannot tell all of them."""

    frame: pl.DataFrame | None
    text: bytes = b""
    """The rows of the frame, a line each."""
    rows: Sequence[JsonRow] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    """Keys that all rows have besides; the frame has them too."""

    @cached_property
    def _texts(self) -> list[bytes]:
        return self.text.split(b"\n")

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.rows) if self.frame is None else self.frame.height

    def again(self, place: int) -> JsonRow:
        """One row of the frame, read as `read_json_objects` would."""
        assert self.frame is not None
        line = int(self.frame[LINE][place])
        row = parse_line(self._texts[place], line)
        return line, row if isinstance(row, Broken) else {**row, **self.more}

    def marked(self, more: Mapping[str, str]) -> "JsonBlock":
        """The same rows with the keys `more` besides."""
        if self.frame is not None:
            marks = {name: pl.lit(value) for name, value in more.items()}
            return JsonBlock(self.frame.with_columns(**marks), self.text, more=more)
        rows = [(line, row if isinstance(row, Broken) else {**row, **more}) for line, row in self.rows]
        return JsonBlock(None, rows=rows)


def read_json_columns(file: Path, schema: pl.Schema, *, array: bool = False) -> Iterator[JsonBlock]:
    """The objects of an array, or of lines too if not `array`, with the keys of `schema`.

    Columns are String, Boolean, or Struct and List of them. In a String a number is its text, in its shortest
    form, and true, false, lists and objects are their JSON. Of a key that stands twice in an object, either
    value may count. Raises as `read_json_objects`.
    """
    return _array(file, schema) if array or first_sign(file) == "[" else _lines(file, schema)


def blocks_of(rows: Iterable[JsonRow]) -> Iterator[JsonBlock]:
    """Rows that were read one by one, some at a time."""
    left = iter(rows)
    while taken := list(islice(left, _ROWS)):
        yield JsonBlock(None, rows=taken)


def _lines(file: Path, schema: pl.Schema) -> Iterator[JsonBlock]:
    for line, whole, n_ends in whole_lines(file):
        text = whole.removesuffix(b"\n")
        lines = np.arange(line, line + n_ends + (len(text) == len(whole)))
        yield _framed(text, lines, schema) or JsonBlock(None, rows=list(parse_lines(text, line)))


def _array(file: Path, schema: pl.Schema) -> Iterator[JsonBlock]:
    n_given, line, pending, seam = 0, 1, b"", None
    for block in chain(read_blocks(file), [b""]):
        pending += block
        if seam is None:
            opening = _OPENING.match(pending)
            seam = find_seam(pending, opening.end()) if opening else None
            if opening is None or seam is None:
                break
            line, pending = line + opening[0].count(b"\n"), pending[opening.end() :]
        end = pending.rfind(seam.between) + len(seam.before) if block else _last(pending)
        if end < len(seam.before) and block and len(pending) < MAX_RECORD_BYTES:
            continue  # the rest of the element is in the next block
        found = frame_elements(pending[:end], line, seam, schema, file) if end >= len(seam.before) else None
        if found is None:
            break
        yield found
        n_given, line = n_given + found.height, line + pending.count(b"\n", 0, end + len(seam.gap))
        pending = pending[end + len(seam.gap) :]
    else:
        return
    # This is no array as exports write it, or none at all: it is read bit by bit, behind what was given.
    yield from blocks_of(islice(read_json_array(file), n_given, None))


@dataclass(frozen=True)
class Seam:
    """What stands where one element ends and the next begins: `before` with its brace, `gap`, a brace."""

    before: bytes
    gap: bytes

    @property
    def between(self) -> bytes:
        """All of it."""
        return self.before + self.gap + b"{"


def find_seam(text: bytes, start: int) -> Seam | None:
    """The bytes between the first two objects of an array; None where that cannot be told."""
    depth = 0
    for sign in _SIGNS.finditer(text, start):
        depth += _DEPTH.get(sign[0], 0)
        if depth == 0:
            gap = _GAP.match(text, sign.end())
            inside = text[start : sign.start()]
            before = inside[len(inside.rstrip()) :] + b"}"
            return Seam(before, gap[0]) if gap else None
    return None


def _last(text: bytes) -> int:
    """Where the last element ends before the bracket that ends the array; -1 where there is none."""
    array = text.rstrip()
    return len(array[:-1].rstrip()) if array.endswith(b"]") else -1


def frame_elements(body: bytes, line: int, seam: Seam, schema: pl.Schema, file: Path) -> JsonBlock | None:
    """The rows of whole elements, the first on `line`, with seams between them; None where they are none."""
    if _MARK not in body:
        marked = body.replace(seam.between, seam.before + _MARK + b"{")
        signs = np.frombuffer(marked, np.uint8)
        marks = np.flatnonzero(signs == _MARK[0])
        breaks = np.flatnonzero(signs == ord("\n"))
        behind = np.concatenate([[0], np.searchsorted(breaks, marks)])
        lines = line + behind + seam.gap.count(b"\n") * np.arange(len(behind))
        # A line break inside a text is no JSON; as a tab it is none either.
        framed = _framed(marked.replace(b"\n", b"\t").replace(_MARK, b"\n"), lines, schema)
        if framed:
            return framed
    try:
        return JsonBlock(None, rows=list(parse_array([f"[{body.decode()}]"], file, line)))
    except (InputError, UnicodeDecodeError):
        return None


def _tellable(text: bytes) -> bool:
    """Whether polars reads the escapes in the text as Python does."""
    if b"\\u001" in text:
        return False  # separators of ASCII are space to Python alone
    if b"\\ud" not in text and b"\\uD" not in text:
        return True
    # polars makes NUL of half a surrogate pair
    return len(_SURROGATE.findall(text)) == 2 * len(_PAIR.findall(text)) and b"\\\\" not in text


def _framed(text: bytes, lines: IntArray, schema: pl.Schema) -> JsonBlock | None:
    """The rows of lines of JSON; None where polars cannot tell all of them."""
    if _ESCAPE.search(text) and not _tellable(text):
        return None
    try:
        frame = pl.read_ndjson(text, schema=schema)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != len(lines):
        return None  # blank lines between
    return JsonBlock(frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64)), text)
