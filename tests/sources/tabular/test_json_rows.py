import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import InputError, IsthmusError
from isthmus.sources.tabular import LINE, Broken, read_json_rows, stream


def all_columns(columns: Sequence[str]) -> Sequence[str]:
    return columns


def read(folder: Path, content: str | bytes, name: str = "t.jsonl") -> tuple[pl.DataFrame, list[Broken]]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    chunks = list(read_json_rows(file, 1000, all_columns))
    return pl.concat([chunk.frame for chunk in chunks]), [one for chunk in chunks for one in chunk.broken]


def test_lines_and_an_array_give_the_same(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": ["x", 2], "c": {"d": "e"}}, {"a": 0.50, "b": None}, {"c": {"d": True}}]
    lines, _ = read(tmp_path, "\n".join(map(json.dumps, rows)))
    array, _ = read(tmp_path, json.dumps(rows, indent=1), "t.json")
    expected = [("1", '["x", "2"]', "e"), ("0.5", None, None), (None, None, "true")]
    assert lines.select("a", "b", "c.d").rows() == expected
    assert array.select("a", "b", "c.d").rows() == expected
    assert lines[LINE].to_list() == [1, 2, 3]
    assert array[LINE].to_list() == [2, 12, 16]


def test_whole_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    frame, _ = read(
        tmp_path,
        '{"a": 12345678901234567890123}\n{"a": 1.50}\n{"a": 12.0}\n{"a": 1e-7}\n{"a": NaN}\n'
        + '{"a":'
        + "9" * 9999
        + "}",
    )
    assert frame["a"].to_list() == ["12345678901234567890123", "1.5", "12", "0.0000001", "NaN", "9" * 9999]


def test_broken_lines_are_named(tmp_path: Path) -> None:
    content = b'{"a":1}\n{"a":\n\n[1]\n{"a":"\xff"}\n{"a":"\\ud83d"}\n' + b"[" * 100_000 + b'\n{"a":2}'
    frame, broken = read(tmp_path, content)
    assert frame["a"].to_list() == ["1", "2"]
    assert frame[LINE].to_list() == [1, 8]
    assert [one.line for one in broken] == [2, 4, 5, 6, 7]
    assert [one.reason.split(":")[0] for one in broken] == [
        "is no JSON",
        "is no JSON object",
        "is not valid UTF-8",
        "holds half of a surrogate pair",
        "is nested too deeply",
    ]


def test_elements_of_an_array_that_are_no_objects_are_named(tmp_path: Path) -> None:
    frame, broken = read(tmp_path, '[\n1,\n{"a":2},\n"x"\n]', "t.json")
    assert frame["a"].to_list() == ["2"]
    assert [one.line for one in broken] == [2, 4]


@pytest.mark.parametrize(
    "content", ['[{"a":1}', '[{"a":1},\n{"a"}]', '[{"a":1}] more', "[" * 100_000, '[{"a":"\\x"}]']
)
def test_an_array_that_is_no_json_is_refused_with_its_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"t.json:\d"):
        read(tmp_path, content, "t.json")


def test_objects_across_the_ends_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"a": f"é{i}" * (i % 7), "b": i} for i in range(200)]
    for name, content in (
        ("t.json", json.dumps(rows, ensure_ascii=False, indent=0)),
        ("t.jsonl", "\n".join(map(json.dumps, rows))),
    ):
        whole, _ = read(tmp_path, content, name)
        monkeypatch.setattr(stream.read_blocks, "__defaults__", (11,))
        pieces, broken = read(tmp_path, content, name)
        monkeypatch.undo()
        assert broken == []
        assert pieces.equals(whole)


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=60) | st.text('[]{}",:1e\\u\n', max_size=40).map(str.encode))
def test_any_bytes_give_rows_or_our_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        read(tmp_path_factory.getbasetemp(), content, "any.json")
    except IsthmusError:
        return
