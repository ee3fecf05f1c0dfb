from pathlib import Path

import polars as pl
import pytest

from isthmus.privacy import Identities, Pseudonyms
from isthmus.storage import SegmentStore

ODD = ["u/1", "a b", "\U0001f600", 'it\'s "me"', "line\nbreak", "林"]


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore.create(tmp_path)


@pytest.fixture
def people() -> pl.DataFrame:
    frame = pl.DataFrame({"platform": ["books"] * len(ODD), "user_id": ODD})
    return Pseudonyms(bytes(32)).replace(frame)[1]


def test_only_new_ones_are_added(store: SegmentStore, people: pl.DataFrame) -> None:
    vault = Identities(store)
    with store.writing() as writer:
        assert vault.add(writer, people.head(2)) == 2
        assert vault.add(writer, pl.concat([people, people])) == 4
        assert vault.add(writer, people) == 0
    assert vault.count() == 6
    assert vault.read().drop("person").equals(people)
    with store.writing() as writer:
        assert vault.add(writer, people) == 0


def test_ids_come_back_as_they_went_in(store: SegmentStore, people: pl.DataFrame) -> None:
    vault = Identities(store)
    with store.writing() as writer:
        vault.add(writer, people)
    asked = pl.concat([people["pseudonym"].reverse(), pl.Series(["unknown"]), people["pseudonym"].head(1)])
    assert vault.of(asked)["user_id"].to_list() == [*reversed(ODD), None, ODD[0]]
    for user_id, pseudonym in zip(ODD, people["pseudonym"], strict=True):
        assert vault.find("books", user_id) == pseudonym
    assert vault.find("films", "u/1") is None


def test_persons_are_kept_by_name(store: SegmentStore) -> None:
    vault = Identities(store)
    code = Pseudonyms(bytes(32)).person("Mira")
    with store.writing() as writer:
        vault.add(writer, pl.DataFrame({"pseudonym": [code], "person": ["Mira"]}))
    assert vault.find_person("Mira") == code
    assert vault.find_person("Lin") is None
    assert vault.of(pl.Series([code]))["person"].to_list() == ["Mira"]


def test_who_is_forgotten_is_in_no_file(store: SegmentStore, people: pl.DataFrame) -> None:
    vault = Identities(store)
    with store.writing() as writer:
        vault.add(writer, people)
    gone = people["pseudonym"].head(2)
    with store.writing() as writer:
        assert vault.forget(writer, gone) == 2
        assert vault.forget(writer, gone) == 0
    assert vault.read()["user_id"].to_list() == ODD[2:]
    kept = pl.concat(pl.read_parquet(file) for file in store.folder.rglob("*.parquet"))
    assert kept["user_id"].to_list() == ODD[2:]
