from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from event_rows import ODD_IDS, event_frames, events
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.events import EventLog, content_ids
from isthmus.schema import EVENT, REJECT
from isthmus.storage import SegmentStore


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore.create(tmp_path)


@contextmanager
def fresh_store() -> Iterator[SegmentStore]:
    with TemporaryDirectory() as folder:
        yield SegmentStore.create(Path(folder))


def test_an_event_without_an_id_gets_one_and_order_stays(store: SegmentStore) -> None:
    log = EventLog(store)
    assert log.read().collect().schema == EVENT.schema
    frame = events({"item_id": "z"}, {"event_id": "mine", "item_id": "a"}, {"item_id": "m"})
    with store.writing() as writer:
        done = log.append(writer, frame)
    assert (done.added, done.duplicates, done.conflicts.height) == (3, 0, 0)
    kept = log.read().collect()
    assert kept.schema == EVENT.schema
    assert kept["item_id"].to_list() == ["z", "a", "m"]
    ids = content_ids(frame)
    assert kept["event_id"].to_list() == [ids[0], "mine", ids[2]]
    assert kept.drop("event_id").equals(frame.drop("event_id"))
    assert log.count() == 3
    assert log.read(["item_id"]).collect().columns == ["item_id"]


def test_the_same_event_is_one_wherever_it_comes_again(store: SegmentStore) -> None:
    log = EventLog(store)
    one, named = {"item_id": "a"}, {"item_id": "b", "event_id": "7"}
    with store.writing() as writer:
        assert log.append(writer, events(one, named, one, named)).duplicates == 2
        done = log.append(writer, events({"item_id": "c"}, named, one))
        assert (done.added, done.duplicates) == (1, 2)
    for reader in (log, EventLog(SegmentStore.open(store.folder))):
        with store.writing() as writer:
            done = reader.append(writer, events(one, named, one))
        assert (done.added, done.duplicates, done.conflicts.height) == (0, 3, 0)
    assert log.read().collect()["item_id"].to_list() == ["a", "b", "c"]


def test_an_id_that_comes_back_with_other_content_is_a_conflict(store: SegmentStore) -> None:
    log = EventLog(store)
    first = {"event_id": "7", "value": 4.0, "kind": "rate", "unit": "rating"}
    with store.writing() as writer:
        log.append(writer, events(first))
        again = events(
            {**first, "value": 5.0},
            {**first, "platform": "films"},
            {**first, "platform": "films", "context": {"device": "tv", "scenario": None}},
            first,
            {**first, "text": "more"},
        )
        lines = pl.Series([10, 11, 12, 13, 14])
        done = log.append(writer, again, file="a.csv", lines=lines)
    assert (done.added, done.duplicates) == (1, 1)
    assert done.conflicts.schema == REJECT.schema
    where = done.conflicts.select("file", "line", "field").rows()
    assert where == [("a.csv", line, "event_id") for line in (10, 12, 14)]
    assert "first stays" in done.conflicts["reason"][0]
    assert log.read().collect().select("platform", "value").rows() == [("books", 4.0), ("films", 4.0)]


def test_an_empty_context_in_the_log_is_no_conflict(store: SegmentStore) -> None:
    log = EventLog(store)
    with store.writing() as writer:
        log.append(writer, events({"event_id": "1", "context": None}))
        again = events({"event_id": "1", "context": {"device": None, "scenario": None}})
        assert log.append(writer, again).duplicates == 1


def test_an_exported_log_can_be_imported_again(store: SegmentStore) -> None:
    log = EventLog(store)
    with store.writing() as writer:
        log.append(writer, events({"item_id": "a"}, {"item_id": "b"}))
    with store.writing() as writer:
        done = log.append(writer, log.read().collect())
    assert (done.added, done.duplicates) == (0, 2)


def test_an_id_that_is_the_hash_of_another_event_is_known(store: SegmentStore) -> None:
    """Whoever changes an exported event and imports it again does not have it twice."""
    log = EventLog(store)
    with store.writing() as writer:
        log.append(writer, events({"item_id": "a"}, {"item_id": "b", "platform": "films"}))
    (id_a, _) = log.read(["event_id"]).collect()["event_id"]
    for reader in (log, EventLog(SegmentStore.open(store.folder))):
        with store.writing() as writer:
            done = reader.append(writer, events({"event_id": id_a, "item_id": "changed"}))
        assert (done.added, done.duplicates, done.conflicts.height) == (0, 0, 1)
    changed = events({"event_id": content_ids(events({"item_id": "z"}))[0], "item_id": "y"})
    for reader in (log, EventLog(SegmentStore.open(store.folder))):
        with store.writing() as writer:
            reader.append(writer, changed)
            again = reader.append(writer, events({"item_id": "z"}, {"item_id": "a"}, {"item_id": "c"}))
        assert again.duplicates == (2 if reader is log else 3)
    assert log.read().collect()["item_id"].to_list() == ["a", "b", "y", "c"]


def test_events_whose_ids_were_written_down_are_known(store: SegmentStore) -> None:
    """Before format version 2 the hash of its content stood with every event."""
    frame = events(
        {"item_id": "a"}, {"item_id": "b", "value": 0.0, "context": {"device": "tv", "scenario": None}}
    )
    with store.writing() as writer:
        writer.append("events", frame.with_columns(content_ids(frame)))
    log = EventLog(SegmentStore.open(store.folder))
    with store.writing() as writer:
        done = log.append(writer, pl.concat([frame, events({"item_id": "c"}, {"platform": "films"})]))
    assert (done.added, done.duplicates) == (2, 2)
    assert log.read(["event_id"]).collect()["event_id"].to_list() == [
        *content_ids(frame), *content_ids(events({"item_id": "c"}, {"platform": "films"}))
    ]  # fmt: skip


def test_only_content_tells_events_without_an_id_apart(store: SegmentStore) -> None:
    frame = events({"value": 0.0}, {"value": -0.0}, {"context": {"device": None, "scenario": None}}, {})
    log = EventLog(store)
    for added in (2, 0):
        with store.writing() as writer:
            assert log.append(writer, frame).added == added
    (segment,) = store.folder.rglob("*.parquet")
    assert pl.read_parquet(segment)["event_id"].to_list() == [None, None]


def test_what_a_failed_transaction_added_can_be_added_again(store: SegmentStore) -> None:
    """What the log remembers must not outlive what it was read from."""
    log = EventLog(store)
    with pytest.raises(ZeroDivisionError), store.writing() as writer:
        raise ZeroDivisionError(log.append(writer, events({})))
    assert log.count() == 0
    with store.writing() as writer:
        assert log.append(writer, events({})).added == 1
    with store.writing() as writer:
        log.forget(writer, pl.Series(["u1"]))
        assert log.append(writer, events({})).added == 1
    assert log.count() == 1


def test_forgetting_takes_people_out_of_log_and_files(store: SegmentStore) -> None:
    log = EventLog(store)
    for user_id in ODD_IDS:
        with store.writing() as writer:
            log.append(writer, events({"user_id": user_id}, {"user_id": user_id, "item_id": "i2"}))
    with store.writing() as writer:
        assert log.forget(writer, pl.Series([ODD_IDS[0], ODD_IDS[4], "nobody"])) == 4
    stays = [user_id for n, user_id in enumerate(ODD_IDS) for _ in range(2) if n not in (0, 4)]
    assert log.read().collect()["user_id"].to_list() == stays
    kept = pl.concat(pl.read_parquet(file) for file in store.folder.rglob("*.parquet"))
    assert sorted(kept["user_id"]) == sorted(stays)


def test_wrong_columns_are_told(store: SegmentStore) -> None:
    with pytest.raises(InputError, match="user_id"), store.writing() as writer:
        EventLog(store).append(writer, pl.DataFrame({"platform": ["a"]}))


@settings(max_examples=50)
@given(event_frames, event_frames, st.lists(st.none() | st.integers(0, 11), max_size=12))
def test_the_log_is_what_a_dictionary_would_be(
    first: pl.DataFrame, second: pl.DataFrame, hashed: list[int | None]
) -> None:
    """Append two frames, then both again, against the plainest thing that does the same.

    Some events of the second have the hash of one of the first for an id.
    """
    ids = content_ids(first).to_list()
    taken = [ids[n] if n is not None and n < len(ids) else None for n in hashed]
    taken += [None] * second.height
    second = second.with_columns(
        event_id=pl.coalesce(pl.Series(taken[: second.height], dtype=pl.String), "event_id")
    )
    expected: dict[tuple[str, str], dict[str, object]] = {}
    with fresh_store() as store:
        log = EventLog(store)
        for nth, frame in enumerate((first, second, first, second)):
            log = EventLog(store) if nth == 1 else log
            before = len(expected)
            conflicts = 0
            named = frame.with_columns(pl.coalesce("event_id", pl.lit(content_ids(frame))))
            for row in named.iter_rows(named=True):
                kept = expected.setdefault((row["platform"], row["event_id"]), row)
                conflicts += content_of(kept) != content_of(row)
            with store.writing() as writer:
                done = log.append(writer, frame)
            assert log.count() == len(expected)
            assert (done.added, done.conflicts.height) == (len(expected) - before, conflicts)
            assert done.added + done.duplicates + conflicts == frame.height
        kept_rows = log.read().collect().to_dicts()
    assert [content_of(row) for row in kept_rows] == [content_of(row) for row in expected.values()]
    assert [row["event_id"] for row in kept_rows] == [row["event_id"] for row in expected.values()]


def content_of(row: dict[str, object]) -> dict[str, object]:
    return {**row, "context": row["context"] or {"device": None, "scenario": None}}


@pytest.mark.parametrize("size", [1, 7, 50])
def test_batches_do_not_matter(store: SegmentStore, size: int) -> None:
    rows = [{"item_id": f"i{n}", "event_id": f"e{n % 20}" if n % 3 else None} for n in range(50)]
    frame = pl.concat([events(*rows), events(*rows[:10])])
    log = EventLog(store)
    added = 0
    with store.writing() as writer:
        for start in range(0, frame.height, size):
            added += log.append(writer, frame.slice(start, size)).added
    whole = frame.with_columns(pl.coalesce("event_id", pl.lit(content_ids(frame))))
    whole = whole.unique(["platform", "event_id"], keep="first", maintain_order=True)
    assert log.read().collect().equals(whole)
    assert added == whole.height
