import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isthmus.errors import InputError, StorageError, WorkspaceError
from isthmus.storage import SegmentStore

SCHEMA = pl.Schema({"n": pl.Int64()})


def frame(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame({"n": numbers}, schema=SCHEMA)


def noise(n_rows: int) -> pl.DataFrame:
    """Rows that no compression makes smaller: 8 bytes each."""
    return pl.DataFrame({"n": np.random.default_rng(0).integers(0, 2**62, n_rows)})


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def files(store: SegmentStore) -> set[str]:
    return {file.relative_to(store.folder).as_posix() for file in store.folder.rglob("*.parquet")}


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore.create(tmp_path / "ws")


def test_a_writer_sees_what_it_added_and_others_do_not(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
        assert writer.scan("things", SCHEMA).collect()["n"].to_list() == [1]
        assert writer.rows("things") == 1
        assert store.rows("things") == 0
    assert store.rows("things") == 1


def test_rewriting_touches_only_segments_that_change(store: SegmentStore) -> None:
    with store.writing() as writer:
        for part in ([1, 2], [3], [4, 5]):
            writer.append("things", frame(*part))
        writer.append("others", frame(2))
    before = store.files("things")
    with store.writing() as writer:
        writer.append("things", frame(6))
        writer.rewrite("things", lambda rows: rows.filter(~pl.col("n").is_in([2, 3])))
        assert writer.scan("things", SCHEMA).collect()["n"].to_list() == [1, 4, 5, 6]
        assert set(before) <= files(store)
    after = store.files("things")
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == [1, 4, 5, 6]
    assert len(after) == 3
    assert after[1] == before[2]
    assert files(store) == {*after, *store.files("others")}


def test_rewriting_twice_in_one_transaction_leaves_nothing_between(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1, 2, 3))
        writer.rewrite("things", lambda rows: rows.filter(pl.col("n") != 1))
        writer.rewrite("things", lambda rows: rows.filter(pl.col("n") != 2))
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == [3]
    assert files(store) == set(store.files("things"))


def test_a_rewrite_that_fails_changes_nothing(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
        writer.append("things", frame(2))
    before = files(store)

    def only_the_first(rows: pl.DataFrame) -> pl.DataFrame:
        if rows["n"].item() == 2:
            raise ZeroDivisionError
        return rows.clear()

    with pytest.raises(ZeroDivisionError), store.writing() as writer:
        writer.rewrite("things", only_the_first)
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == [1, 2]
    assert files(store) == before


def test_many_small_segments_become_few_and_the_order_stays(store: SegmentStore) -> None:
    for n in range(3):
        with store.writing() as writer:
            for part in range(30):
                writer.append("things", frame(n * 100 + part))
            if n == 1:
                writer.append("things", frame(*range(1000, 101_001)))
            writer.append("others", frame(n))
    expected = [*range(30), *range(100, 130), *range(1000, 101_001), *range(200, 230)]
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == expected
    assert len(store.files("things")) == 3
    assert len(store.files("others")) == 3
    assert files(store) == {*store.files("things"), *store.files("others")}


def test_a_writer_is_of_no_use_after_its_block(store: SegmentStore) -> None:
    with store.writing() as writer:
        pass
    with pytest.raises(WorkspaceError, match="closed"):
        writer.append("things", frame(1))


@pytest.mark.parametrize("name", ["../things", "Things", "a/b", "private/../a", ""])
def test_a_table_cannot_lie_elsewhere(store: SegmentStore, name: str) -> None:
    with pytest.raises(InputError, match="name of a table"), store.writing() as writer:
        writer.append(name, frame(1))


def test_a_full_disk_keeps_what_was_there_and_nothing_else(small_disk: Path) -> None:
    store = SegmentStore.create(small_disk / "ws")
    with store.writing() as writer:
        writer.append("things", frame(1))
    before = files(store)

    def write_too_much() -> None:
        with store.writing() as writer:
            writer.append("things", noise(100_000))
            writer.append("things", noise(1_000_000))

    with pytest.raises(StorageError, match="No space left") as caught:
        write_too_much()
    assert "Free some space" in caught.value.hint
    assert files(store) == before
    with store.writing() as writer:
        writer.append("things", frame(2))
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == [1, 2]


def test_a_disk_that_is_full_when_the_manifest_is_written(small_disk: Path) -> None:
    """All of the rows fit, and then there is no room for the word that they count."""
    store = SegmentStore.create(small_disk / "ws")
    with store.writing() as writer:
        writer.append("things", frame(1))
    before = files(store)
    filler = small_disk / "filler"

    def write_and_fill() -> None:
        with store.writing() as writer:
            writer.append("things", noise(1_000))
            fill(filler)

    with pytest.raises(StorageError, match="full") as caught:
        write_and_fill()
    assert "Free some space" in caught.value.hint
    assert files(store) == before
    filler.unlink()
    assert store.scan("things", SCHEMA).collect()["n"].to_list() == [1]


LIMITED = """
import resource, sys
from pathlib import Path
import polars as pl
from isthmus.errors import StorageError
from isthmus.storage import SegmentStore
store = SegmentStore.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with store.writing() as writer:
        writer.append("things", pl.DataFrame({"n": [1]}))
        writer.append("things", pl.DataFrame({"n": pl.Series(range(200_000)).hash()}))
except StorageError as error:
    print(error.message, "|", error.hint)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_limit_on_the_size_of_files(store: SegmentStore) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(store.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "File too large" in run.stdout
    assert "ulimit -f" in run.stdout
    assert files(store) == set()
    assert store.rows("things") == 0
