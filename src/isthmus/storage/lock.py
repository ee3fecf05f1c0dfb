"""One writer at a time, also between processes; the system releases the lock of a process that is killed."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isthmus.errors import WorkspaceBusyError
from isthmus.storage.durable import storage_errors

__all__ = ["exclusive_lock"]

_PAUSE_S = 0.02

if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(opened: int) -> bool:
        with suppress(OSError):
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def _try_to_lock(opened: int) -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


@contextmanager
def exclusive_lock(file: Path, timeout_s: float) -> Iterator[None]:
    """Hold `file` alone. The file stays; only the hold on it counts.

    Raises WorkspaceBusyError when another holds it for longer than `timeout_s`, StorageError where the file
    cannot be made.
    """
    with storage_errors(f"lock {file.parent}"):
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_up_at = time.monotonic() + timeout_s
        while not _lock(opened, file):
            if time.monotonic() >= give_up_at:
                raise WorkspaceBusyError(
                    f"Another process has been writing to {file.parent} for {timeout_s:g} s.",
                    "Wait until it is done, or allow more time: ISTHMUS_IMPORTING__LOCK_TIMEOUT_S=600.",
                )
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(opened)


def _lock(opened: int, file: Path) -> bool:
    with storage_errors(f"lock {file.parent}"):
        return _try_to_lock(opened)
