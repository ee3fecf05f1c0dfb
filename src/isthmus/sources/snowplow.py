"""Snowplow: enriched events as JSON (as its analytics SDKs and loaders write them).

Addresses, places, network ids, user agents, referrers, queries of pages and prices are not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS
from isthmus.sources.fields import iso_time, needed_text, nested, number, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import JsonRow, read_json_objects

__all__ = ["SnowplowSource"]

_ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1"
_PRODUCTS = "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1"
_KINDS = {"product_view": "view", "list_click": "view", "add_to_cart": "cart", "transaction": "purchase"}
_DEVICES = {"web": "web", "mob": "mobile", "pc": "desktop", "tv": "tv", "cnsl": "console"}


class SnowplowSource(RecordSource):
    """E-commerce actions on products, items of transactions as `purchase`, and page views as `view`.

    People are those the events name: `user_id`, or `domain_userid` where nobody was signed in.
    """

    name = "snowplow"
    patterns = ("*snowplow*.json", "*snowplow*.jsonl", "*snowplow*.json.gz")
    advice = "Enriched events of Snowplow as JSON lines (the transformation of its analytics SDK)."
    marks = (('"collector_tstamp"', '"event_id"', '"app_id"'), ('"collector_tstamp"', '"domain_userid"'))

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The events. InputError where the file is no JSON."""
        return read_json_objects(file)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Events of which nothing is known that a person could like."""
        known = any(True for _ in _things(row))
        return "" if known else "events about no item"

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event for each product, or for the page."""
        who = self.user_id or text(row, "user_id") or text(row, "domain_userid")
        if who is None:
            raise InputError("is empty", field="user_id")
        when = iso_time(row, "derived_tstamp") or iso_time(row, "collector_tstamp")
        device = _DEVICES.get(text(row, "platform") or "")
        for event, item in _things(row):
            needed_text(item, "item_id")
            yield (
                {
                    **event,
                    "event_id": self.event_id(who, needed_text(row, "event_id"), item["item_id"]),
                    "user_id": who,
                    "occurred_at": when,
                    "context": {"device": device, "scenario": None},
                },
                item,
            )


def _things(row: Mapping[str, Any]) -> Iterator[Made]:
    """What an event is about: how, and which item; a product without an id has an empty one."""
    if kind := _KINDS.get(text(nested(row, _ACTION), "type") or ""):
        products = row.get(_PRODUCTS)
        for product in products if isinstance(products, list) else []:
            if isinstance(product, dict):
                yield _event(kind, product, "quantity"), _item(product, "id", "name", "category", "brand")
    elif text(row, "ti_sku"):
        yield _event("purchase", row, "ti_quantity"), _item(row, "ti_sku", "ti_name", "ti_category")
    elif row.get("event") == "page_view" and text(row, "page_urlpath"):
        host, path = text(row, "page_urlhost") or "", text(row, "page_urlpath") or ""
        yield (
            {"kind": "view"},
            {"item_id": f"{host}{path}", "title": text(row, "page_title"), "categories": ["page"]},
        )


def _event(kind: str, product: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    if kind == "view":
        return {"kind": kind}
    return {"kind": kind, "value": number(product, quantity) or 1.0, "unit": "count"}


def _item(
    product: Mapping[str, Any], item_id: str, title: str, category: str, brand: str = ""
) -> dict[str, Any]:
    categories, creator = text(product, category), text(product, brand)
    return {
        "item_id": text(product, item_id) or "",
        "title": text(product, title),
        "creators": [creator] if creator else [],
        "categories": [categories] if categories else [],
    }
