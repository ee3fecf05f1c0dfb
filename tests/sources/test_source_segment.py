from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "segment"


class TestSegment(ExportSuite):
    name = "segment"
    fixture = FOLDER / "segment.jsonl"
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = '{"type":"track","event":"Product Viewed","userId":"u","properties":{"product_id":"p"},'
        good += '"timestamp":"2024-01-01T00:00:00Z"}'
        bad = [
            good.replace('"u"', "null"),
            good.replace('"p"', '""'),
            good.replace("2024-01-01T00:00:00Z", "203.0.113.7"),
            "203.0.113.7",
        ]
        return appended(text, bad)


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("segment", **options).read(FOLDER / name)))


def test_products_orders_and_reviews() -> None:
    batch = read("segment.jsonl", platform="shop")
    assert batch.events.select("user_id", "kind", "item_id", "value").rows() == [
        ("mira", "view", "p1", None),
        ("anon-1", "purchase", "p1", 2.0),
        ("anon-1", "purchase", "s2", 1.0),
        ("mira", "rate", "p1", 4.0),
    ]
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, 7, 123_000, tzinfo=UTC)
    assert batch.left_out == {"events of other names": 1, "calls that track nothing": 1}


def test_other_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "segment.json").write_text("[1")
    with pytest.raises(InputError):
        list(load_source("segment").read(tmp_path / "segment.json"))
