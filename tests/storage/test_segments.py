import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from isthmus.errors import NotAWorkspaceError, StorageError, WorkspaceError, WorkspaceVersionError
from isthmus.storage import SegmentStore

SCHEMA = pl.Schema({"n": pl.Int64(), "word": pl.String()})


def frame(*numbers: int, word: str = "a") -> pl.DataFrame:
    return pl.DataFrame({"n": numbers, "word": [word] * len(numbers)}, schema=SCHEMA)


def numbers(store: SegmentStore, name: str = "things") -> list[int]:
    return store.scan(name, SCHEMA).collect()["n"].to_list()


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore.create(tmp_path / "ws")


def segment_files(store: SegmentStore) -> set[str]:
    return {file.relative_to(store.folder).as_posix() for file in store.folder.rglob("*.parquet")}


def test_an_empty_table_has_the_schema_asked_for(store: SegmentStore) -> None:
    empty = store.scan("things", SCHEMA).collect()
    assert empty.is_empty()
    assert empty.schema == SCHEMA
    assert store.rows("things") == 0


def test_what_was_appended_is_there_in_order_for_whoever_opens_the_folder(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(3, 1))
        writer.append("things", frame())
        writer.append("others", frame(9))
        writer.append("things", frame(2))
    again = SegmentStore.open(store.folder)
    assert numbers(again) == [3, 1, 2]
    assert numbers(again, "others") == [9]
    assert again.rows("things") == 3
    assert len(again.files("things")) == 2
    on_disk = sum(file.stat().st_size for file in store.folder.rglob("*.parquet"))
    assert again.size_bytes() == on_disk + (store.folder / "manifest.sqlite").stat().st_size


def test_an_error_inside_leaves_no_trace(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
    before = segment_files(store)

    def fail() -> None:
        with store.writing() as writer:
            writer.append("things", frame(2))
            writer.record_import("table", "a.csv", {"added": 1})
            assert len(segment_files(store)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert numbers(store) == [1]
    assert store.imports() == []
    assert segment_files(store) == before


def test_files_a_killed_writer_left_go_with_the_next_and_strangers_stay(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
    left = store.folder / "things" / "00000007-0123abcd.parquet"
    left.write_bytes(b"half a segm")
    stranger = store.folder / "things" / "mine.parquet"
    stranger.write_bytes(b"not yours")
    with store.writing():
        pass
    assert not left.exists()
    assert stranger.exists()
    assert numbers(store) == [1]


def test_no_workspace_and_a_second_one(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkspaceError, match="nowhere") as caught:
        SegmentStore.open(tmp_path / "nowhere")
    assert "isthmus init" in caught.value.hint
    SegmentStore.create(tmp_path)
    with pytest.raises(WorkspaceError, match="already"):
        SegmentStore.create(tmp_path)


@pytest.mark.parametrize("act", ["open", "write"])
def test_a_newer_version_is_refused_by_name(store: SegmentStore, act: str) -> None:
    connection = sqlite3.connect(store.folder / "manifest.sqlite")
    connection.execute("UPDATE meta SET value = '7' WHERE key = 'format_version'")
    connection.commit()
    connection.close()
    with pytest.raises(WorkspaceVersionError, match=r"version 7.* version 2\.") as caught:  # noqa: PT012
        if act == "open":
            SegmentStore.open(store.folder)
        with store.writing():
            pass
    assert "Upgrade" in caught.value.hint


def test_a_damaged_manifest(store: SegmentStore) -> None:
    (store.folder / "manifest.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StorageError) as caught:
        SegmentStore.open(store.folder)
    assert "backup" in caught.value.hint


def test_a_lost_segment_is_named(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
    lost = store.folder / store.files("things")[0]
    lost.unlink()
    with pytest.raises(StorageError, match=lost.name):
        store.scan("things", SCHEMA)


def test_imports_are_remembered_with_what_they_brought(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1))
        writer.record_import("table", 'a "b"\n/ü.csv', {"added": 1, "duplicates": 0})
        writer.append("things", frame(2))
        writer.record_import("spotify", "c.json", {})
    first, second = store.imports()
    assert (first.source, first.file, first.counts) == (
        "table",
        'a "b"\n/ü.csv',
        {"added": 1, "duplicates": 0},
    )
    assert first.finished_at.tzinfo is not None
    connection = sqlite3.connect(store.folder / "manifest.sqlite")
    assert connection.execute("SELECT import_id FROM segment ORDER BY position").fetchall() == [(1,), (2,)]
    connection.close()
    assert second.id == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_private_tables_are_for_their_owner_only(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("private/names", frame(1))
    assert numbers(store, "private/names") == [1]
    for path in [store.folder / "private", *(store.folder / "private").rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_a_scan_is_a_snapshot(store: SegmentStore) -> None:
    with store.writing() as writer:
        writer.append("things", frame(1, 2))
    before = store.scan("things", SCHEMA)
    with store.writing() as writer:
        writer.append("things", frame(3))
        writer.rewrite("things", lambda rows: rows.filter(pl.col("n") != 1))
    assert numbers(store) == [2, 3]
    assert before.collect()["n"].to_list() == [1, 2]
    assert before.filter(pl.col("n") > 1).collect()["n"].to_list() == [2]


def test_readers_see_whole_transactions_while_a_writer_rewrites(store: SegmentStore) -> None:
    """Every transaction replaces all files and gives all rows one new word."""
    with store.writing() as writer:
        for n in range(5):
            writer.append("things", frame(n, word="0"))
    done = threading.Event()
    seen: list[tuple[int, int]] = []
    broken: list[BaseException] = []

    def read() -> None:
        try:
            while not done.is_set():
                rows = store.scan("things", SCHEMA).collect()
                seen.append((rows.height, rows["word"].n_unique()))
        except BaseException as error:
            broken.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, 20):
        with store.writing() as writer:
            writer.rewrite("things", lambda rows, turn=turn: rows.with_columns(word=pl.lit(str(turn))))
    done.set()
    for reader in readers:
        reader.join()
    assert broken == []
    assert set(seen) == {(5, 1)}
    assert len(segment_files(store)) == 5


def test_a_folder_that_may_only_be_read_can_be_read(small_disk: Path) -> None:
    store = SegmentStore.create(small_disk / "ws")
    with store.writing() as writer:
        writer.append("things", frame(1))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    again = SegmentStore.open(small_disk / "ws")
    assert numbers(again) == [1]
    with pytest.raises(StorageError, match="Read-only") as caught, again.writing():
        pass
    assert "who may write" in caught.value.hint
    with pytest.raises(StorageError, match="Read-only"):
        SegmentStore.create(small_disk / "other")
