import polars as pl

from isthmus.schema import EVENT, ITEM
from isthmus.sources.cells import Fault, fill
from isthmus.sources.mapping import Cell
from isthmus.sources.tabular import LINE


def frame(**columns: object) -> pl.DataFrame:
    table = pl.DataFrame(columns)
    return table.with_columns(pl.int_range(2, table.height + 2).alias(LINE))


def test_one_fault_per_row_and_the_row_is_left_out() -> None:
    table = frame(value=["1", "x", "3"], at=["2024-03-02", "soon", "later"])
    filled = fill(table, {"value": Cell("value"), "occurred_at": Cell("at")}, EVENT)
    assert filled.frame["line"].to_list() == [2]
    assert filled.faults == (
        Fault(1, "value", "'x' is not a number"),
        Fault(2, "occurred_at", "'later' is not a time"),
    )


def test_empty_cells_are_no_faults_unless_needed() -> None:
    table = frame(value=["", None], id=["", "a"])
    assert fill(table, {"value": Cell("value")}, EVENT).frame["value"].to_list() == [None, None]
    filled = fill(table, {"item_id": Cell("id")}, ITEM, needed=["item_id"])
    assert filled.faults == (Fault(0, "item_id", "is empty"),)


def test_flags_and_constants() -> None:
    table = frame(flag=["true", "NO", "1", "maybe", ""])
    filled = fill(table, {"hidden": Cell("flag"), "tags": Cell(value=["x"]), "title": Cell(value="T")}, ITEM)
    assert filled.frame["hidden"].to_list() == [True, False, True, None]
    assert filled.frame["tags"].to_list() == [["x"]] * 4
    assert filled.frame["title"].to_list() == ["T"] * 4
    assert [fault.field for fault in filled.faults] == ["hidden"]


def test_ids_that_are_numbers_with_a_fraction_stay() -> None:
    filled = fill(frame(id=[1.5, 2.0]), {"item_id": Cell("id")}, ITEM)
    assert filled.frame["item_id"].to_list() == ["1.5", "2.0"]


def test_kinds_are_translated_and_unknown_words_pass() -> None:
    filled = fill(frame(did=["buy", "view", "dance"]), {"kind": Cell("did")}, EVENT, {"buy": "purchase"})
    assert filled.frame["kind"].to_list() == ["purchase", "view", "dance"]


def test_few_kinds_and_many_are_translated_alike() -> None:
    table = frame(kind=["a", "b", "c", "", None, "like", "x"])
    few = {"a": "b", "b": "like", "c": "c"}
    many = few | {f"word {i}": "play" for i in range(40)}
    for kinds in (few, many):
        filled = fill(table, {"kind": Cell("kind")}, EVENT, kinds)
        assert filled.frame["kind"].to_list() == ["b", "like", "c", None, None, "like", "x"]


def test_numbers_among_spaces() -> None:
    table = frame(value=[" 1", "2 ", "3", "", "\u00a04", "nan"])
    values = fill(table, {"value": Cell("value")}, EVENT).frame["value"].to_list()
    assert values[:5] == [1, 2, 3, None, 4]
