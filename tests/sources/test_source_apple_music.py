from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "apple_music"


class TestAppleMusic(ExportSuite):
    name = "apple_music"
    fixture = FOLDER / "Apple Music Play Activity.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, first, *_ = text.split("\n")
        bad = [
            first.replace("2024-03-02T21:14:07.123Z", "203.0.113.7").replace("2024-03-02T21:05:02Z", ""),
            first.replace("545000", "long"),
            "one,two",
        ]
        assert header.startswith("Apple Id Number")
        return appended(text, bad)


def read(name: str) -> Any:
    return joined(list(load_source("apple_music", user_id="mira").read(FOLDER / name)))


def test_only_ends_of_plays_count() -> None:
    batch = read("Apple Music Play Activity.csv")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("Miles Davis – So What", "play", 545.0),
        ("月亮代表我的心", "skip", 11.0),
        ("Nina Simone – Feeling Good", "play", 173.0),
    ]
    assert batch.events["occurred_at"][2] == datetime(2024, 3, 2, 20, 30, tzinfo=UTC)
    assert batch.left_out == {
        "events that end no play": 2,
        "plays without a title": 1,
        "plays of a negative length": 1,
    }
    assert batch.items["description"].to_list() == ["Kind of Blue", "The Essential, Vol. 1", "Best"]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column 'Song Name'") as caught:
        list(load_source("apple_music", user_id="mira").read(tmp_path / "other.csv"))
    assert "privacy.apple.com" in caught.value.hint
