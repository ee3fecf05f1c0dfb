"""Snowplow: enriched events as JSON (as its analytics SDKs and loaders write them).

Addresses, places, network ids, user agents, referrers, queries of pages and prices are not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS
from isthmus.sources.column_fields import (
    is_time_or_nothing,
    iso_times,
    may_be_number,
    numbers,
    one_list,
    told,
    words,
)
from isthmus.sources.columns import Columns, ColumnSource
from isthmus.sources.fields import iso_time, needed_text, nested, number, text
from isthmus.sources.records import Made
from isthmus.sources.tabular import JsonBlock, JsonRow, read_json_columns, read_json_objects

__all__ = ["SnowplowSource"]

_ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1"
_PRODUCTS = "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1"
_KINDS = {"product_view": "view", "list_click": "view", "add_to_cart": "cart", "transaction": "purchase"}
_DEVICES = {"web": "web", "mob": "mobile", "pc": "desktop", "tv": "tv", "cnsl": "console"}

_TEXTS = (
    "event_id", "user_id", "domain_userid", "platform", "derived_tstamp", "collector_tstamp", "ti_sku",
    "ti_name", "ti_category", "page_urlhost", "page_urlpath", "page_title",
)  # fmt: skip
_PRODUCT = ("id", "name", "category", "brand")
_NO_ITEM = "events about no item"


class SnowplowSource(ColumnSource):
    """E-commerce actions on products, items of transactions as `purchase`, and page views as `view`.

    People are those the events name: `user_id`, or `domain_userid` where nobody was signed in.
    """

    name = "snowplow"
    patterns = ("*snowplow*.json", "*snowplow*.jsonl", "*snowplow*.json.gz")
    advice = "Enriched events of Snowplow as JSON lines (the transformation of its analytics SDK)."
    marks = (('"collector_tstamp"', '"event_id"', '"app_id"'), ('"collector_tstamp"', '"domain_userid"'))

    schema = pl.Schema(
        {
            **dict.fromkeys(("event", "ti_quantity", *_TEXTS), pl.String()),
            _ACTION: pl.Struct({"type": pl.String()}),
            _PRODUCTS: pl.List(pl.Struct(dict.fromkeys((*_PRODUCT, "quantity"), pl.String()))),
        }
    )

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The events. InputError where the file is no JSON."""
        return read_json_objects(file)

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """As `rows`."""
        return read_json_columns(file, self.schema)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Events of which nothing is known that a person could like."""
        known = any(True for _ in _things(row))
        return "" if known else _NO_ITEM

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

    def parted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A row for each product; `action` is the kind of e-commerce, `alone` whether it is the only one."""
        said = words(pl.col(_ACTION).struct.field("type"))
        action = said.replace_strict(_KINDS, default=None, return_dtype=pl.String)
        some = (
            pl.col(_PRODUCTS).list.len() > 0
        )  # what becomes of empty lists depends on the version of polars
        products = pl.when(pl.col("action").is_not_null() & some).then(pl.col(_PRODUCTS))
        alone = (products.list.len() < 2).fill_null(value=True)
        acted = frame.with_columns(words(pl.col(*_TEXTS)), action=action)
        parted = acted.with_columns(product=products, alone=alone).explode("product")
        product = pl.col("product").struct
        about = {f"product {name}": words(product.field(name)) for name in _PRODUCT}
        return parted.with_columns(**about, quantity=product.field("quantity"))

    def columns(self) -> Columns:
        """As `make`."""
        who = pl.lit(self.user_id) if self.user_id else pl.coalesce("user_id", "domain_userid")
        derived, collected = pl.col("derived_tstamp"), pl.col("collector_tstamp")
        page = pl.concat_str(pl.col("page_urlhost").fill_null(""), pl.col("page_urlpath"))
        item_id, nothing = _either("id", "ti_sku", page), pl.coalesce(_ACTED, _SOLD, _VIEWED).is_null()
        whole = (
            who.is_not_null()
            & words(item_id).is_not_null()
            & pl.col("event_id").is_not_null()
            & is_time_or_nothing(derived)
            & (derived.is_not_null() | is_time_or_nothing(collected))
            & may_be_number(pl.col("quantity", "ti_quantity"))
        )
        texts = pl.col("event", "ti_quantity", "quantity", *_TEXTS, *(f"product {name}" for name in _PRODUCT))
        return Columns(
            plain=told(texts, pl.col(_ACTION).struct.field("type"))
            & (pl.col("alone") | pl.col("product").is_not_null())
            & (nothing | whole),
            left_out=pl.when(nothing).then(pl.lit(_NO_ITEM)),
            event=_event_columns(who, pl.coalesce(iso_times(derived), iso_times(collected))),
            item={
                "item_id": item_id,
                "title": _either("name", "ti_name", pl.col("page_title")),
                "creators": one_list(pl.when(_ACTED).then("product brand")),
                "categories": one_list(_either("category", "ti_category", pl.lit("page"))),
            },
            event_id=(who, pl.col("event_id"), item_id),
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
            {
                "item_id": f"{host}{path}",
                "title": text(row, "page_title"),
                "creators": [],
                "categories": ["page"],
            },
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


# The same for all rows at once, as `parted` leaves them: whether a row is of an action, a sale or a page.
_NO_ACTION, _YES = pl.col("action").is_null(), pl.lit(value=True)
_IS_VIEW = _NO_ACTION & (pl.col("event") == "page_view") & pl.col("page_urlpath").is_not_null()
_ACTED = pl.when(~_NO_ACTION & pl.col("product").is_not_null()).then(_YES)
_SOLD = pl.when(_NO_ACTION & pl.col("ti_sku").is_not_null()).then(_YES)
_VIEWED = pl.when(_IS_VIEW).then(_YES)


def _either(of_product: str, of_sale: str, of_page: pl.Expr) -> pl.Expr:
    """The words of the product, of the sale or of the page, whatever the row is about."""
    return pl.when(_ACTED).then(f"product {of_product}").when(_SOLD).then(of_sale).otherwise(of_page)


def _event_columns(who: pl.Expr, when: pl.Expr) -> dict[str, pl.Expr]:
    kind = pl.when(_ACTED).then("action").when(_SOLD).then(pl.lit("purchase")).otherwise(pl.lit("view"))
    count = numbers(pl.when(_ACTED).then("quantity").otherwise("ti_quantity"))
    bought = pl.when(kind != "view")
    device = pl.col("platform").replace_strict(_DEVICES, default=None, return_dtype=pl.String)
    return {
        "user_id": who,
        "kind": kind,
        "value": bought.then(pl.when(count == 0).then(1.0).otherwise(count).fill_null(1.0)),
        "unit": bought.then(pl.lit("count")),
        "occurred_at": when,
        "context": pl.struct(device=device, scenario=pl.lit(None, pl.String)),
    }
