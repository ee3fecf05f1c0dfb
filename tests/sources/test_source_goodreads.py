import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.source_suite import SourceSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FILE = Path(__file__).parent / "fixtures" / "goodreads" / "goodreads_library_export.csv"


class TestGoodreads(SourceSuite):
    name = "goodreads"
    fixture = FILE

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        row = dict.fromkeys(header.split(","), "") | {"Book Id": "9", "Title": "T", "My Rating": "0"}
        row |= {"Exclusive Shelf": "read", "Private Notes": "203.0.113.7"}
        bad = [
            ",".join((row | {"Date Read": "14.08.2023"}).values()),
            ",".join((row | {"My Rating": "6"}).values()),
            ",".join((row | {"Book Id": ""}).values()),
            ",".join(row.values()) + ",one too many",
            'only "one" field of 203.0.113.7',
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5, 6]


def test_shelves_ratings_and_dates() -> None:
    batch = next(load_source("goodreads", user_id="mira").read(FILE))
    events = batch.events.select("item_id", "kind", "value", "unit", "line").rows()
    assert events == [
        ("44767458", "read", None, None, 2),
        ("44767458", "rate", 5.0, "rating", 2),
        ("20518872", "save", None, None, 4),  # the review of the first book has two lines
        ("1371", "read", None, None, 5),
        ("1371", "rate", 4.0, "rating", 5),
        ("24113", "skip", None, None, 6),
        ("5907", "read", None, None, 7),
        ("5907", "rate", 3.0, "rating", 7),
    ]
    times = batch.events["occurred_at"].to_list()
    assert times[0] == datetime(2023, 8, 14, tzinfo=UTC)  # read
    assert times[2] == datetime(2024, 1, 5, tzinfo=UTC)  # added


def test_books() -> None:
    batch = next(load_source("goodreads", user_id="mira").read(FILE))
    dune, three_body, iliad, *_ = batch.items.rows(named=True)
    assert dune["title"] == "Dune"
    assert json.loads(dune["extra"]) == {
        "series": "Dune, #1",
        "isbn": "059309932X",
        "isbn13": "9780593099322",
        "publisher": "Ace",
        "pages": "658",
        "year": "1965",
    }
    assert three_body["title"] == "三体 (The Three-Body Problem)"  # no series: there is no number
    assert three_body["creators"] == ["Liu Cixin", "Ken Liu"]
    assert iliad["published_at"] is None
    assert json.loads(iliad["extra"])["year"] == "-750"


def test_reviews_notes_and_own_shelves_stay_where_they_are() -> None:
    batch = next(load_source("goodreads", user_id="mira").read(FILE))
    everything = batch.events.write_ndjson() + batch.items.write_ndjson()
    for private in ("spice", "Jonas", "favourites", "gave-up"):
        assert private in FILE.read_text(encoding="utf-8")
        assert private not in everything


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "goodreads.csv"
    file.write_text("Book Id,Title\n1,Dune\n")
    with pytest.raises(InputError, match="'Author'"):
        next(load_source("goodreads", user_id="mira").read(file))


@pytest.mark.parametrize("title", ["#" * 100_000, "(#" * 50_000, "x (" + "#" * 100_000, ")" * 100_000])
def test_a_monstrous_title_takes_no_time(tmp_path: Path, title: str) -> None:
    file = tmp_path / "goodreads.csv"
    header = FILE.read_text(encoding="utf-8").split("\n", 1)[0]
    file.write_text(f"{header}\n1,{title}{',' * header.count(',')}"[:-1] + "\n")
    assert next(load_source("goodreads", user_id="mira").read(file)).items["title"].to_list() == [title]
