from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "snowplow"


class TestSnowplow(ExportSuite):
    name = "snowplow"
    fixture = FOLDER / "snowplow.jsonl"
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = '{"event":"page_view","page_urlpath":"/x","event_id":"e","user_id":"u",'
        good += '"derived_tstamp":"2024-01-01T00:00:00Z"}'
        bad = [
            good.replace('"u"', "null"),
            good.replace('"e"', '""'),
            good.replace("2024-01-01T00:00:00Z", "203.0.113.7"),
            "203.0.113.7",
        ]
        return appended(text, bad)


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("snowplow", **options).read(FOLDER / name)))


def test_products_transactions_and_pages() -> None:
    batch = read("snowplow.jsonl")
    assert batch.events.select("user_id", "kind", "item_id", "value").rows() == [
        ("mira", "view", "p1", None),
        ("mira", "purchase", "p1", 2.0),
        ("mira", "purchase", "p2", 1.0),
        ("mira", "view", "shop.example/blog/tea", None),
        ("mira", "purchase", "p3", 1.0),
    ]
    assert batch.left_out == {"events about no item": 1}
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, 6, 999_000, tzinfo=UTC)
    assert set(batch.events["context"].struct.field("device")) == {"web"}


def test_other_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "snowplow.json").write_text("[1")
    with pytest.raises(InputError):
        list(load_source("snowplow").read(tmp_path / "snowplow.json"))
