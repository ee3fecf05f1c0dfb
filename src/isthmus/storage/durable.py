"""Files and folders that are on the disk when the call returns, and refusals of the disk in plain words."""

import errno
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import polars as pl

from isthmus.errors import StorageError

__all__ = ["make_folder", "storage_errors", "sync_folder", "write_new_file"]

_FULL = "Free some space and run the same again; nothing half-written was kept."
_REFUSED = "Check who may write there, or choose another folder; nothing half-written was kept."
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f); nothing half-written was kept.",
    errno.EROFS: _REFUSED,
    errno.EACCES: _REFUSED,
    errno.EPERM: _REFUSED,
    errno.EMFILE: "Raise the limit on open files (ulimit -n); every segment that is read is one.",
}
_OTHERWISE = "Check the disk and run the same again; nothing half-written was kept."
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn what disk, SQLite and polars raise within into StorageError("Cannot `doing`: ...") with a hint."""
    try:
        yield
    except (OSError, sqlite3.Error, pl.exceptions.ComputeError) as error:
        raise StorageError(f"Cannot {doing}: {error}", _hint(error)) from error


def _hint(error: Exception) -> str:
    if isinstance(error, OSError):
        return _HINTS.get(error.errno or 0, _OTHERWISE)
    if isinstance(error, sqlite3.Error):
        return _hint_of_sqlite(getattr(error, "sqlite_errorcode", None))
    found = _OS_ERROR.search(str(error))  # polars names the error of the system in its text only
    return _HINTS.get(int(found[1]), _OTHERWISE) if found else _OTHERWISE


def _hint_of_sqlite(code: int | None) -> str:
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return _FULL
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return _REFUSED
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return "The file is damaged: restore the folder from a backup."
    return _OTHERWISE


def write_new_file(file: Path, write: Callable[[BinaryIO], object], *, private: bool = False) -> int:
    """Let `write` fill a file that must not exist yet; synced on return. Returns its size in bytes.

    A file that cannot be written whole is removed. `private` gives mode 0600. Raises OSError and whatever
    `write` raises. The folder is not synced: see `sync_folder`.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    opened = os.open(file, flags, 0o600 if private else 0o666)
    try:
        with os.fdopen(opened, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
            return os.fstat(stream.fileno()).st_size
    except BaseException:
        with suppress(OSError):
            file.unlink()
        raise


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Make `folder` and its parents where absent, synced. `private`: mode 0700, also if it was there."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700 if private else 0o777)
        sync_folder(folder.parent)
    if private and folder.stat().st_mode & 0o077 and sys.platform != "win32":
        folder.chmod(0o700)


def sync_folder(folder: Path) -> None:
    """Write the names in `folder` to the disk; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
