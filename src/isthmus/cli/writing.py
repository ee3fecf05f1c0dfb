"""Files that people ask for: there whole, or not at all."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import polars as pl

from isthmus.errors import InputError
from isthmus.storage import storage_errors, write_new_file

__all__ = ["replace_file", "write_text", "writer_of"]


def writer_of(file: Path) -> Callable[[pl.DataFrame, Path], None]:
    """How to write a frame into `file`, by the ending of its name. Raises InputError for another ending."""
    suffix = file.suffix.lower()
    if suffix not in _WRITERS:
        raise InputError(f"lists are not written as {suffix or 'a file without ending'}",
                         f"Endings: {', '.join(_WRITERS)}.", file=str(file))  # fmt: skip
    fill = _WRITERS[suffix]
    return lambda frame, target: replace_file(target, lambda stream: fill(frame, stream))


def write_text(file: Path, text: str) -> None:
    """Write `text` as UTF-8. Raises StorageError."""
    replace_file(file, lambda stream: stream.write(text.encode()))


def replace_file(file: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Let `fill` write a draft that then takes the place of `file`. Raises StorageError."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    with storage_errors(f"write {file}"):
        write_new_file(draft, fill)
        try:
            draft.replace(file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


_WRITERS: dict[str, Callable[[pl.DataFrame, BinaryIO], object]] = {
    ".parquet": lambda frame, stream: frame.write_parquet(stream),
    ".csv": lambda frame, stream: frame.write_csv(stream),
    ".jsonl": lambda frame, stream: frame.write_ndjson(stream),
}
