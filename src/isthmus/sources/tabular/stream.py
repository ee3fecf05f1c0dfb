"""Bytes of a text file as UTF-8 blocks: unzips, drops a BOM, and turns UTF-16 and UTF-32 into UTF-8."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from isthmus.errors import InputError

__all__ = ["MAX_RECORD_BYTES", "read_blocks", "read_text", "read_text_blocks"]

BLOCK_BYTES = 8_000_000
MAX_RECORD_BYTES = 64_000_000
"""A single row longer than this is refused: no table has one, but a bomb or a binary file does."""
_NEAR_BYTES = 65_536
_MAX_TEXT_BYTES = 1_000_000_000

_BOMS = {  # the longer first: that of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_blocks(file: Path, block_bytes: int = BLOCK_BYTES, *, to_newline: bool = False) -> Iterator[bytes]:
    """Blocks of UTF-8, none of them empty; bytes that are no UTF-8 pass, to be judged row by row.

    Gzip is known by its first bytes and unpacked as it is read, so that a small file cannot fill the memory.
    `to_newline` lets blocks end with a newline where that is easily had, which spares their reader copies.
    Raises InputError for a file that is absent, empty, damaged or binary.
    """
    try:
        yield from _read_blocks(file, block_bytes, to_newline)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"the gzip file is damaged: {error}", "Get the file again.", file=str(file)
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"not valid {error.encoding}: {error.reason}", "Save it as UTF-8.", file=str(file)
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", "", file=str(file)) from error


def read_text(file: Path) -> str:
    """The whole of a small text file. Raises InputError as `read_blocks`, for bad UTF-8 and above 1 GB."""
    parts, size = [], 0
    for block in read_blocks(file):
        parts.append(block)
        size += len(block)
        if size > _MAX_TEXT_BYTES:
            raise InputError(
                "unpacks to more than 1 GB", "This is not an export of one person.", file=str(file)
            )
    data = b"".join(parts)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not valid UTF-8", "Save it as UTF-8.", file=str(file), line=line) from error


def read_text_blocks(file: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[str]:
    """The text of a file in blocks. Raises InputError as `read_blocks`, and for bad UTF-8 with its line."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    try:
        for block in read_blocks(file, block_bytes):
            text = decoder.decode(block)
            yield text
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        raise InputError("not valid UTF-8", "Save it as UTF-8.", file=str(file), line=line) from error


def _read_blocks(file: Path, block_bytes: int, to_newline: bool) -> Iterator[bytes]:
    with file.open("rb") as plain:
        zipped = plain.peek(2)[:2] == b"\x1f\x8b"
        stream = gzip.GzipFile(fileobj=plain) if zipped else plain
        to_newline = to_newline and not zipped and plain.seekable()
        block = stream.read(_up_to_newline(stream, block_bytes) if to_newline else block_bytes)
        bom = next((one for one in _BOMS if block.startswith(one)), b"")
        block, encoding = block[len(bom) :], _BOMS.get(bom, "utf-8")
        if not block:
            raise InputError("the file is empty", "Export it again.", file=str(file))
        if encoding != "utf-8":
            yield from _recode(block, stream, block_bytes, encoding)
            return
        if b"\0" in block[:4096]:
            hint = "If it is text, save it as UTF-8 (UTF-16 needs its byte order mark)."
            raise InputError("holds zero bytes: not a text file", hint, file=str(file))
        while block:
            yield block
            block = stream.read(_up_to_newline(stream, block_bytes) if to_newline else block_bytes)


def _up_to_newline(stream: io.BufferedIOBase, block_bytes: int) -> int:
    """How much to read, at most `block_bytes`, so that the block ends with a newline if one is near there."""
    start, near = stream.tell(), min(block_bytes, _NEAR_BYTES)
    stream.seek(start + block_bytes - near)
    end = stream.read(near)
    stream.seek(start)
    return block_bytes - near + end.rfind(b"\n") + 1 if len(end) == near and b"\n" in end else block_bytes


def _recode(block: bytes, stream: io.BufferedIOBase, block_bytes: int, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    while block:
        if text := decoder.decode(block):
            yield text.encode()
        block = stream.read(block_bytes)
    decoder.decode(b"", final=True)
