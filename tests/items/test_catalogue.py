from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.items import Added, Catalogue
from isthmus.schema import ITEM, conform
from isthmus.storage import SegmentStore


@pytest.fixture
def store(tmp_path):
    return SegmentStore.create(tmp_path / "store")


def add(store, frame):
    """One import, committed."""
    with store.writing() as writer:
        return Catalogue(store).add(writer, frame)


def items(*rows):
    frame = pl.DataFrame(list(rows), schema_overrides={n: t for n, t in ITEM.columns.items() if n in rows[0]})
    return conform(frame, ITEM)


def item(item_id="1", platform="p", **fields):
    return {"platform": platform, "item_id": item_id, **fields}


def test_an_empty_catalogue_has_all_columns(store):
    assert Catalogue(store).read().equals(ITEM.empty())
    assert add(store, ITEM.empty()) == Added(0, 0)
    assert store.rows("items") == 0


def test_what_is_added_is_read_in_order_of_first_appearance(store):
    catalogue = Catalogue(store)
    when = datetime(2020, 1, 1, tzinfo=UTC)
    first = items(
        item("b", title="B", tags=["x"], published_at=when), item("a", title="A", tags=[], published_at=None)
    )
    assert add(store, first) == Added(2, 0)
    assert add(store, items(item("a", title="A2"), item("c", title="C"))) == Added(1, 1)
    assert catalogue.read().select("item_id", "title").rows() == [("b", "B"), ("a", "A2"), ("c", "C")]
    assert catalogue.read().row(0, named=True)["tags"] == ["x"]
    assert catalogue.read().row(0, named=True)["published_at"] == when


def test_the_same_import_again_adds_nothing(store):
    frame = items(*(item(str(i), title=f"T{i}", tags=["a", "b"], extra='{"n": 1}') for i in range(50)))
    assert add(store, frame) == Added(50, 0)
    before = Catalogue(store).read()
    assert add(store, frame) == Added(0, 0)
    assert add(store, frame.reverse()) == Added(0, 0)
    assert store.rows("items") == 50
    assert Catalogue(store).read().equals(before)


def test_saying_nothing_takes_nothing_back(store):
    catalogue = Catalogue(store)
    add(store, items(item(title="Dune", creators=["Herbert"], language="en")))
    empty = items(item(title="", creators=[], language=None))
    blank = items(item(title="  ", creators=["", None], language=" "))
    assert add(store, empty) == add(store, blank) == Added(0, 0)
    assert add(store, items(item(title=None, creators=["F. Herbert"], language=""))) == Added(0, 1)
    row = catalogue.read().row(0, named=True)
    assert (row["title"], row["creators"], row["language"]) == ("Dune", ["F. Herbert"], "en")


def test_within_one_import_the_last_word_on_each_field_counts(store):
    catalogue = Catalogue(store)
    twice = items(
        item(title="Draft", url="u"), item(title="Final", url=None), item("2", title="other", url=None)
    )
    assert add(store, twice) == Added(2, 0)
    assert catalogue.read().select("title", "url").rows() == [("Final", "u"), ("other", None)]
    assert store.rows("items") == 2


def test_one_transaction_sees_what_it_has_added_itself(store):
    frame = items(item(title="x"))
    with store.writing() as writer:
        assert Catalogue(store).add(writer, frame) == Added(1, 0)
        assert Catalogue(store).add(writer, frame) == Added(0, 0)
    assert Catalogue(store).read().height == 1


def test_a_transaction_that_fails_leaves_the_catalogue_as_it_was(store):
    add(store, items(item(title="x")))

    def fail_halfway():
        with store.writing() as writer:
            Catalogue(store).add(writer, items(item(title="y"), item("2", title="z")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert Catalogue(SegmentStore.open(store.folder)).read()["title"].to_list() == ["x"]


def test_platforms_keep_their_ids_apart(store):
    catalogue = Catalogue(store)
    same_id = items(
        item("1", "books", title="x"), item("1", "films", title="y"), item(" 1", "films", title="z")
    )
    assert add(store, same_id) == Added(3, 0)
    assert catalogue.read()["title"].to_list() == ["x", "y", "z"]


def test_an_item_can_be_hidden_and_shown_again(store):
    catalogue = Catalogue(store)
    for hidden in (False, True, False):
        add(store, items(item(hidden=hidden)))
        assert catalogue.read()["hidden"].to_list() == [hidden]


TOLD = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([None, "", "x", "y"]),
        st.sampled_from([None, [], ["t"], ["u"]]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("catalogues")


@settings(max_examples=20, deadline=None)
@given(imports=st.lists(TOLD, min_size=1, max_size=4))
def test_many_additions_equal_memory_row_by_row(folder, imports):
    store, known = SegmentStore.create(Path(mkdtemp(dir=folder))), {}
    for rows in imports:
        add(store, items(*(item(i, title=title, tags=tags) for i, title, tags in rows)))
        for i, title, tags in rows:
            before = known.get(i, (None, None))
            known[i] = (title or before[0], tags or before[1])
    read = Catalogue(store).read()
    assert [(row["item_id"], (row["title"], row["tags"])) for row in read.to_dicts()] == list(known.items())
