import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.sources.lists import parse_list, parse_lists


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('["a", "b"]', ["a", "b"]),
        ("['A & B', \"C's\", 'A & B']", ["A & B", "C's"]),
        ("[['Books', 'Fantasy'], ['Books']]", ["Books", "Fantasy"]),
        ("('a', 1, None, ' ')", ["a", "1"]),
        ("[]", []),
        ("a; b;;c", ["a", "b", "c"]),
        ("Comedy|Drama", ["Comedy", "Drama"]),
        ("a, b", ["a, b"]),
        ("[REC]", ["[REC]"]),
        ("__import__('os').getpid()", ["__import__('os').getpid()"]),
    ],
)
def test_forms(text: str, parts: list[str]) -> None:
    assert parse_list(text) == parts


@pytest.mark.parametrize(
    "text", ["a;b", "[REC]", "[print(1)]", "['a'", "{'a'}", "[" * 100_000, "[1" + ",1" * 600_000]
)
def test_strictly_only_lists_are_lists(text: str) -> None:
    assert parse_list(text, strict=True) is None


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool), unique=True
    )
)
def test_a_python_literal_comes_back(parts: list[str]) -> None:
    assert parse_list(repr(parts), strict=True) == parts


def test_a_literal_that_python_itself_refuses_is_no_list() -> None:
    assert parse_list("[{[1]}]", strict=True) is None


def test_whole_columns() -> None:
    column = pl.Series("tags", ["['a']", None, "b;c", "['a']"])
    assert parse_lists(column).to_list() == [["a"], None, ["b", "c"], ["a"]]
    assert parse_lists(pl.Series(["a, b,", None]), split=",").to_list() == [["a", "b"], None]
    assert parse_lists(pl.Series([["a ", ""], None])).to_list() == [["a"], None]
    assert parse_lists(pl.Series([[["a"], ["b"]], []])).to_list() == [["a", "b"], []]
    assert parse_lists(pl.Series([[1, 2]])).to_list() == [["1", "2"]]


@given(
    st.lists(
        st.none()
        | st.sampled_from(
            ["", "  ", "a;b", "a|b", "[1, 'x']", "[REC]", "(x", "\x1c", "a\x1f", "\u3000a\x85", "\ufeffb"]
        )
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
    )
)
def test_a_column_is_read_as_its_cells_are(cells: list[str | None]) -> None:
    read = parse_lists(pl.Series("c", cells, dtype=pl.String))
    assert read.to_list() == [None if cell is None else parse_list(cell) for cell in cells]
    assert (read.name, read.dtype) == ("c", pl.List(pl.String))
