from pathlib import Path

import pytest

from isthmus.errors import MappingError
from isthmus.sources.mapping import Cell, TableMapping, load_mapping

GOOD = '[event]\nuser_id = "u"\nitem_id = "i"\nplatform = { value = "p" }\n'


def load(folder: Path, text: str) -> TableMapping:
    file = folder / "map.toml"
    file.write_text(text, encoding="utf-8")
    return load_mapping(file)


def test_ids_said_for_events_hold_for_items_and_links(tmp_path: Path) -> None:
    mapping = load(tmp_path, GOOD + '[item]\ntitle = "t"\nitem_id = "j"\n[link]\nperson = "who"\n')
    assert mapping.cells["items"] == {"platform": Cell(value="p"), "item_id": Cell("j"), "title": Cell("t")}
    assert mapping.cells["links"] == {
        "platform": Cell(value="p"),
        "user_id": Cell("u"),
        "person": Cell("who"),
    }
    assert mapping.columns() == ("u", "i", "j", "t", "who")


def test_context_with_and_without_quotes(tmp_path: Path) -> None:
    for key in ('"context.device"', "context.device"):
        assert load(tmp_path, GOOD + f'{key} = "d"\n').cells["events"]["context.device"] == Cell("d")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_mapping(tmp_path / "map.toml").columns() == ("u", "i")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[event\n", r"map.toml:1.*no TOML", "guide"),
        (GOOD + "[event]\n", r"map.toml:\d+.*no TOML", "guide"),
        (GOOD + "[evnt]\n", "no section named 'evnt'", "Known: event"),
        (GOOD + 'usr_id = "u"\n', r"no column of \[event\] named 'usr_id'", "Known: user_id"),
        (GOOD + 'person = "u"\n', "'person'", "Known: "),
        (GOOD + 'value = { colum = "v" }\n', "no key of event.value named 'colum'", "Known: column"),
        (
            GOOD + 'value = { column = "v", unit = "s" }\n',
            "no key of event.value named 'unit'",
            "column, value",
        ),
        (GOOD + 'value = { column = "v", value = 1 }\n', "either", "guide"),
        (GOOD + "value = {}\n", "either", "guide"),
        (GOOD + "value = 3\n", "neither", "guide"),
        (GOOD + 'value = { value = "3" }\n', "wrong type", "guide"),
        (GOOD + "kind = { value = 3 }\n", "wrong type", "guide"),
        (GOOD + 'occurred_at = { column = "t", unit = "h" }\n', "none of s, ms, us", "guide"),
        (
            GOOD + 'occurred_at = { column = "t", timezone = "Mars/Base" }\n',
            "no timezone 'Mars/Base'",
            "guide",
        ),
        (GOOD + 'occurred_at = { column = "t", timezone = "../x" }\n', "no timezone", "guide"),
        (GOOD + '[item]\ntags = { column = "t", split = "" }\n', "split", "guide"),
        (GOOD + '[item]\ntags = { column = "t", list = 1 }\n', "wrong type", "guide"),
        (GOOD + '[kinds]\nbuy = "purchas"\n', "'purchas'", "purchase"),
        ("event = 3\n", "no table", "guide"),
        (GOOD + "[kinds.buy]\n", "kind", "Kinds"),
        ("[kinds]\n", "maps nothing", "[event]"),
        ("", "maps nothing", "[event]"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, message: str, hint: str) -> None:
    with pytest.raises(MappingError, match=message) as caught:
        load(tmp_path, text)
    assert "map.toml" in str(caught.value)
    assert hint in caught.value.hint


def test_a_mapping_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "nowhere.toml")
    (tmp_path / "map.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MappingError, match="UTF-8"):
        load_mapping(tmp_path / "map.toml")


def test_a_needed_column_that_is_mapped_nowhere(tmp_path: Path) -> None:
    mapping = load(tmp_path, '[event]\nitem_id = "i"\nplatform = "p"\n')
    with pytest.raises(MappingError, match="user_id") as caught:
        mapping.check(Path("t.csv"), ["i", "p"])
    assert "--user" in caught.value.hint
    mapping.with_constants(user_id="mira").check(Path("t.csv"), ["i", "p"])


def test_a_constant_list(tmp_path: Path) -> None:
    mapping = load(tmp_path, GOOD + '[item]\ncategories = { value = ["book"] }\n')
    assert mapping.cells["items"]["categories"].value == ["book"]
    with pytest.raises(MappingError):
        load(tmp_path, GOOD + "[item]\ncategories = { value = [1] }\n")
