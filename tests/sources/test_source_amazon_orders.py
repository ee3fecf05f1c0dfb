from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "amazon_orders"


class TestAmazonOrders(ExportSuite):
    name = "amazon_orders"
    fixture = FOLDER / "Retail.OrderHistory.1.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        first = text.split("\n")[1]
        bad = [
            first.replace("2024-03-02T21:14:07Z", "203.0.113.7"),
            first.replace("B0001", "Not Available"),
            first.replace(",New,2,", ",New,two,"),
            "one,two",
        ]
        return appended(text, bad)


def read(name: str) -> Any:
    return joined(list(load_source("amazon_orders", user_id="mira").read(FOLDER / name)))


def test_lines_of_orders() -> None:
    batch = read("Retail.OrderHistory.1.csv")
    assert batch.events.select("item_id", "kind", "value", "unit").rows() == [
        ("B0001", "purchase", 2.0, "count"),
        ("B0002", "purchase", 1.0, "count"),
        ("B0001", "purchase", 1.0, "count"),
    ]
    assert batch.left_out == {"cancelled orders": 1, "lines of no piece": 1}
    assert batch.items["title"].to_list() == ['USB "C" Cable, 2 m', "三体"]
    assert set(batch.events["platform"]) == {"amazon"}
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)


def test_the_newer_names_of_columns(tmp_path: Path) -> None:
    (tmp_path / "Order History.csv").write_text(
        "ASIN,Order Date,Order ID,Original Quantity,Product Name\nB1,2024-06-01,111,3,Tea\n"
    )
    source = load_source("amazon_orders", user_id="mira")
    (batch,) = [batch for file in source.files([tmp_path]) for batch in source.read(file)]
    assert batch.events["value"].to_list() == [3.0]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column 'Order ID'"):
        list(load_source("amazon_orders", user_id="mira").read(tmp_path / "other.csv"))
