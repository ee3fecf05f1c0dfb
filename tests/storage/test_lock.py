import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from isthmus.errors import StorageError, WorkspaceBusyError
from isthmus.storage import SegmentStore, exclusive_lock

HOLD = """
import sys, time
from pathlib import Path
from isthmus.storage import exclusive_lock
with exclusive_lock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""

APPEND = """
import sys
from pathlib import Path
import polars as pl
from isthmus.storage import SegmentStore
store = SegmentStore.open(Path(sys.argv[1]))
for n in range(10):
    with store.writing(30) as writer:
        writer.append("things", pl.DataFrame({"who": [sys.argv[2]] * 3, "n": [n] * 3}))
        writer.append("things", pl.DataFrame({"who": [sys.argv[2]] * 2, "n": [n] * 2}))
"""


def test_the_second_is_told_to_wait(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        exclusive_lock(lock, 0),
        pytest.raises(WorkspaceBusyError, match="writing to") as caught,
        exclusive_lock(lock, 0.05),
    ):
        pass
    assert "Wait" in caught.value.hint
    with exclusive_lock(lock, 0):
        pass


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError), exclusive_lock(tmp_path / "absent" / "lock", 0):
        pass


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceBusyError), exclusive_lock(lock, 0.05):
            pass
        holder.kill()
        holder.wait()
    started = time.monotonic()
    with exclusive_lock(lock, 5):
        assert time.monotonic() - started < 1


def test_two_processes_that_write_at_once_take_turns(tmp_path: Path) -> None:
    store = SegmentStore.create(tmp_path / "ws")
    writers = [subprocess.Popen([sys.executable, "-c", APPEND, str(store.folder), who]) for who in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    rows = store.scan("things", pl.Schema({"who": pl.String(), "n": pl.Int64()})).collect()
    assert rows.height == 100
    # Whole transactions one after the other: the rows of each lie together, and of each writer in its order.
    runs = rows.with_columns(run=pl.struct("who", "n").rle_id()).group_by("run", "who", "n").len()
    assert set(runs["len"]) == {5}
    for who in "ab":
        assert rows.filter(pl.col("who") == who)["n"].is_sorted()
