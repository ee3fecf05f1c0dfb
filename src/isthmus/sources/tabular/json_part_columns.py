"""Arrays from anywhere in a JSON document as blocks of columns."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.tabular.json_columns import JsonBlock, find_seam, frame_elements
from isthmus.sources.tabular.json_records import MAX_DEPTH, MAX_RECORD_CHARS, JsonPath, JsonReader, Wants
from isthmus.sources.tabular.json_rows import JsonRow
from isthmus.sources.tabular.stream import read_text_blocks

__all__ = ["read_part_columns"]

_BLOCK_BYTES = 8_000_000
_END = re.compile(rb"\}\s*\]")


def read_part_columns(
    file: Path, schema: pl.Schema, wants: Wants, *, what: str = "no list of this export", advice: str = ""
) -> Iterator[tuple[JsonPath, JsonBlock]]:
    """As `iter_json_parts`, with the rows of long arrays as frames of `schema`; see `read_json_columns`."""
    reader = _Reader(read_text_blocks(file, _BLOCK_BYTES), file, wants, None)
    yield from reader.blocks_below((), schema)
    reader.close()
    if not reader.found:
        raise InputError(f"holds {what}", advice or "Is it a file of this export?", file=str(file))


class _Reader(JsonReader):
    """A place in a JSON text from where on arrays are read many elements at a time."""

    def blocks_below(self, path: JsonPath, schema: pl.Schema) -> Iterator[tuple[JsonPath, JsonBlock]]:
        """The wanted arrays of the value here."""
        if len(path) > MAX_DEPTH:
            raise self.fault("is nested too deeply")
        sign = self.peek()
        if sign == "[" and self.wants(path, sign):
            self.found = True
            for block in self._array(path, schema):
                yield path, block
        elif sign == "{" and not self.wants(path, sign):
            for _ in self.inside("{", "}"):
                yield from self.blocks_below((*path, self.key()), schema)
        else:
            yield from ((path, JsonBlock(None, rows=[(line, row)])) for path, line, row in self.walk(path))

    def _array(self, path: JsonPath, schema: pl.Schema) -> Iterator[JsonBlock]:
        """The elements of the array here, many at once as long as that goes, then one by one."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        rows: list[JsonRow] = []
        while True:
            block = None if rows or self.peek() != "{" else self._at_once(schema)
            if block is None:
                line, value, raw = self.value()
                rows.append((line, self.row(value, raw, line)))
            else:
                yield block
            if self.take(",]") == "]":
                break
        if rows:
            yield JsonBlock(None, rows=rows)

    def _at_once(self, schema: pl.Schema) -> JsonBlock | None:
        """The elements that are at hand, whose last one the place is behind then; None where that fails."""
        while True:
            text = self.text[self.at :].encode()
            seam, end = find_seam(text, 0), _END.search(text)
            if end or seam or len(text) > MAX_RECORD_CHARS or not self.more():
                break  # an element that is too long is for `value` to refuse
        if seam is None:
            return None
        stop = end.start() + 1 if end else text.rfind(seam.between) + len(seam.before)
        body = text[:stop]
        block = frame_elements(body, self.line, seam, schema, self.file)
        if block:
            self.at += len(body) if body.isascii() else len(body.decode())
            self.line += body.count(b"\n")
        return block
