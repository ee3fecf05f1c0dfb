import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from isthmus.dataset import IdMap, item_key

odd = st.text(min_size=1)  # any character: slashes, quotes, emoji


@given(st.lists(odd), st.lists(odd))
def test_there_and_back(ids: list[str], others: list[str]) -> None:
    table = IdMap.of(ids)
    assert table.ids.tolist() == list(dict.fromkeys(ids))
    np.testing.assert_array_equal(table.nums(table.ids), np.arange(len(table)))
    for asked in (*ids, *others):
        assert table.num(asked) == (table.ids.tolist().index(asked) if asked in ids else -1)


@given(st.lists(odd), st.lists(odd))
def test_a_column_is_the_same_as_one_by_one(ids: list[str], asked: list[str]) -> None:
    table = IdMap.of(ids)
    np.testing.assert_array_equal(table.nums_of_column(pl.Series(asked, dtype=pl.String)), table.nums(asked))


@given(st.lists(odd), st.lists(odd))
def test_new_ids_come_behind(ids: list[str], more: list[str]) -> None:
    table, longer = IdMap.of(ids), IdMap.of(ids).extended(more)
    np.testing.assert_array_equal(longer.ids[: len(table)], table.ids)
    assert set(longer.ids) == {*ids, *more}


def test_the_same_id_on_two_platforms_is_two_items() -> None:
    assert item_key("books", "1") != item_key("films", "1")
    assert item_key("a:b", "c") != item_key("a", "b:c")
