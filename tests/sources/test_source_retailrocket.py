from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "retailrocket"


class TestRetailRocket(ExportSuite):
    name = "retailrocket"
    fixture = FOLDER / "events.csv"
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = ["soon,1,view,2,,203.0.113.7,,,", ",1", "1e400,1,view,2,,,,,"]
        return appended(text, bad)

    def test_ids_are_there_and_items_describe_them(self) -> None:
        batch = self.read(self.fixture)  # the log names items and does not describe them
        assert batch.events.select("user_id", "item_id", "kind").null_count().sum_horizontal()[0] == 0
        assert batch.items.is_empty()


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("retailrocket", **options).read(FOLDER / name)))


def test_the_log_and_the_categories() -> None:
    events = read("events.csv").events
    assert events.select("user_id", "kind", "item_id").rows() == [
        ("257597", "view", "355908"),
        ("992329", "cart", "248676"),
        ("992329", "purchase", "318965"),
        ("483717", "view", "355908"),
    ]
    assert events["occurred_at"][0] == datetime(2015, 6, 2, 5, 2, 12, 117_000, tzinfo=UTC)
    items = read("item_properties_part1.csv").items
    assert items.select("item_id", "categories").rows() == [("355908", ["1338"]), ("318965", ["1676"])]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="neither events nor properties"):
        list(load_source("retailrocket").read(tmp_path / "events.csv"))
