"""Imports files into a workspace, to be killed while it does. Started by test_kill.py.

Reads lines of workspace, folder and seconds, tabs between them. For each it forks a child that does the
work, kills it after so many seconds if it is not done (never, where they are "inf"), and prints how it ended.
A fork of a process that has loaded everything starts at once.
"""

import os
import signal
import sys
import time
from pathlib import Path

import polars as pl

from isthmus.events import EventLog
from isthmus.storage import SegmentStore

ROWS_PER_BATCH = 40


def import_folder(workspace: Path, folder: Path) -> None:
    """Every file that is not in yet, in order; a file named forget-USER.txt erases that user."""
    store = SegmentStore.open(workspace)
    log = EventLog(store)
    done = {one.file for one in store.imports()}
    for file in sorted(folder.iterdir()):
        if file.name in done:
            continue
        with store.writing() as writer:
            if file.suffix == ".txt":
                log.forget(writer, pl.Series([file.stem.rpartition("-")[2]]))
            else:
                for batch in pl.read_parquet(file).iter_slices(ROWS_PER_BATCH):
                    log.append(writer, batch)
            writer.record_import("test", file.name, {})


def main() -> None:
    for line in sys.stdin:
        workspace, folder, seconds = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            import_folder(Path(workspace), Path(folder))
            os._exit(0)
        if seconds != "inf":
            time.sleep(float(seconds))
            os.kill(child, signal.SIGKILL)  # not waited for yet, so the number is still its own
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
