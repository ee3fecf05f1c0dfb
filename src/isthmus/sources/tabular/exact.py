"""Delimited text row by row, by the rules of RFC 4180: slower, and every row that breaks them is named."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from isthmus.sources.tabular.chunk import RAW_CHARS
from isthmus.sources.tabular.stream import MAX_RECORD_BYTES

__all__ = ["NOT_UTF8", "Record", "read_exactly", "wrong_fields"]

NOT_UTF8 = "is not valid UTF-8"


def wrong_fields(n_fields: int, n_columns: int) -> str:
    """The reason why a ragged row cannot be taken."""
    return f"has {n_fields} fields where the header has {n_columns}"


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its fields (none: a blank line), or the reason why it cannot be taken."""

    line: int
    """Line of the block on which it starts, from 0."""
    n_lines: int
    n_bytes: int
    fields: list[str]
    reason: str = ""
    raw: str = ""


class _Lines:
    """The lines of a block, which can be gone back to."""

    def __init__(self, block: bytes) -> None:
        # Bytes that are no UTF-8 become lone surrogates, which are looked for in each row.
        self.lines = [line + "\n" for line in block.decode(errors="surrogateescape").split("\n")]
        self.lines.pop()  # what stands behind the last newline is no whole line
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at == len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def read_exactly(
    block: bytes, separator: str, *, n_fields: int | None = None, final: bool, limit: int | None = None
) -> list[Record]:
    """The rows of `block`, or the first `limit`; those without `n_fields` fields are broken too.

    Where a quote is not closed only its line is broken, and reading goes on behind it. A row that may go on
    behind the block is left for the next one, unless this is the `final` block.
    """
    lines = _Lines(block)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    records: list[Record] = []
    n_bytes = 0
    with _fields_of_any_length():
        while lines.at < len(lines.lines) and (limit is None or len(records) < limit):
            start, fields, reason = lines.at, [], ""
            try:
                fields = next(reader)
            except csv.Error as error:
                unclosed = lines.at == len(lines.lines) and "unexpected end" in str(error)
                if unclosed and not final and len(block) - n_bytes < MAX_RECORD_BYTES:
                    break
                reason = "opens a quote that is never closed" if unclosed else f"is no CSV: {_plain(error)}"
                lines.at = start + 1
            records.append(_record(start, lines.lines[start : lines.at], fields, reason, n_fields))
            n_bytes += records[-1].n_bytes
    return records


def _plain(error: csv.Error) -> str:
    return "a lone CR outside quotes" if "new-line" in str(error) else str(error)


def _record(start: int, taken: list[str], fields: list[str], reason: str, n_fields: int | None) -> Record:
    n_bytes = sum(
        len(line) if line.isascii() else len(line.encode(errors="surrogateescape")) for line in taken
    )
    if not reason and not all(map(_is_utf8, fields)):
        reason = NOT_UTF8
    if not reason and fields and n_fields is not None and len(fields) != n_fields:
        reason = wrong_fields(len(fields), n_fields)
    if not reason:
        return Record(start, len(taken), n_bytes, fields)
    raw = "".join(taken)[:RAW_CHARS].rstrip("\r\n")
    return Record(
        start, len(taken), n_bytes, [], reason, raw.encode(errors="surrogateescape").decode(errors="replace")
    )


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """The csv module refuses fields above 128 kB unless told otherwise, process-wide: so only here."""
    before = csv.field_size_limit(MAX_RECORD_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text)
