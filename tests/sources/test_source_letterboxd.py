from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "letterboxd"


class TestLetterboxd(PlantedSuite):
    name = "letterboxd"
    fixture = FOLDER / "diary.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        bad = [
            "03.03.2024,The Lighthouse,2019,,4.5,,203.0.113.7,",
            "2024-03-03,The Lighthouse,19,,4.5,,203.0.113.7,",
            "2024-03-03,The Lighthouse,2019,,6,,203.0.113.7,",
            "2024-03-03,,2019,,4.5,,203.0.113.7,",
            "2024-03-03,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5, 6]


def test_a_diary_alone_has_its_ratings() -> None:
    batch = next(load_source("letterboxd", user_id="mira").read(FOLDER / "diary.csv"))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("The Lighthouse (2019)", "watch", None),
        ("The Lighthouse (2019)", "rate", 4.5),
        ("Paris, Texas (1984)", "watch", None),
        ("花樣年華 (2000)", "watch", None),
        ("花樣年華 (2000)", "rate", 5.0),
    ]
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, tzinfo=UTC)


def test_a_whole_export_counts_nothing_twice_and_nothing_deleted() -> None:
    source = load_source("letterboxd", user_id="mira")
    files = source.files([FOLDER / "export"])
    assert sorted(file.name for file in files) == [
        "diary.csv", "films.csv", "ratings.csv", "watched.csv", "watchlist.csv",
    ]  # fmt: skip
    told = sorted(
        (row["kind"], row["item_id"])
        for file in files
        for batch in source.read(file)
        for row in batch.events.iter_rows(named=True)
    )
    assert told == [
        ("like", "The Lighthouse (2019)"),
        ("rate", "The Lighthouse (2019)"),
        ("save", "Stalker (1979)"),
        ("watch", "Brief Encounter (1945)"),
        ("watch", "Paris, Texas (1984)"),
        ("watch", "The Lighthouse (2019)"),
        ("watch", "花樣年華 (2000)"),
    ]


def test_a_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "watched.csv"
    file.write_text("Letterboxd list export v7\nDate,Name,Tags,URL,Description\n")
    with pytest.raises(InputError, match=r"watched\.csv"):
        list(load_source("letterboxd", user_id="mira").read(file))
