"""kill -9 at any moment: the log holds whole imports and nothing else, and running again completes it."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl
import pytest
from event_rows import events

from isthmus.events import EventLog
from isthmus.storage import SegmentStore

N_KILLS = 60
N_FILES = 30

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9 and no fork")


class Worker:
    """The forking importer of import_worker.py."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self._stdin, self._stdout = stdin, stdout

    def run(self, workspace: Path, folder: Path, killed_after_s: float = float("inf")) -> int:
        """The exit code of one import; -9 where it was killed."""
        self._stdin.write(f"{workspace}\t{folder}\t{killed_after_s}\n")
        self._stdin.flush()
        return int(self._stdout.readline())


@contextmanager
def worker() -> Iterator[Worker]:
    script = Path(__file__).with_name("import_worker.py")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Worker(process.stdin, process.stdout)
        process.stdin.close()


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Files that overlap by a third, some rows twice, and now and then a user to erase."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    rng = random.Random(0)
    for number in range(N_FILES):
        first = number * 100
        rows = [
            {"event_id": f"e{n}", "user_id": f"u{n % 7}", "item_id": f"i{n}"}
            for n in range(first, first + 150)
        ]
        events(*rows, *rng.sample(rows, 10)).write_parquet(folder / f"{number:03d}.parquet")
        if number % 6 == 5:
            (folder / f"{number:03d}-forget-u{number % 7}.txt").touch()
    return folder


def expected_log(inputs: Path, done: list[str]) -> list[str]:
    """Event ids in the log after these imports, by the plainest code that gives them."""
    log: dict[str, str] = {}
    for name in done:
        if name.endswith(".txt"):
            user = name.removesuffix(".txt").rpartition("-")[2]
            log = {event: whose for event, whose in log.items() if whose != user}
        else:
            for event, user in pl.read_parquet(inputs / name).select("event_id", "user_id").iter_rows():
                log.setdefault(event, user)
    return list(log)


def log_of(store: SegmentStore) -> list[str]:
    return EventLog(store).read(["event_id"]).collect()["event_id"].to_list()


def left_behind(store: SegmentStore) -> int:
    """Segment files that do not count."""
    on_disk = {file.relative_to(store.folder).as_posix() for file in store.folder.rglob("*.parquet")}
    return len(on_disk - set(store.files("events")))


def test_killed_at_any_moment(tmp_path: Path, inputs: Path) -> None:
    rng = random.Random(1)
    store = SegmentStore.create(tmp_path / "ws0")
    kills = in_the_middle = 0
    with worker() as importer:
        while kills < N_KILLS:
            ended = importer.run(store.folder, inputs, killed_after_s=rng.uniform(0.0, 0.1))
            assert ended in (0, -signal.SIGKILL)
            kills += ended != 0
            done = [one.file for one in store.imports()]
            assert done == sorted(done)
            assert log_of(store) == expected_log(inputs, done)
            in_the_middle += left_behind(store) > 0
            if ended == 0:
                store = SegmentStore.create(tmp_path / f"ws after {kills} kills")
        assert importer.run(store.folder, inputs) == 0
    assert log_of(store) == expected_log(inputs, sorted(file.name for file in inputs.iterdir()))
    assert left_behind(store) == 0
    assert in_the_middle >= 5, "the kills came at moments that test little"
