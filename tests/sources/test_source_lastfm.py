from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.planted_suite import fuzz
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import find_sources, load_source

FOLDER = Path(__file__).parent / "fixtures" / "lastfm"


class TestLastfm(ExportSuite):
    name = "lastfm"
    fixture = FOLDER / "recenttracks-mira.csv"
    other_fixtures = (FOLDER / "page/lastfm-page-1.json",)

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = ["soon,,A,,,,B,,203.0.113.7,,,", "1767217080,,,,,,B,,,,,", "1,2", "9e99,,A,,,,B,,,,,"]
        return appended(text, bad)


def read(name: str) -> Any:
    return joined(list(load_source("lastfm", user_id="mira").read(FOLDER / name)))


def test_the_common_exporter() -> None:
    batch = read("recenttracks-mira.csv")
    assert batch.events["item_id"].to_list() == [
        "Miles Davis – So What",
        "邓丽君 – 月亮代表我的心",
        "Miles Davis – So What",
    ]
    assert batch.events["occurred_at"][0] == datetime(2025, 12, 31, 21, 38, tzinfo=UTC)


def test_a_file_without_a_header() -> None:
    batch = read("bare/lastfm-mira.csv")
    assert batch.events.select("item_id", "occurred_at", "line").rows() == [
        ("Miles Davis – So What, again", datetime(2024, 5, 17, 12, 54, tzinfo=UTC), 1),
        ("Nina Simone – Feeling Good", datetime(2024, 5, 9, 8, 1, tzinfo=UTC), 2),
    ]


def test_a_file_without_a_header_is_known_by_its_name_and_survives_mutation(tmp_path: Path) -> None:
    (finding,) = find_sources([FOLDER / "bare"]).findings
    assert finding.source == "lastfm"
    assert "rows can be read" in finding.why
    assert fuzz(load_source("lastfm", user_id="mira"), FOLDER / "bare" / "lastfm-mira.csv", tmp_path, 100) > 0


def test_an_answer_of_the_api() -> None:
    batch = read("page/lastfm-page-1.json")
    assert batch.events.select("item_id", "kind").rows() == [
        ("Nina Simone – Feeling Good", "play"),
        ("Nina Simone – Feeling Good", "like"),
    ]
    assert batch.left_out == {"playing now": 1}


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column 'uts'"):
        list(load_source("lastfm", user_id="mira").read(tmp_path / "other.csv"))
