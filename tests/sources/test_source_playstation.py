from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "playstation"


class TestPlayStation(ExportSuite):
    name = "playstation"
    fixture = FOLDER / "playstation.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad: list[object] = [
            {"titleId": ""},
            {"titleId": "x", "playDuration": "203.0.113.7"},
            {"titleId": "x", "lastPlayedDateTime": "then"},
            7,
        ]
        return inserted(text, bad, '"titles"')


def read(name: str) -> Any:
    return joined(list(load_source("playstation", user_id="mira").read(FOLDER / name)))


def test_what_was_played_or_bought() -> None:
    batch = read("playstation.json")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("CUSA00419_00", "play", 80043.0),
        ("PPSA01325_00", "play", 45.0),
        ("PPSA2", "play", None),
    ]
    assert batch.events["occurred_at"].to_list() == [
        datetime(2024, 3, 2, 21, 14, 7, 120000, tzinfo=UTC),
        datetime(2023, 3, 2, 21, 14, 7, tzinfo=UTC),
        datetime(2023, 5, 2, 21, 14, 7, tzinfo=UTC),
    ]
    assert batch.items["title"].to_list() == ["Outer Wilds", "Astro's Playroom", "风之旅人"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", "[" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "playstation.json").write_text(content)
    with pytest.raises(InputError):
        list(load_source("playstation", user_id="mira").read(tmp_path / "playstation.json"))
