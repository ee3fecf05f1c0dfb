import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PLANTED, PlantedSuite, found_in
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "kindle"
EXPORT = FOLDER / "export"


class TestKindle(PlantedSuite):
    name = "kindle"
    fixture = FOLDER / "sessions" / "Kindle.Devices.ReadingSession.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        bad = [
            "203.0.113.7,Not Available,B000000001,Kindle,1,1,E-Book,",
            ",yesterday,B000000001,Kindle,1,1,E-Book,203.0.113.7",
            ",2023-01-02T21:00:00Z,b-9,Kindle,1,1,E-Book,203.0.113.7",
            ",2023-01-02T21:00:00Z,B000000001,Kindle,-5,1,E-Book,203.0.113.7",
            ",2023-01-02T21:00:00Z,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5, 6]


def test_sessions_in_seconds_at_the_time_they_began_or_else_ended() -> None:
    batch = next(load_source("kindle", user_id="mira").read(TestKindle.fixture))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("B000000001", "read", 1750.0),
        ("B000000001", "read", 600.0),
        ("B000000002", "read", 900.0),
    ]
    assert batch.events["occurred_at"].to_list()[:2] == [
        datetime(2023, 1, 2, 21, 0, tzinfo=UTC),
        datetime(2023, 1, 3, 21, 30, tzinfo=UTC),
    ]
    assert dict(batch.left_out) == {"personal documents": 1}
    assert batch.items["title"].null_count() == 2


def test_the_library_of_the_export_names_the_books() -> None:
    source = load_source("kindle", user_id="mira")
    (file,) = source.files([EXPORT])
    batch = next(source.read(file))
    earthsea, dispossessed = batch.items.rows(named=True)
    assert (earthsea["title"], earthsea["creators"]) == ("A Wizard of Earthsea", ["Ursula K. Le Guin"])
    assert (earthsea["tags"], json.loads(earthsea["extra"])) == (["Fantasy"], {"series": "Earthsea Cycle"})
    assert dispossessed["title"] == "The Dispossessed"
    assert found_in(batch, PLANTED) == []


def test_a_damaged_library_costs_titles_and_nothing_else(tmp_path: Path) -> None:
    sessions = tmp_path / "Kindle.Devices.ReadingSession" / "Kindle.Devices.ReadingSession.csv"
    ownership = tmp_path / "Digital.Content.Ownership" / "Digital.Content.Ownership.1.json"
    for file in (sessions, ownership):
        file.parent.mkdir()
    sessions.write_bytes(TestKindle.fixture.read_bytes())
    for content in ("{", "[]", '{"resource":[]}', "[" * 100_000):
        ownership.write_text(content)
        assert next(load_source("kindle", user_id="mira").read(sessions)).events.height == 3


def test_other_tables_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "Kindle.Devices.ReadingSession.csv"
    file.write_text("ASIN,highlight\nB000000001,x\n")
    with pytest.raises(InputError, match="start_timestamp"):
        list(load_source("kindle", user_id="mira").read(file))
