"""The writer: what one transaction adds to the tables and takes from them."""

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import IO

import polars as pl

from isthmus.errors import InputError, WorkspaceError
from isthmus.storage.durable import make_folder, storage_errors, sync_folder, write_new_file
from isthmus.storage.manifest import Import, Manifest, Segment

__all__ = ["Writer", "remove_orphans", "scan_segments"]

_TABLE_NAME = re.compile(r"(private/)?[a-z][a-z0-9_]*")
_SEGMENT_NAME = re.compile(r"\d{8,}-[0-9a-f]{8}\.parquet")

_MANY_SEGMENTS = 64
"""A table of more segments than this is tidied by the next writer."""
_SMALL_ROWS = 100_000
"""Segments of fewer rows are small enough to be merged."""
_MERGED_ROWS = 500_000
"""What a merged segment holds at most, so that merging needs little memory."""


class Writer:
    """One transaction. Made by `SegmentStore.writing`, which commits it or leaves no trace of it."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest
        self._before = manifest.segments()
        self._now = list(self._before)
        self._written: list[str] = []
        self._not_noted: set[str] = set()
        self._imports: list[Import] = []
        self._next_import = max((one.id for one in manifest.imports()), default=0) + 1
        self._next_position = max((one.position for one in self._before), default=0) + 1
        self._open = True

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Add the rows of `frame` to the table `name`. Raises StorageError where the disk refuses."""
        if frame.height:
            segment = self._write(name, self._next_position, frame)
            self._now.append(segment)
            self._not_noted.add(segment.file)
            self._next_position += 1

    def rewrite(self, name: str, transform: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Replace each segment of `name` by what `transform` makes of its rows; those that stay equal stay.

        The old files are deleted right after the commit, so that what was erased is nowhere in the folder.
        """
        kept: list[Segment] = []
        for one in self._now:
            kept += self._rewritten(one, transform) if one.table == name else [one]
        self._now = kept

    def scan(self, name: str, schema: pl.Schema) -> pl.LazyFrame:
        """All rows of `name`, committed or added here, in the order they were added."""
        with storage_errors(f"read {self._folder / name}"):
            return scan_segments(self._folder, self._of(name), schema)

    def rows(self, name: str) -> int:
        """How many rows `name` has, with those added here."""
        return sum(one.rows for one in self._of(name))

    def files(self, name: str) -> tuple[str, ...]:
        """The segments that `scan` reads; the same names always hold the same rows."""
        return tuple(one.file for one in self._of(name))

    def record_import(self, source: str, file: str, counts: Mapping[str, int]) -> None:
        """Note that `file` was taken in; what was appended since the last note came from it."""
        done = Import(self._next_import, source, file, datetime.now(UTC), dict(counts))
        self._now = [
            replace(one, import_id=done.id) if one.file in self._not_noted else one for one in self._now
        ]
        self._not_noted.clear()
        self._imports.append(done)
        self._next_import += 1

    def commit(self) -> None:
        """Make everything count, at once and durably; called by `SegmentStore.writing`."""
        with storage_errors(f"write to {self._folder}"):
            for table in {one.table for one in self._now}:
                self._merge_small(table)
            before, now = {one.file for one in self._before}, {one.file for one in self._now}
            added = [one for one in self._now if one.file not in before]
            for folder in {(self._folder / one.file).parent for one in added}:
                sync_folder(folder)
            if added or before - now or self._imports:
                self._manifest.commit(added, before - now, self._imports)
        self._delete((before | set(self._written)) - now)

    def close(self) -> None:
        """Take no more; called by `SegmentStore.writing`."""
        self._open = False

    def _of(self, name: str) -> list[Segment]:
        return [one for one in self._now if one.table == name]

    def _write(self, name: str, position: int, frame: pl.DataFrame) -> Segment:
        if not self._open:
            raise WorkspaceError("This writer is closed.", "Write inside `with store.writing() as writer:`.")
        if not _TABLE_NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be the name of a table", "Use lower-case letters, digits and _."
            )
        private = name.startswith("private/")
        path = self._folder / name / f"{position:08d}-{secrets.token_hex(4)}.parquet"
        with storage_errors(f"write to {self._folder}"):
            if private:
                make_folder(self._folder / "private", private=True)
            make_folder(path.parent, private=private)
            size = write_new_file(path, lambda file: _write_parquet(frame, file), private=private)
        segment = Segment(name, position, f"{name}/{path.name}", frame.height, size)
        self._written.append(segment.file)
        return segment

    def _rewritten(self, old: Segment, transform: Callable[[pl.DataFrame], pl.DataFrame]) -> list[Segment]:
        before = self._read(old)
        after = transform(before)
        if after.height == before.height and after.equals(before):
            return [old]
        if after.is_empty():
            return []
        return [replace(self._write(old.table, old.position, after), import_id=old.import_id)]

    def _read(self, *segments: Segment) -> pl.DataFrame:
        with storage_errors(f"read {self._folder / segments[0].table}"):
            return scan_segments(self._folder, segments, pl.Schema()).collect()

    def _merge_small(self, name: str) -> None:
        """Many small segments that follow each other become one in their place; the order of rows stays."""
        if len(self._of(name)) <= _MANY_SEGMENTS:
            return
        others = [one for one in self._now if one.table != name]
        runs = _runs(self._of(name))
        self._now = others + [self._merged(run) if len(run) > 1 else run[0] for run in runs]

    def _merged(self, run: Sequence[Segment]) -> Segment:
        brought_by = {one.import_id for one in run}
        merged = self._write(run[0].table, run[0].position, self._read(*run))
        return replace(merged, import_id=brought_by.pop() if len(brought_by) == 1 else None)

    def _delete(self, files: Collection[str]) -> None:
        """Files that no longer count. What was erased must be gone, so a refusal is told, not passed over."""
        with storage_errors(f"delete rows that were taken out of {self._folder} (they no longer count)"):
            for file in files:
                (self._folder / file).unlink(missing_ok=True)
            for folder in {(self._folder / file).parent for file in files}:
                sync_folder(folder)


def scan_segments(folder: Path, segments: Sequence[Segment], schema: pl.Schema) -> pl.LazyFrame:
    """The rows of `segments`, one after the other; a frame of `schema` without rows where there are none.

    The files are open when this returns and stay open as long as the frame lives. So the frame shows the same
    rows whenever it is collected, even after a writer has deleted the files. Raises OSError.
    """
    if not segments:
        return pl.LazyFrame(schema=schema)
    with ExitStack() as stack:
        files: list[IO[bytes]] = [stack.enter_context((folder / one.file).open("rb")) for one in segments]
        return pl.scan_parquet(files)


def remove_orphans(folder: Path, manifest: Manifest) -> None:
    """Delete segment files that the manifest does not name: left by a process that was killed."""
    named = {one.file for one in manifest.segments()}
    for pattern in ("*/*.parquet", "private/*/*.parquet"):
        for file in folder.glob(pattern):
            if _SEGMENT_NAME.fullmatch(file.name) and file.relative_to(folder).as_posix() not in named:
                file.unlink(missing_ok=True)


def _write_parquet(frame: pl.DataFrame, file: IO[bytes]) -> None:
    """zstd at its fastest: as quick to write as lz4 here, at half the size."""
    frame.write_parquet(file, compression="zstd", compression_level=1)


def _runs(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Segments to merge: small ones that follow each other, at most _MERGED_ROWS together; others alone."""
    for small, group in groupby(segments, key=lambda one: one.rows < _SMALL_ROWS):
        run: list[Segment] = []
        for one in group:
            if run and (not small or sum(s.rows for s in run) + one.rows > _MERGED_ROWS):
                yield run
                run = []
            run.append(one)
        yield run
