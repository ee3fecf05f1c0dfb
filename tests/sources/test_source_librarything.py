import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import MUTATIONS, PLANTED, PlantedSuite, found_in, fuzz
from contracts.source_suite import same_events
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "librarything"
TABLE = FOLDER / "librarything_mira.tsv"


class TestLibraryThing(PlantedSuite):
    name = "librarything"
    fixture = FOLDER / "librarything_mira.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '"1":{"books_id":"203.0.113.7","title":"T"},',
            '"2":{"books_id":"2","title":"","review":"203.0.113.7"},',
            '"3":{"books_id":"3","title":"T","rating":9},',
            '"4":{"books_id":"4","title":"T","entrydate":"203.0.113.7"},',
            '"5":"203.0.113.7",',
        ]
        return text.replace("{", "{" + "\n".join(bad), 1), [1, 2, 3, 4, 5]


def test_read_and_wanted_books() -> None:
    batch = next(load_source("librarything", user_id="mira").read(TestLibraryThing.fixture))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("101", "read", None),
        ("101", "rate", 4.5),
        ("102", "save", None),
        ("103", "read", None),
    ]
    assert batch.events["occurred_at"][0] == datetime(2011, 2, 3, tzinfo=UTC)
    book, _, emma = batch.items.rows(named=True)
    assert (book["creators"], emma["creators"]) == (["Ursula K. Le Guin"], ["Jane Austen"])
    assert json.loads(book["extra"]) == {"isbn13": "9780441478125", "isbn": "0441478123", "work": "5501"}


def test_the_tabular_form_says_the_same_also_in_utf_16(tmp_path: Path) -> None:
    source = load_source("librarything", user_id="mira")
    plain = next(source.read(TABLE))
    book = next(source.read(TestLibraryThing.fixture)).items.row(0, named=True)
    told = plain.items.row(0, named=True)
    for name in ("title", "creators", "published_at", "tags", "url"):
        assert told[name] == book[name], name
    assert json.loads(told["extra"]) == json.loads(book["extra"])
    wide = tmp_path / "librarything_mira.xls"
    wide.write_bytes(TABLE.read_text(encoding="utf-8").encode("utf-16"))
    same_events(next(source.read(wide)), plain)
    assert found_in(plain, PLANTED) == []


def test_mutated_tables_raise_nothing_but_our_own_errors(tmp_path: Path) -> None:
    assert 0 < fuzz(load_source("librarything", user_id="mira"), TABLE, tmp_path, MUTATIONS) < MUTATIONS


@pytest.mark.parametrize("content", ["{}", "[1]", '{"1":{"books_id"'])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "librarything.json"
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("librarything", user_id="mira").read(file))
