"""The segment store: opens a folder, reads its tables, and lets one writer at a time change them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import polars as pl

from isthmus.errors import StorageError, WorkspaceError
from isthmus.storage.durable import make_folder, storage_errors, sync_folder
from isthmus.storage.lock import exclusive_lock
from isthmus.storage.manifest import MANIFEST, Import, Manifest, Segment
from isthmus.storage.writer import Writer, remove_orphans, scan_segments

__all__ = ["SegmentStore"]


class SegmentStore:
    """Tables in a folder. Any number of readers; one writer at a time, also among processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make an empty store in `folder`, which is made if absent.

        Raises WorkspaceError where there is one already, StorageError where the disk refuses.
        """
        with storage_errors(f"make a workspace in {folder}"):
            make_folder(folder)
        with exclusive_lock(folder / "lock", timeout_s=10.0), storage_errors(f"make a workspace in {folder}"):
            if (folder / MANIFEST).exists():
                raise WorkspaceError(f"{folder} is a workspace already.", "Choose another folder.")
            _place_manifest(folder)
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The store in `folder`. Raises NotAWorkspaceError, WorkspaceVersionError or StorageError."""
        with Manifest.open(folder):
            return cls(folder)

    @contextmanager
    def writing(self, timeout_s: float = 60.0) -> Iterator[Writer]:
        """A transaction: committed when the block ends, without a trace when it raises.

        Waits up to `timeout_s` for another writer, then raises WorkspaceBusyError. Raises StorageError where
        the disk refuses; nothing of the transaction is kept then.
        """
        with exclusive_lock(self.folder / "lock", timeout_s), Manifest.open(self.folder) as manifest:
            with storage_errors(f"write to {self.folder}"):
                remove_orphans(self.folder, manifest)
                writer = Writer(self.folder, manifest)
            try:
                yield writer
                writer.commit()
            except BaseException:
                # The manifest knows whether the commit came about; if it cannot say, the next writer tidies.
                with suppress(StorageError), storage_errors(f"tidy {self.folder}"):
                    remove_orphans(self.folder, manifest)
                raise
            finally:
                writer.close()

    def scan(self, name: str, schema: pl.Schema) -> pl.LazyFrame:
        """All committed rows of the table `name`, in the order they were added; none: a frame of `schema`.

        The frame is a snapshot: it holds its files open and shows the rows that were committed now, whatever
        is written or erased before it is collected. Each segment counts as one open file as long as it lives.
        """
        with storage_errors(f"read {self.folder / name}"):
            return self._snapshot(name, schema)

    def rows(self, name: str) -> int:
        """How many committed rows `name` has; reads the manifest only."""
        return sum(one.rows for one in self._segments(name))

    def files(self, name: str) -> tuple[str, ...]:
        """The committed segments of `name`; the same names always hold the same rows."""
        return tuple(one.file for one in self._segments(name))

    def size_bytes(self) -> int:
        """Bytes of all committed segments and of the manifest."""
        return sum(one.bytes for one in self._segments()) + (self.folder / MANIFEST).stat().st_size

    def imports(self) -> list[Import]:
        """The files taken in so far, oldest first."""
        with Manifest.open(self.folder) as manifest, storage_errors(f"read {self.folder / MANIFEST}"):
            return manifest.imports()

    def _segments(self, name: str | None = None) -> list[Segment]:
        with Manifest.open(self.folder) as manifest, storage_errors(f"read {self.folder / MANIFEST}"):
            return manifest.segments(name)

    def _snapshot(self, name: str, schema: pl.Schema) -> pl.LazyFrame:
        """Between reading the manifest and opening the files a writer may replace some: then look again."""
        segments = self._segments(name)
        while True:
            try:
                return scan_segments(self.folder, segments, schema)
            except FileNotFoundError as error:
                before, segments = segments, self._segments(name)
                if segments == before:
                    raise StorageError(
                        f"{error.filename} is gone, but rows of {name} are in it.",
                        "Restore the folder from a backup.",
                    ) from error


def _place_manifest(folder: Path) -> None:
    """Under another name first, so that a manifest that is there is whole."""
    draft = folder / f"{MANIFEST}.new"
    draft.unlink(missing_ok=True)
    try:
        Manifest.create(draft)
        draft.replace(folder / MANIFEST)
        sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)
