from pathlib import Path

import polars as pl
import pytest

from isthmus.errors import InputError
from isthmus.sources.tabular import LINE, read_json_lines

SCHEMA = pl.Schema({"a": pl.String(), "n": pl.Int64(), "x": pl.Float64(), "l": pl.List(pl.String())})


def read(
    tmp_path: Path, text: str | bytes, batch_rows: int = 100
) -> tuple[list[tuple[object, ...]], list[int]]:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    chunks = list(read_json_lines(file, batch_rows, SCHEMA))
    assert all(chunk.frame.schema == {**SCHEMA, LINE: pl.Int64()} for chunk in chunks)
    rows = [row for chunk in chunks for row in chunk.frame.rows()]
    return rows, [one.line for chunk in chunks for one in chunk.broken]


def test_a_clean_block_and_one_read_line_by_line_say_the_same(tmp_path: Path) -> None:
    clean = '{"a":"x","n":3,"x":1.5,"l":["p"],"other":{"deep":[1]}}\n{"a":null,"x":2}\n'
    rows, broken = read(tmp_path, clean)
    assert rows == [("x", 3, 1.5, ["p"], 1), (None, None, 2.0, None, 2)]
    again, none = read(tmp_path, f"\n{clean}")  # the blank line sends the block the slow way
    assert [row[:-1] for row in again] == [row[:-1] for row in rows]
    assert [row[-1] for row in again] == [2, 3]
    assert broken == none == []


@pytest.mark.parametrize(
    "bad",
    [
        "{broken",
        "[1]",
        "7",
        '{"a": 7.5, "n": "x"}',
        '{"n": 99999999999999999999}',
        '{"l": "x"}',
        '{"a":"\\ud83d"}',
    ],
)
def test_a_bad_line_is_broken_and_the_others_are_taken(tmp_path: Path, bad: str) -> None:
    rows, broken = read(tmp_path, f'{{"a":"x"}}\n{bad}\n{{"a":"y"}}')
    assert [row[0] for row in rows] == ["x", "y"]
    assert broken == [2]


def test_batches_are_no_longer_than_asked(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a":"x"}\n' * 7)
    assert [chunk.frame.height for chunk in read_json_lines(file, 3, SCHEMA)] == [3, 3, 1]


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    rows, broken = read(tmp_path, b'{"a":"\xff"}\n{"a":"y"}\n')
    assert [row[0] for row in rows] == ["y"]
    assert broken == [1]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        read(tmp_path, "")
