"""Segment: track events of its e-commerce and video specifications, as JSON lines or one array.

Addresses, locations, traits, prices, coupons and the events of other names are not read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS
from isthmus.sources.fields import iso_time, nested, number, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, read_json_objects

__all__ = ["SegmentSource"]

_KINDS = {
    "product viewed": "view", "product clicked": "view", "article viewed": "read", "product added": "cart",
    "order completed": "purchase", "product added to wishlist": "save", "product shared": "share",
    "product reviewed": "rate", "video content started": "watch", "video content playing": "watch",
    "video content completed": "watch", "song played": "play",
}  # fmt: skip
_IDS = ("product_id", "sku", "content_asset_id", "asset_id", "id")
_TITLES = ("name", "title", "product_name")


class SegmentSource(RecordSource):
    """What people did to products and videos; an order is one `purchase` for each of its products.

    People are those the events name: `userId`, or `anonymousId` where nobody was signed in.
    """

    name = "segment"
    patterns = ("*segment*.json", "*segment*.jsonl", "*segment*.json.gz")
    advice = "Track calls of Segment as JSON lines, as its storage destinations write them."
    marks = (('"messageId"', '"anonymousId"', '"type"'), ('"messageId"', '"userId"', '"type"'))

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The calls. InputError where the file is no JSON."""
        return read_json_objects(file)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Calls of another type, and events of names that say nothing of an item."""
        if row.get("type", "track") != "track":
            return "calls that track nothing"
        return "" if _kind(row) else "events of other names"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, or one for each product of an order."""
        who = self.user_id or text(row, "userId") or text(row, "anonymousId")
        if who is None:
            raise InputError("is empty", field="userId")
        properties, kind = nested(row, "properties"), _kind(row)
        products = properties.get("products") if kind == "purchase" else None
        given = [properties]
        if isinstance(products, list):
            given = [one for one in products if isinstance(one, dict)]
        when = iso_time(row, "originalTimestamp") or iso_time(row, "timestamp")
        message = text(row, "messageId")
        for product in given:
            item = _item(product)
            event = {"user_id": who, "kind": kind, "occurred_at": when, **_value(kind, product)}
            if message:
                event["event_id"] = self.event_id(who, message, item["item_id"])
            yield event, item


def _kind(row: Mapping[str, Any]) -> str:
    return _KINDS.get((text(row, "event") or "").lower().replace("_", " "), "")


def _value(kind: str, product: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "rate":
        return {"value": number(product, "rating"), "unit": "rating"}
    if kind in ("purchase", "cart"):
        return {"value": number(product, "quantity") or 1.0, "unit": "count"}
    if kind == "watch":
        watched = number(product, "position")
        return {"value": watched, "unit": None if watched is None else "seconds"}
    return {}


def _item(product: Mapping[str, Any]) -> dict[str, Any]:
    item_id = next((found for name in _IDS if (found := text(product, name))), None)
    if item_id is None:
        raise InputError("is empty", field="properties.product_id")
    brand, category = text(product, "brand"), text(product, "category") or text(product, "genre")
    return {
        "item_id": item_id,
        "title": next((found for name in _TITLES if (found := text(product, name))), None),
        "creators": [brand] if brand else [],
        "categories": [category] if category else [],
    }
