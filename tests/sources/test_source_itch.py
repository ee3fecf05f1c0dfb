from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "itch"


class TestItch(ExportSuite):
    name = "itch"
    fixture = FOLDER / "owned-keys.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad: list[object] = [{"game_id": ""}, {"game_id": 5, "created_at": "203.0.113.7"}, 7]
        return inserted(text, bad, '"owned_keys"')


def read(name: str) -> Any:
    return joined(list(load_source("itch", user_id="mira").read(FOLDER / name)))


def test_what_was_played_or_bought() -> None:
    batch = read("owned-keys.json")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("1001", "purchase", None),
        ("1002", "purchase", None),
        ("1003", "purchase", None),
    ]
    assert batch.events["occurred_at"].to_list() == [
        datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC),
        datetime(2021, 3, 2, 21, 14, 7, tzinfo=UTC),
        None,
    ]
    assert batch.items["title"].to_list() == ["A Short Hike", "像素画包", "Celeste Classic"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", "[" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "itch.json").write_text(content)
    with pytest.raises(InputError):
        list(load_source("itch", user_id="mira").read(tmp_path / "itch.json"))
