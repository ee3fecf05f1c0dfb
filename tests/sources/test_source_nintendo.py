from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "nintendo"


class TestNintendo(ExportSuite):
    name = "nintendo"
    fixture = FOLDER / "play_histories.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad: list[object] = [
            {"titleId": "", "totalPlayedMinutes": 1},
            {"titleId": "203.0.113.7"},
            {"titleId": "x", "totalPlayedMinutes": -1},
            7,
        ]
        return inserted(text, bad, '"playHistories"')


def read(name: str) -> Any:
    return joined(list(load_source("nintendo", user_id="mira").read(FOLDER / name)))


def test_what_was_played_or_bought() -> None:
    batch = read("play_histories.json")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("0100F2C0115B6000", "play", 360000.0),
        ("0100", "play", 0.0),
        ("0101", "play", 3660.0),
    ]
    assert batch.events["occurred_at"].to_list() == [
        datetime(2024, 3, 2, 12, 14, 7, tzinfo=UTC),
        datetime(2021, 3, 2, 12, 14, 7, tzinfo=UTC),
        None,
    ]
    assert batch.items["title"].to_list() == ["Tears of the Kingdom", "动物森友会", "Celeste"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", "[" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "nintendo.json").write_text(content)
    with pytest.raises(InputError):
        list(load_source("nintendo", user_id="mira").read(tmp_path / "nintendo.json"))
