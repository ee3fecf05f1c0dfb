import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FILE = Path(__file__).parent / "fixtures" / "storygraph" / "storygraph_export.csv"


class TestStoryGraph(PlantedSuite):
    name = "storygraph"
    fixture = FILE

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        row = dict.fromkeys(header.split(","), "") | {"Title": "T", "Read Status": "read"}
        row |= {"Review": "203.0.113.7"}
        bad = [
            ",".join((row | {"Read Status": "lent"}).values()),
            ",".join((row | {"Star Rating": "5.5"}).values()),
            ",".join((row | {"Last Date Read": "14.08.2023"}).values()),
            ",".join((row | {"Title": ""}).values()),
            "T,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5, 6]


def test_states_and_quarter_stars() -> None:
    batch = next(load_source("storygraph", user_id="mira").read(FILE))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("9780316229296", "read", None),
        ("9780316229296", "rate", 4.75),
        ("9783442476336", "skip", None),
        ("Zine of Mine / Mira / Jonas", "save", None),
    ]
    assert batch.events["occurred_at"][0] == datetime(2023, 2, 3, tzinfo=UTC)
    book = batch.items.row(0, named=True)
    assert book["tags"] == ["dark", "tense", "medium"]
    assert book["categories"] == ["audiobook"]
    assert json.loads(book["extra"]) == {"isbn13": "9780316229296"}


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "storygraph.csv"
    file.write_text("Title,Authors\nDune,Frank Herbert\n")
    with pytest.raises(InputError, match="Read Status"):
        list(load_source("storygraph", user_id="mira").read(file))
