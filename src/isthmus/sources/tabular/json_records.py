"""Objects from anywhere in a JSON document, read piece by piece: only one of them is ever held whole."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.tabular.chunk import Broken
from isthmus.sources.tabular.json_rows import DECODER, JsonRow, as_object
from isthmus.sources.tabular.stream import read_text_blocks

__all__ = [
    "MAX_DEPTH",
    "MAX_RECORD_CHARS",
    "JsonPart",
    "JsonPath",
    "JsonReader",
    "Wants",
    "iter_json_parts",
    "iter_json_records",
    "parse_json_parts",
]

JsonPath = tuple[str, ...]
"""The keys that lead to a value, from the outermost; an array on the way adds none."""

JsonPart = tuple[JsonPath, int, dict[str, Any] | Broken]
"""Where an object was found, the line on which it starts, and the object, or why there is none."""

Wants = Callable[[JsonPath, str], bool]
"""Whether the objects at a path are asked for; the second is the first sign of what stands there: [ or {."""

MAX_RECORD_CHARS = 16_000_000
MAX_DEPTH = 40
_BLOCK_BYTES = 2_000_000
_SPACE = re.compile(r"[ \t\r\n]*")


def iter_json_records(
    file: Path, path: Sequence[str] = (), *, text_as: str | None = None
) -> Iterator[JsonRow]:
    """The objects of the array at `path`, with the lines they start on; read as they are asked for.

    `path` names keys from the outermost ("*": any key); () is the document itself. An object where an array
    is expected counts as its one element, null as none; a text is an object with the one key `text_as`.
    Numbers come as texts, as they are written. Elements that are no objects come as `Broken`. Raises
    InputError where the path leads nowhere, for what is no JSON, is nested deeper than 40 objects, or holds
    an object of more than 16 MB.
    """
    wanted = tuple(path)

    def wants(here: JsonPath, _: str) -> bool:
        return len(wanted) == len(here) and all(
            one in ("*", key) for one, key in zip(wanted, here, strict=True)
        )

    for _, line, row in iter_json_parts(
        file, wants, text_as=text_as, what=f"nothing under {'.'.join(path)!r}"
    ):
        yield line, row


def iter_json_parts(
    file: Path,
    wants: Wants,
    *,
    text_as: str | None = None,
    what: str = "no list of this export",
    advice: str = "",
) -> Iterator[JsonPart]:
    """As `iter_json_records`, from every path that `wants` agrees to.

    Raises InputError where it agrees to none: the file holds `what`, and `advice` is the hint.
    """
    reader = JsonReader(read_text_blocks(file, _BLOCK_BYTES), file, wants, text_as)
    yield from reader.walk(())
    reader.close()
    if not reader.found:
        raise InputError(f"holds {what}", advice or "Is it a file of this export?", file=str(file))


def parse_json_parts(
    blocks: Iterable[str], file: Path, wants: Wants, *, text_as: str | None = None
) -> Iterator[JsonPart]:
    """As `iter_json_parts`, from text; `file` is where it comes from."""
    reader = JsonReader(iter(blocks), file, wants, text_as)
    yield from reader.walk(())
    reader.close()


class JsonReader:
    """A place in a JSON text that comes in blocks."""

    def __init__(self, blocks: Iterator[str], file: Path, wants: Wants, text_as: str | None) -> None:
        self.blocks, self.file, self.wants, self.text_as = blocks, file, wants, text_as
        self.text, self.at, self.line, self.found = "", 0, 1, False

    def walk(self, path: JsonPath) -> Iterator[JsonPart]:
        """The wanted objects of the value here; what is not wanted is passed over bit by bit."""
        if len(path) > MAX_DEPTH:
            raise self.fault("is nested too deeply")
        sign = self.peek()
        wanted = self.wants(path, sign)
        self.found = self.found or wanted
        if sign == "[":
            for _ in self.inside("[", "]"):
                line, value, raw = self.value()
                if wanted:
                    yield path, line, self.row(value, raw, line)
        elif wanted:
            line, value, raw = self.value()
            if value is not None:
                yield path, line, self.row(value, raw, line)
        elif sign == "{":
            for _ in self.inside("{", "}"):
                key = self.key()
                yield from self.walk((*path, key))
        else:
            self.value()

    def row(self, value: Any, raw: str, line: int) -> dict[str, Any] | Broken:
        """An element as an object."""
        if self.text_as is not None and isinstance(value, str) and raw.startswith('"'):
            value = {self.text_as: value}
        return as_object(value, raw, line)

    def inside(self, opening: str, closing: str) -> Iterator[None]:
        """Stops before each part of the array or object here, and behind its end."""
        self.take(opening)
        if self.peek() == closing:
            self.take(closing)
            return
        while True:
            yield
            if self.take("," + closing) == closing:
                return

    def key(self) -> str:
        """The key of a member, and the colon behind it."""
        if self.peek() != '"':
            raise self.fault("is no JSON: a key is expected")
        _, key, _ = self.value()
        self.take(":")
        return str(key)

    def value(self) -> tuple[int, Any, str]:
        """The line, the whole value here, and its text."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
                if self.is_whole(end) or not self.more():
                    break
            except json.JSONDecodeError as error:
                if len(self.text) - self.at > MAX_RECORD_CHARS:
                    raise self.fault("holds an object of more than 16 MB") from error
                if not self.more():
                    raise self.fault(f"is no JSON: {error.msg}") from error
            except RecursionError as error:
                raise self.fault("is nested too deeply") from error
        line, raw = self.line, self.text[self.at : end]
        self.line, self.at = line + raw.count("\n"), end
        return line, value, raw

    def is_whole(self, end: int) -> bool:
        """Whether the value that ends there cannot go on in the next block, as a number may: 1.5 | e+3."""
        return self.text[self.at] in '"{[' or end + len("e+3") <= len(self.text)

    def peek(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            gap = _SPACE.match(self.text, self.at)
            end = self.at if gap is None else gap.end()
            self.line, self.at = self.line + self.text.count("\n", self.at, end), end
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, signs: str) -> str:
        """The next sign, which must be one of `signs`."""
        sign = self.peek()
        if not sign:
            raise self.fault("ends before it is complete", "Is the file cut short? Get it again.")
        if sign not in signs:
            raise self.fault(f"is no JSON: {' or '.join(signs)} is expected")
        self.at += 1
        return sign

    def more(self) -> bool:
        """Take in the next block, if there is one; what was read before is let go."""
        block = next(self.blocks, None)
        if block is None:
            return False
        self.text, self.at = self.text[self.at :] + block, 0
        return True

    def close(self) -> None:
        """Nothing but a semicolon may follow (JavaScript ends so)."""
        if self.peek() == ";":
            self.at += 1
        if self.peek():
            raise self.fault("goes on behind the end of its JSON")

    def fault(self, reason: str, hint: str = "Get the file again.") -> InputError:
        """What is wrong here."""
        return InputError(reason, hint, file=str(self.file), line=self.line)
