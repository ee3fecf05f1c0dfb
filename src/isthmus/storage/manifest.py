"""The manifest: which segments make up which table, and which imports brought them. One SQLite file."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from isthmus.errors import NotAWorkspaceError, WorkspaceVersionError
from isthmus.storage.durable import storage_errors

__all__ = ["FORMAT_VERSION", "MANIFEST", "Import", "Manifest", "Segment"]

MANIFEST = "manifest.sqlite"
FORMAT_VERSION = 2
"""Raised when an older Isthmus could not read what a newer one writes. 2: events may have no id."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE import (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, file TEXT NOT NULL, finished_at TEXT NOT NULL,
    counts TEXT NOT NULL
);
CREATE TABLE segment (
    id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, position INTEGER NOT NULL, file TEXT NOT NULL UNIQUE,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, import_id INTEGER REFERENCES import (id)
);
"""


@dataclass(frozen=True)
class Segment:
    """A Parquet file that is part of a table, and was never changed since it was written."""

    table: str
    position: int
    """Segments of a table are read in this order."""
    file: str
    """Below the folder of the store, with forward slashes."""
    rows: int
    bytes: int
    import_id: int | None = None
    """The import that brought it; None where several did."""


@dataclass(frozen=True)
class Import:
    """One file that was taken in, and what was counted of it."""

    id: int
    source: str
    file: str
    finished_at: datetime
    """UTC."""
    counts: Mapping[str, int]


class Manifest:
    """An open manifest. Every method is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def create(cls, file: Path) -> None:
        """Write an empty manifest to `file`, which must not exist. Raises StorageError."""
        with storage_errors(f"write {file}"):
            connection = sqlite3.connect(file, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
                connection.execute("INSERT INTO meta VALUES ('format_version', ?)", (str(FORMAT_VERSION),))
            finally:
                connection.close()

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """The manifest of `folder`, closed afterwards.

        Raises NotAWorkspaceError where there is none, WorkspaceVersionError where a newer Isthmus wrote it,
        StorageError where it cannot be read.
        """
        file = folder / MANIFEST
        if not file.is_file():
            raise NotAWorkspaceError(f"{folder} is not a workspace.", f"Make one: isthmus init {folder}")
        with storage_errors(f"read {file}"):
            connection = _connect(file)
        try:
            _check_version(connection, folder)
            yield cls(connection)
        finally:
            connection.close()

    def segments(self, table: str | None = None) -> list[Segment]:
        """The segments of `table`, or of all tables, in the order in which they are read."""
        columns = "table_name, position, file, rows, bytes, import_id"
        query = f"SELECT {columns} FROM segment WHERE table_name = ? OR ? IS NULL ORDER BY position"
        return [Segment(*row) for row in self._connection.execute(query, (table, table))]

    def imports(self) -> list[Import]:
        """All imports, oldest first."""
        rows = self._connection.execute(
            "SELECT id, source, file, finished_at, counts FROM import ORDER BY id"
        )
        return [
            Import(n, source, file, datetime.fromisoformat(at), json.loads(counts))
            for n, source, file, at, counts in rows
        ]

    def commit(self, added: Sequence[Segment], removed: Iterable[str], imports: Sequence[Import]) -> None:
        """Add and remove segments and add imports, all or nothing, durably. Raises sqlite3.Error."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            for one in imports:
                at, counts = one.finished_at.isoformat(), json.dumps(dict(one.counts))
                run("INSERT INTO import VALUES (?, ?, ?, ?, ?)", (one.id, one.source, one.file, at, counts))
            for file in removed:
                run("DELETE FROM segment WHERE file = ?", (file,))
            run("UPDATE meta SET value = ? WHERE key = 'format_version'", (str(FORMAT_VERSION),))
            for segment in added:
                run("INSERT INTO segment VALUES (NULL, ?, ?, ?, ?, ?, ?)", astuple(segment))
            run("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                run("ROLLBACK")
            raise


def _connect(file: Path) -> sqlite3.Connection:
    connection = _connect_as(file, "mode=rw")
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("SELECT value FROM meta").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if not _may_only_be_read(file, error):
            raise
        connection = _connect_as(file, "mode=ro&immutable=1")
    return connection


def _may_only_be_read(file: Path, error: sqlite3.Error) -> bool:
    """Where the folder cannot be written SQLite cannot keep its notes beside the file, and needs none.

    For nobody writes there. Unless there are notes already: then the file alone is not the whole.
    """
    notes = file.with_name(f"{file.name}-wal")
    refused = getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )
    return refused and not (notes.exists() and notes.stat().st_size)


def _connect_as(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?{how}",
        uri=True,
        isolation_level=None,
        timeout=30,
        check_same_thread=False,
    )


def _check_version(connection: sqlite3.Connection, folder: Path) -> None:
    with storage_errors(f"read {folder / MANIFEST}"):
        row = connection.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise NotAWorkspaceError(
            f"{folder / MANIFEST} does not say its format version.", "Restore it from a backup."
        )
    if int(row[0]) > FORMAT_VERSION:
        raise WorkspaceVersionError(
            f"{folder} has format version {row[0]}; this Isthmus reads up to version {FORMAT_VERSION}.",
            "Upgrade: pip install --upgrade isthmus",
        )
