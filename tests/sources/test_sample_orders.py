from pathlib import Path

import pytest

from contracts.source_suite import joined
from isthmus.sources import load_source

SAMPLES = Path(__file__).parents[2] / "docs" / "guide" / "sample"


@pytest.mark.parametrize(
    ("shop", "first", "title", "private"),
    [
        ("ebay", "2024-03-02 21:14:07+00:00", "Vintage copper kettle", "Anna Example"),
        ("taobao", "2024-03-02 13:14:07+00:00", "紫砂壶 宜兴手工 200ml", "示例路1号"),
    ],
)
def test_orders_become_purchases_without_addresses(shop: str, first: str, title: str, private: str) -> None:
    file = SAMPLES / f"{shop}-orders.csv"
    source = load_source("table", mapping=SAMPLES / f"{shop}-orders.toml", user_id="mira")
    batch = joined(list(source.read(file)))
    assert set(batch.events["platform"]) == {shop}
    assert set(batch.events["kind"]) == {"purchase"}
    assert str(batch.events["occurred_at"][0]) == first
    assert batch.items["title"][0] == title
    assert private in file.read_text(encoding="utf-8")
    assert private not in batch.events.write_ndjson() + batch.items.write_ndjson()
