"""Blocks of JSON as frames: every row with its line, and what polars cannot tell read row by row."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isthmus.errors import InputError
from isthmus.sources.tabular import (
    LINE,
    Broken,
    iter_json_parts,
    read_json_columns,
    read_json_objects,
    read_part_columns,
)

SCHEMA = pl.Schema({"id": pl.String(), "flag": pl.Boolean(), "of": pl.Struct({"name": pl.String()})})
ROW: dict[str, Any] = {"id": 7, "flag": True, "of": {"name": "三体 😀"}, "more": [{"id": 1}, {"id": 2}]}
FORMS = {
    "indented": lambda rows: json.dumps(rows, indent=2, ensure_ascii=False),
    "escaped": lambda rows: json.dumps(rows, indent=1),
    "one line": lambda rows: json.dumps([{**row, "more": 1} for row in rows], separators=(",", ":")),
    "an object a line": lambda rows: "[" + ",\n".join(map(json.dumps, rows)) + "]\n",
    "braces together": lambda rows: json.dumps(rows, indent=2).replace("  },\n  {", "},{"),
}  # fmt: skip


def write(folder: Path, text: str, name: str = "rows.json") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def seen(file: Path, **options: Any) -> tuple[list[Any], int]:
    """Line, id and name of all rows, and how many of them came in frames."""
    found, n_framed = [], 0
    for block in read_json_columns(file, SCHEMA, **options):
        if block.frame is None:
            found += [plain(row) for row in block.rows]
            continue
        n_framed += block.height
        names = block.frame["of"].struct.field("name")
        framed = list(zip(block.frame[LINE], block.frame["id"], names, strict=True))
        assert framed == [plain(block.again(place)) for place in range(block.height)]
        found += framed
    return found, n_framed


def plain(row: tuple[int, Any]) -> Any:
    line, value = row
    if isinstance(value, Broken):
        return row
    of = value.get("of")
    return line, value.get("id"), of.get("name") if isinstance(of, dict) else None


def by_rows(file: Path) -> list[Any]:
    return [plain(row) for row in read_json_objects(file)]


@pytest.mark.parametrize("form", FORMS)
def test_arrays_however_they_are_written(form: str, tmp_path: Path) -> None:
    file = write(tmp_path, FORMS[form]([{**ROW, "id": number} for number in range(40)]))
    found, n_framed = seen(file)
    assert found == by_rows(file)
    assert [one[1] for one in found] == [str(number) for number in range(40)]
    assert n_framed == 40


def big(indent: int | None, odd: Sequence[int] = ()) -> list[Any]:
    rows = [{**ROW, "id": number, "text": "x" * 3_000} for number in range(7_000)]
    return ["half \ud83d" if number in odd else row for number, row in enumerate(rows)]


def test_several_blocks(tmp_path: Path) -> None:
    file = write(tmp_path, json.dumps(big(2), indent=2))
    found, n_framed = seen(file)
    assert found == by_rows(file)
    assert n_framed == len(found) == 7_000


def test_an_odd_row_spoils_its_own_block_only(tmp_path: Path) -> None:
    rows = json.dumps(big(2, odd=[5_000]), indent=2)
    file = write(tmp_path, rows)
    found, n_framed = seen(file)
    assert found == by_rows(file)
    assert 3_000 < n_framed < 7_000


def test_lines(tmp_path: Path) -> None:
    rows = [json.dumps({**ROW, "id": number}) for number in range(5)]
    good = write(tmp_path, "\n".join(rows), "good.jsonl")
    assert seen(good) == (by_rows(good), 5)
    spoilt = write(tmp_path, "\n".join([*rows, "", "[1]", '{"id": ', rows[0]]) + "\n", "spoilt.jsonl")
    assert seen(spoilt) == (by_rows(spoilt), 0)
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(good.read_bytes()))
    assert seen(packed) == (by_rows(good), 5)


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1}, {"id": 2}, {"id": "half \\ud83d"}]', '[{"id": 1}, {"id": 2}, 7, {"id": 3}]',
        '[{"id": 1}, {"id": 2} {"id": 3}]', '[{"id": 1},{"id": 2},, {"id": 3}]', "[]", '[{"id": 1}]',
        '[{"id": "a},{b"},{"id": "},{"},{"id": "c"}]', '[{"id": 1},{"id": 2},{"of": "no object"}]',
        '[{"id": "},\\u0001{"}, {"id": "\\u001c"}]', '[{"flag": "true"}, {"flag": 1}, {"flag": false}]',
    ],
)  # fmt: skip
def test_what_is_unusual_is_read_as_ever(text: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)
    assert seen(file)[0] == by_rows(file)


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1}, {"id": 2}', '[{"id": 1}, {"id": 2}] {', '[{"id": 1},\n{"id": 2},\n{"id": "a\nb"}]',
        '[{"id": 1}, {"id": 2}, {"id": NaN NaN}]', '[{"id": 1}, {"id": 2}}]', '["a', "[{]",
        '[{"id": 1}, {"id": 2\t}x]',
    ],
)  # fmt: skip
def test_faults_are_told_as_ever(text: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InputError) as of_rows:
        by_rows(file)
    with pytest.raises(InputError) as of_columns:
        seen(file)
    assert str(of_columns.value) == str(of_rows.value)


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_bytes(b'[{"id": 1},\n{"id": 2},\n{"id": "\xff"}]')
    with pytest.raises(InputError, match="not valid UTF-8") as refused:
        seen(file)
    assert refused.value.line == 3


def test_an_element_without_an_end_is_refused_before_all_of_it_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a": [{"id": "' + "x" * 40_000_000)

    def wants(path: tuple[str, ...], _: str) -> bool:
        return path == ("a",)

    with pytest.raises(InputError, match="more than 16 MB") as of_rows:
        list(iter_json_parts(file, wants))
    with pytest.raises(InputError, match="more than 16 MB") as of_columns:
        list(read_part_columns(file, SCHEMA, wants))
    assert str(of_columns.value) == str(of_rows.value)
