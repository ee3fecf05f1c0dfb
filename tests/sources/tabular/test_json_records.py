import json
from pathlib import Path

import pytest

from isthmus.errors import InputError
from isthmus.sources.tabular import Broken, iter_json_parts, iter_json_records
from isthmus.sources.tabular.json_records import parse_json_parts

DOCUMENT = """{
  "skipped": [{"a": 1}, [2, [3]], "x", null],
  "also": {"deep": {"er": "]}"}, "n": -1.5e3},
  "Activity": {"List": [
    {"id": 007e1, "on": true},
    "text",
    {"id": 2}
  ]}
}
""".replace("007e1", "71234567890123456789")


def write(folder: Path, text: str) -> Path:
    file = folder / "one.json"
    file.write_text(text, encoding="utf-8")
    return file


def test_objects_of_one_list_with_their_lines_and_digits(tmp_path: Path) -> None:
    rows = list(iter_json_records(write(tmp_path, DOCUMENT), ("Activity", "List")))
    assert [line for line, _ in rows] == [5, 6, 7]
    assert rows[0][1] == {"id": "71234567890123456789", "on": True}
    assert isinstance(rows[1][1], Broken)


def test_texts_can_stand_for_objects_and_any_key_can_be_meant(tmp_path: Path) -> None:
    file = write(tmp_path, '{"orderedItems": ["https://a", {"id": "b"}], "first": {"id": "c"}}')
    assert [row for _, row in iter_json_records(file, ("orderedItems",), text_as="id")] == [
        {"id": "https://a"},
        {"id": "b"},
    ]
    keyed = write(tmp_path, '{"1": {"t": "x"}, "2": {"t": "y"}}')
    assert [row for _, row in iter_json_records(keyed, ("*",))] == [{"t": "x"}, {"t": "y"}]


def test_an_absent_list_is_refused_and_an_empty_or_null_one_is_not(tmp_path: Path) -> None:
    for text in ('{"a": []}', '{"a": null}'):
        assert list(iter_json_records(write(tmp_path, text), ("a",))) == []
    with pytest.raises(InputError, match="'a'"):
        list(iter_json_records(write(tmp_path, '{"b": []}'), ("a",)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_blocks_may_end_anywhere(size: int) -> None:
    blocks = [DOCUMENT[at : at + size] for at in range(0, len(DOCUMENT), size)]
    parts = list(parse_json_parts(blocks, Path("x.json"), lambda path, _: path[-1:] == ("List",)))
    assert [line for _, line, _ in parts] == [5, 6, 7]


def test_several_lists_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a": [{"n": 1}], "b": {"c": [{"n": 2}]}, "a": [{"n": 3}]}')
    found = [(path, row) for path, _, row in iter_json_parts(file, lambda path, sign: sign == "[")]
    assert found == [(("a",), {"n": "1"}), (("b", "c"), {"n": "2"}), (("a",), {"n": "3"})]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"a"',
        '{"a":}',
        '{"a": [{]}',
        '{"a": [1 2]}',
        '{"a": []} x',
        '{"a": [{}]',
        "[",
        "nul",
        "{a: 1}",
        "{'a': 1}",
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"one\.json"):
        list(iter_json_records(write(tmp_path, text), ("a",)))


@pytest.mark.parametrize(
    "text", ['{"a":' * 100_000, "[" * 100_000, '{"a": [' + '{"b":' * 100_000, '{"a":{"b":' * 21 + "1"]
)
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        list(iter_json_records(write(tmp_path, text), ("a",)))


def test_an_object_of_more_than_16_mb_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a": [{"b": "' + "x" * 20_000_000)
    with pytest.raises(InputError, match="16 MB"):
        list(iter_json_records(file, ("a",)))


def test_the_standard_reader_agrees(tmp_path: Path) -> None:
    rows = [{"n": str(n), "s": "é\u2028]}," * (n % 5), "l": [[], {}]} for n in range(3_000)]
    file = write(tmp_path, json.dumps({"x": {"y": rows}}, ensure_ascii=True, indent=1))
    assert [row for _, row in iter_json_records(file, ("x", "y"))] == rows
