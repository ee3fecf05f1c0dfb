from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.source_suite import SourceSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source
from isthmus.sources.netflix import series_of

FOLDER = Path(__file__).parent / "fixtures" / "netflix"
HOUSEHOLD = FOLDER / "household" / "ViewingActivity.csv"
PAGE = FOLDER / "page" / "NetflixViewingHistory.csv"


class TestNetflix(SourceSuite):
    name = "netflix"
    fixture = FOLDER / "ViewingActivity.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        bad = [
            "Mira,10.02.2024,00:48:10,203.0.113.7,Dark,,TV,,,DE",
            "Mira,2024-02-10 20:15:42,48 min,203.0.113.7,Dark,,TV,,,DE",
            "Mira,2024-02-10 20:15:42,00:48:10,203.0.113.7,,,TV,,,DE",
            "Mira,2024-02-10 20:15:42,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5]


def read(file: Path, **options: str) -> Batch:
    return next(load_source("netflix", user_id="mira", **options).read(file))


def test_episodes_count_for_their_series_in_seconds() -> None:
    batch = read(FOLDER / "ViewingActivity.csv")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("Dark", "watch", 2890.0),
        ("Dark", "watch", 720.0),
        ("Dark", "watch", 1890.0),
        ("Mission: Impossible – Fallout", "watch", 8880.0),
        ("三体", "watch", 5.0),
    ]
    assert batch.events["event_id"].n_unique() == 5
    assert batch.events["occurred_at"][0] == datetime(2024, 2, 10, 20, 15, 42, tzinfo=UTC)
    assert batch.events["context"].struct.field("device").to_list() == ["tv", "tv", "ios", "web", "android"]
    assert sorted(batch.items["title"]) == ["Dark", "Mission: Impossible – Fallout", "三体"]
    assert dict(batch.left_out) == {"trailers and other supplements": 1}


def test_a_household_is_not_mixed() -> None:
    with pytest.raises(InputError, match="several profiles") as caught:
        read(HOUSEHOLD)
    assert "Mira, Kids" in caught.value.hint
    with pytest.raises(InputError, match="'Mria'"):
        read(HOUSEHOLD, profile="Mria")
    kids = read(HOUSEHOLD, profile="Kids")
    assert kids.events["item_id"].to_list() == ["Bluey"]
    assert kids.left_out["of another profile"] == 5


def test_the_account_page_tells_the_order_of_its_dates() -> None:
    batch = read(PAGE)
    assert batch.events["occurred_at"].dt.date().cast(str).to_list() == [
        "2019-03-14", "2019-03-14", "2019-03-02", "2018-12-31",
    ]  # fmt: skip
    assert batch.events["event_id"].n_unique() == 4  # two episodes on one day
    assert batch.notes == ()


@pytest.mark.parametrize(
    ("dates", "days", "note"),
    [
        (["14/03/2019", "02/03/2019"], ["2019-03-14", "2019-03-02"], False),
        (["31.12.18", "1.2.19"], ["2018-12-31", "2019-02-01"], False),
        (["2019-03-14", "2019-03-02"], ["2019-03-14", "2019-03-02"], False),
        (["3/2/19"], ["2019-03-02"], True),
    ],
)
def test_dates_of_other_countries(tmp_path: Path, dates: list[str], days: list[str], note: bool) -> None:
    file = tmp_path / "NetflixViewingHistory.csv"
    file.write_text("Title,Date\n" + "".join(f'Okja,"{date}"\n' for date in dates))
    batch = read(file)
    assert batch.events["occurred_at"].dt.date().cast(str).to_list() == days
    assert bool(batch.notes) == note


def test_dates_that_disagree_are_rejected_and_told(tmp_path: Path) -> None:
    file = tmp_path / "NetflixViewingHistory.csv"
    file.write_text("Title,Date\nOkja,31/12/2018\nOkja,30/11/2018\nOkja,12/31/2018\nOkja,soon\n")
    batch = read(file)
    assert batch.events.height == 2
    assert batch.rejects["line"].to_list() == [4, 5]
    assert "disagree" in batch.notes[0]


@pytest.mark.parametrize(
    ("title", "series"),
    [
        ("Dark: Season 1: Secrets (Episode 1)", "Dark"),
        ("Star Trek: Discovery: Season 2: Brother", "Star Trek: Discovery"),
        ("Haus des Geldes: Teil 3: Folge 1", "Haus des Geldes"),
        ("When They See Us: Limited Series: Part One", "When They See Us"),
        ("Mission: Impossible – Fallout", "Mission: Impossible – Fallout"),
        ("Kill Bill: Volume 2", "Kill Bill: Volume 2"),
        ("Dune: Part Two", "Dune: Part Two"),
        (": Season 1: x", ": Season 1: x"),
    ],
)
def test_series_of(title: str, series: str) -> None:
    assert series_of(title) == series


def test_other_tables_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "ViewingActivity.csv"
    file.write_text("Title,When\nOkja,today\n")
    with pytest.raises(InputError, match="Profile Name"):
        read(file)
