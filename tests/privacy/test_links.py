from pathlib import Path

import polars as pl
import pytest

from isthmus.privacy import Links
from isthmus.schema import LINK, REJECT
from isthmus.storage import SegmentStore


def links(*rows: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LINK.schema, orient="row")


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore.create(tmp_path)


def test_accounts_of_a_person(store: SegmentStore) -> None:
    table = Links(store)
    assert table.read().schema == LINK.schema
    with store.writing() as writer:
        done = table.add(writer, links(("p", "books", "1"), ("q", "books", "2"), ("p", "films", "1")))
    assert (done.added, done.duplicates, done.rejects.height) == (3, 0, 0)
    assert table.count() == 3
    assert table.accounts("p").rows() == [("books", "1"), ("films", "1")]
    assert table.accounts("nobody").is_empty()


def test_the_same_link_again_adds_nothing(store: SegmentStore) -> None:
    table, once = Links(store), links(("p", "books", "1"))
    with store.writing() as writer:
        assert table.add(writer, pl.concat([once, once])).duplicates == 1
        assert table.add(writer, once).duplicates == 1
    with store.writing() as writer:
        done = table.add(writer, once)
    assert (done.added, done.duplicates) == (0, 1)
    assert table.read().equals(once)


def test_an_account_has_one_person_and_the_first_stays(store: SegmentStore) -> None:
    table = Links(store)
    with store.writing() as writer:
        table.add(writer, links(("p", "books", "1")))
        again = links(("q", "books", "1"), ("q", "films", "1"), ("r", "films", "1"))
        done = table.add(writer, again, file="links.csv", lines=pl.Series([2, 3, 4]))
    assert (done.added, done.duplicates) == (1, 0)
    assert table.read().rows() == [("p", "books", "1"), ("q", "films", "1")]
    assert done.rejects.schema == REJECT.schema
    assert done.rejects.select("file", "line", "field").rows() == [
        ("links.csv", 2, "user_id"),
        ("links.csv", 4, "user_id"),
    ]
    assert "first link stays" in done.rejects["reason"][0]
    assert done.rejects["raw"][1] == '{"person":"r","platform":"films","user_id":"1"}'


def test_a_link_with_an_empty_field_is_a_reject_that_names_it(store: SegmentStore) -> None:
    table = Links(store)
    rows = links((None, "books", "1"), ("p", None, "1"), ("p", "books", None), ("p", "books", "1"))
    with store.writing() as writer:
        done = table.add(writer, rows, lines=pl.Series([1, 2, 3, 4]))
    assert done.rejects.select("line", "field").rows() == [(1, "person"), (2, "platform"), (3, "user_id")]
    assert table.read().height == done.added == 1


def test_forgetting_an_account_or_a_person(store: SegmentStore) -> None:
    table = Links(store)
    with store.writing() as writer:
        table.add(writer, links(("p", "books", "1"), ("p", "films", "2"), ("q", "books", "3")))
    with store.writing() as writer:
        assert table.forget(writer, pl.Series(["1"])) == 1
    assert table.read().rows() == [("p", "films", "2"), ("q", "books", "3")]
    with store.writing() as writer:
        assert table.forget(writer, pl.Series(["p", "nobody"])) == 1
    assert table.read().rows() == [("q", "books", "3")]
