from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "xbox"


class TestXbox(ExportSuite):
    name = "xbox"
    fixture = FOLDER / "xbox.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad: list[object] = [
            {"titleId": ""},
            {"titleId": "x", "titleHistory": {"lastTimePlayed": "203.0.113.7"}},
            7,
        ]
        return inserted(text, bad, '"titles"')


def read(name: str) -> Any:
    return joined(list(load_source("xbox", user_id="mira").read(FOLDER / name)))


def test_what_was_played_or_bought() -> None:
    batch = read("xbox.json")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("1144039928", "play", None),
        ("3", "play", None),
        ("4", "play", None),
    ]
    assert batch.events["occurred_at"].to_list() == [
        datetime(2024, 3, 2, 21, 14, 7, 123456, tzinfo=UTC),
        datetime(2020, 1, 2, 21, 14, 7, tzinfo=UTC),
        None,
    ]
    assert batch.items["title"].to_list() == ["Halo: The Master Chief Collection", "Ori", "茶杯头"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", "[" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "xbox.json").write_text(content)
    with pytest.raises(InputError):
        list(load_source("xbox", user_id="mira").read(tmp_path / "xbox.json"))
