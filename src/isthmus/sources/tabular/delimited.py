"""CSV and TSV: well-formed blocks go to polars whole, the others are read row by row.

In a plain block every row is a line and has as many fields as the header: the separators and newlines outside
quotes tell that. A block is well formed where every quote opens or closes a field. That is told from the
positions of three bytes (quote, separator, newline), and so are the true lines and the ragged rows.
"""

from codecs import utf_8_decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.errors import InputError
from isthmus.schema import IntArray
from isthmus.sources.tabular.chunk import LINE, RAW_CHARS, Broken, Choose, Chunk, regroup
from isthmus.sources.tabular.exact import NOT_UTF8, read_exactly, wrong_fields
from isthmus.sources.tabular.stream import MAX_RECORD_BYTES, read_blocks

__all__ = ["read_delimited"]

_SEPARATORS = ",;\t|"
_QUOTE, _NEWLINE, _RETURN = ord('"'), ord("\n"), ord("\r")
_HEADER_BYTES = 65_536


@dataclass(frozen=True)
class _Layout:
    """How the rows of a file look."""

    columns: tuple[str, ...]
    chosen: tuple[str, ...]
    separator: str


@dataclass(frozen=True)
class _Rows:
    """Where the rows of a block are; all arrays are (n,)."""

    starts: IntArray
    ends: IntArray
    """Offset of the newline that ends each."""
    lines: IntArray
    """Line of the block on which each starts, from 0."""
    fields: IntArray
    blank: NDArray[np.bool_]

    def shown(self, block: bytes, row: int) -> str:
        """The beginning of one row."""
        text = block[self.starts[row] : self.ends[row]][: 4 * RAW_CHARS]
        return text.decode(errors="replace")[:RAW_CHARS].rstrip("\r\n")


@dataclass(frozen=True)
class _Piece:
    """What was read of a block: its rows, and how many bytes and lines of the block they took."""

    chunk: Chunk
    n_bytes: int
    n_lines: int


def read_delimited(file: Path, batch_rows: int, choose: Choose) -> Iterator[Chunk]:
    """Chunks of the chosen columns, all strings; the separator is read from the header (a tab in .tsv).

    Rows that are ragged, badly quoted or no UTF-8 come as `broken`. Raises InputError for a file without a
    header or with a column twice.
    """
    return regroup(_read(file, choose), batch_rows)


def _read(file: Path, choose: Choose) -> Iterator[Chunk]:
    blocks = read_blocks(file, to_newline=True)
    pending, line, layout = b"", 1, None
    for block in chain(blocks, [b""]):
        final = not block
        pending += block
        if final and not pending.endswith(b"\n"):
            pending += b"\n"
        if layout is None:
            if not final and b"\n" not in pending and len(pending) < MAX_RECORD_BYTES:
                continue
            layout, taken, n_lines = _read_header(file, pending, choose)
            pending, line = pending[taken:], line + n_lines
            yield Chunk(_frame({}, layout.chosen, np.empty(0, np.int64)))
        piece = (
            _read_plain(pending, layout, line)
            or _read_at_once(pending, layout, line)
            or _read_by_row(pending, layout, line, final)
        )
        yield piece.chunk
        pending, line = pending[piece.n_bytes :], line + piece.n_lines
        if len(pending) > MAX_RECORD_BYTES:
            raise InputError("a row is longer than 64 MB", "Is this a table?", file=str(file), line=line)


def _read_header(file: Path, block: bytes, choose: Choose) -> tuple[_Layout, int, int]:
    first = block[: block.find(b"\n")] if b"\n" in block else block
    if b"\r" in first.rstrip(b"\r"):
        raise InputError(
            "its lines end with a lone CR", "Save it with LF or CRLF line ends.", file=str(file), line=1
        )
    text = first.decode(errors="replace")
    is_tsv = file.name.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    separator = "\t" if is_tsv else max(_SEPARATORS, key=text.count)
    for part in (_beginning(block), block):  # all of it only where the header ends later
        records = read_exactly(part, separator, final=True, limit=100)
        at = next((i for i, record in enumerate(records) if record.fields or record.reason), None)
        if at is not None and not records[at].reason:
            break
    if at is None:
        raise InputError("the file has no rows", "The first row names the columns.", file=str(file))
    header, taken = records[at], records[: at + 1]
    if header.reason:
        raise InputError(
            f"the header {header.reason}",
            "The first row names the columns.",
            file=str(file),
            line=header.line + 1,
        )
    names = [name.strip() or f"column_{i}" for i, name in enumerate(header.fields, 1)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two columns are named {twice!r}", "Rename one of them.", file=str(file), line=1)
    layout = _Layout(tuple(names), tuple(choose(names)), separator)
    return layout, sum(record.n_bytes for record in taken), sum(record.n_lines for record in taken)


def _beginning(block: bytes) -> bytes:
    """Whole lines that surely hold an ordinary header, of a block that may be large."""
    return block[: block.rfind(b"\n", 0, _HEADER_BYTES) + 1] or block


def _read_at_once(block: bytes, layout: _Layout, first_line: int) -> _Piece | None:
    """The rows of a well-formed block; None where it is not, or holds no whole row."""
    rows = _survey(block, layout)
    if rows is None:
        return None
    end = int(rows.ends[-1]) + 1
    broken = _find_broken(block[:end], rows, len(layout.columns))
    kept = ~rows.blank
    kept[list(broken)] = False
    frame = _parse(_cut(block[:end], rows, kept), layout)
    if frame is None or frame.height != kept.sum():
        return None
    frame = frame.select(*layout.chosen, pl.Series(LINE, first_line + rows.lines[kept], dtype=pl.Int64))
    shapeless = tuple(
        Broken(first_line + int(rows.lines[row]), broken[row], rows.shown(block, row))
        for row in sorted(broken)
    )
    return _Piece(Chunk(frame, shapeless), end, block.count(b"\n", 0, end))


def _read_plain(block: bytes, layout: _Layout, first_line: int) -> _Piece | None:
    """The rows of a block of lines that are all alike; None where one is not."""
    end = block.rfind(b"\n") + 1
    body = block if end == len(block) else block[:end]
    n_rows = _count_alike(body, layout)
    if not n_rows or not _is_utf8(body):
        return None
    frame = _parse(body, layout)
    if frame is None or frame.height != n_rows:
        return None
    lines = pl.int_range(first_line, first_line + n_rows, dtype=pl.Int64, eager=True)
    return _Piece(Chunk(frame.select(*layout.chosen, lines.alias(LINE))), end, n_rows)


def _count_alike(block: bytes, layout: _Layout) -> int:
    """How many rows a block has, if all stand on a line and have the fields of the header; 0 if not."""
    separators = layout.separator.encode() * (len(layout.columns) - 1)
    if not separators:  # without separators, blank lines would look like any other
        return 0
    others = bytes(set(range(256)) - {*separators, _QUOTE, _NEWLINE, _RETURN})
    marks = block.translate(None, others)
    if b'"' in marks:
        marks = _unquoted(block, marks, layout)
    row = separators + (b"\r\n" if block.endswith(b"\r\n") else b"\n")
    n_rows, rest = divmod(len(marks), len(row))
    alike = not rest and marks == row * n_rows and (_RETURN not in row or block.count(b"\r\n") == n_rows)
    return n_rows if alike else 0


def _unquoted(block: bytes, marks: bytes, layout: _Layout) -> bytes:
    """Those of `marks` that stand outside quotes; none where a quote is out of place, or spans lines."""
    data, signs = np.frombuffer(block, np.uint8), np.frombuffer(marks, np.uint8)
    if not _is_well_quoted(data, np.flatnonzero(data == _QUOTE), layout.separator):
        return b""
    quote = signs == _QUOTE
    # A sign stands within quotes where an odd number of quotes stands before it; bytes overflow as they may.
    inside = (np.cumsum(quote, dtype=np.uint8) & 1).view(bool)
    outside: bytes = signs[~(inside | quote)].tobytes()
    spans = any(marks.count(sign) != outside.count(sign) for sign in (b"\n", b"\r"))
    return b"" if spans else outside


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(utf_8_decode(block, "strict", True))
    except UnicodeDecodeError:
        return False


def _survey(block: bytes, layout: _Layout) -> _Rows | None:
    """Where the whole rows of a block are; None where a quote or a CR is out of place, or there is none."""
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return None
    data = np.frombuffer(block, np.uint8)
    newline, separator, quote = (data == ord(sign) for sign in ("\n", layout.separator, '"'))
    at = np.flatnonzero(newline | separator | quote)  # all that follows looks at these bytes only
    newline, separator, quote = newline[at], separator[at], quote[at]
    if quote.any():
        if not _is_well_quoted(data, at[quote], layout.separator):
            return None
        # A byte stands within quotes where an odd number of quotes stands before it.
        outside = np.cumsum(quote) % 2 == 0
        separator &= outside
        last = np.flatnonzero(newline & outside)
    else:
        last = np.flatnonzero(newline)
    if not len(last):
        return None
    ends = at[last]
    starts = np.concatenate([[0], ends[:-1] + 1])
    fields = np.diff(np.cumsum(separator)[last], prepend=0) + 1
    blank = (ends == starts) | ((ends == starts + 1) & (data[starts] == _RETURN))
    lines = np.concatenate([[0], np.cumsum(newline)[last[:-1]]])
    return _Rows(starts, ends, lines, fields, blank)


def _find_broken(block: bytes, rows: _Rows, n_fields: int) -> dict[int, str]:
    """Rows with the wrong number of fields or with bytes that are no UTF-8, and why."""
    ragged = np.flatnonzero((rows.fields != n_fields) & ~rows.blank)
    broken = {int(row): wrong_fields(int(rows.fields[row]), n_fields) for row in ragged}
    view, at = memoryview(block), 0
    while at < len(block):
        try:
            utf_8_decode(view[at:], "strict", True)
            break
        except UnicodeDecodeError as error:
            row = int(np.searchsorted(rows.starts, at + error.start, "right")) - 1
            broken[row] = NOT_UTF8
            at = int(rows.ends[row]) + 1
    return broken


def _cut(block: bytes, rows: _Rows, kept: NDArray[np.bool_]) -> bytes:
    """The block without the rows that are not kept."""
    if kept.all():
        return block
    turns = np.flatnonzero(
        np.diff(np.concatenate([[False], kept, [False]]))
    )  # runs of kept rows: from, to, from, …
    runs = zip(rows.starts[turns[0::2]].tolist(), (rows.ends[turns[1::2] - 1] + 1).tolist(), strict=True)
    return b"".join(block[start:stop] for start, stop in runs)


def _parse(block: bytes, layout: _Layout) -> pl.DataFrame | None:
    if not block:
        return _frame({}, layout.chosen, ()).drop(LINE)
    columns = sorted(layout.columns.index(name) for name in layout.chosen)
    try:
        frame = pl.read_csv(
            block, has_header=False, separator=layout.separator, columns=columns, infer_schema=False
        )
    except pl.exceptions.PolarsError:
        return None
    frame.columns = [layout.columns[i] for i in columns]
    return frame


def _is_well_quoted(data: np.ndarray, quotes: IntArray, separator: str) -> bool:
    """Whether every first quote opens a field and every second closes one or is doubled."""
    edge = np.array([_NEWLINE, ord(separator)], np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = data[np.maximum(opening - 1, 0)]
    opens = (opening == 0) | np.isin(before, edge)
    opens[1:] |= opening[1:] == closing[: len(opening) - 1] + 1  # the second half of a doubled quote
    after = data[np.minimum(closing + 1, len(data) - 1)]
    closes = np.isin(after, [*edge, _QUOTE, ord("\r")]) | (closing == len(data) - 1)
    return bool(opens.all() and closes.all())


def _read_by_row(block: bytes, layout: _Layout, first_line: int, final: bool) -> _Piece:
    records = read_exactly(block, layout.separator, n_fields=len(layout.columns), final=final)
    whole = [record for record in records if record.fields]
    columns = zip(*(record.fields for record in whole), strict=True)
    by_name = dict(zip(layout.columns, columns, strict=True)) if whole else {}
    frame = _frame(by_name, layout.chosen, [first_line + record.line for record in whole])
    broken = tuple(Broken(first_line + one.line, one.reason, one.raw) for one in records if one.reason)
    n_lines = sum(record.n_lines for record in records)
    return _Piece(Chunk(frame, broken), sum(record.n_bytes for record in records), n_lines)


def _frame(
    columns: dict[str, tuple[str, ...]], chosen: Sequence[str], lines: Sequence[int] | IntArray
) -> pl.DataFrame:
    series = [pl.Series(name, columns.get(name, ()), dtype=pl.String) for name in chosen]
    return pl.DataFrame([*series, pl.Series(LINE, lines, dtype=pl.Int64)])
