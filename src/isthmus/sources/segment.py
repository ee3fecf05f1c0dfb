"""Segment: track events of its e-commerce and video specifications, as JSON lines or one array.

Addresses, locations, traits, prices, coupons and the events of other names are not read.
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
from isthmus.sources.fields import iso_time, nested, number, text
from isthmus.sources.records import Made
from isthmus.sources.tabular import JsonBlock, JsonRow, read_json_columns, read_json_objects

__all__ = ["SegmentSource"]

_KINDS = {
    "product viewed": "view", "product clicked": "view", "article viewed": "read", "product added": "cart",
    "order completed": "purchase", "product added to wishlist": "save", "product shared": "share",
    "product reviewed": "rate", "video content started": "watch", "video content playing": "watch",
    "video content completed": "watch", "song played": "play",
}  # fmt: skip
_IDS = ("product_id", "sku", "content_asset_id", "asset_id", "id")
_TITLES = ("name", "title", "product_name")
_ABOUT = (*_IDS, *_TITLES, "brand", "category", "genre")
_NUMBERS = ("rating", "quantity", "position")
_PRODUCT = dict.fromkeys((*_ABOUT, *_NUMBERS), pl.String())
_WHO_AND_WHEN = ("userId", "anonymousId", "messageId", "originalTimestamp", "timestamp")
_NO_TRACK, _OTHER_NAMES = "calls that track nothing", "events of other names"


class SegmentSource(ColumnSource):
    """What people did to products and videos; an order is one `purchase` for each of its products.

    People are those the events name: `userId`, or `anonymousId` where nobody was signed in.
    """

    name = "segment"
    patterns = ("*segment*.json", "*segment*.jsonl", "*segment*.json.gz")
    advice = "Track calls of Segment as JSON lines, as its storage destinations write them."
    marks = (('"messageId"', '"anonymousId"', '"type"'), ('"messageId"', '"userId"', '"type"'))

    schema = pl.Schema(
        {
            **dict.fromkeys(("type", "event", *_WHO_AND_WHEN), pl.String()),
            "properties": pl.Struct({**_PRODUCT, "products": pl.List(pl.Struct(_PRODUCT))}),
        }
    )

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The calls. InputError where the file is no JSON."""
        return read_json_objects(file)

    def blocks(self, file: Path) -> Iterator[JsonBlock]:
        """As `rows`."""
        return read_json_columns(file, self.schema)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Calls of another type, and events of names that say nothing of an item."""
        if row.get("type", "track") != "track":
            return _NO_TRACK
        return "" if _kind(row) else _OTHER_NAMES

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

    def parted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A row for each product of an order, with the texts of the product; `kind` of every row."""
        name = words(pl.col("event")).str.to_lowercase().str.replace_all("_", " ", literal=True)
        kind = name.replace_strict(_KINDS, default=None, return_dtype=pl.String)
        properties = pl.col("properties").struct
        alone = pl.concat_list(pl.struct(properties.field(*_PRODUCT)))
        products = properties.field("products")
        ordered = (pl.col("kind") == "purchase") & products.is_not_null()
        # What becomes of empty lists depends on the version of polars.
        some = pl.when(products.list.len() > 0).then(products)
        parts = pl.when(ordered).then(some).otherwise(alone).alias("product")
        parted = frame.with_columns(words(pl.col(*_WHO_AND_WHEN)), kind=kind).with_columns(parts)
        exploded, product = parted.explode("product"), pl.col("product").struct
        return exploded.with_columns(words(product.field(*_ABOUT)), product.field(*_NUMBERS))

    def columns(self) -> Columns:
        """As `make`."""
        kind, original, sent = pl.col("kind"), pl.col("originalTimestamp"), pl.col("timestamp")
        who = pl.lit(self.user_id) if self.user_id else pl.coalesce("userId", "anonymousId")
        item_id = pl.coalesce(*_IDS)
        no_track = pl.when(pl.col("type") != "track").then(pl.lit(_NO_TRACK))
        left_out = pl.coalesce(no_track, pl.when(kind.is_null()).then(pl.lit(_OTHER_NAMES)))
        value, unit = _values(kind)
        whole = (
            told(pl.col(*_WHO_AND_WHEN, *_ABOUT, *_NUMBERS))
            & who.is_not_null()
            & item_id.is_not_null()
            & is_time_or_nothing(original)
            & (original.is_not_null() | is_time_or_nothing(sent))
            & may_be_number(pl.col(*_NUMBERS))
        )
        return Columns(
            plain=told(pl.col("type", "event"))
            & pl.col("type").is_not_null()
            & (left_out.is_not_null() | whole),
            left_out=left_out,
            event={
                "user_id": who,
                "kind": kind,
                "value": value,
                "unit": unit,
                "occurred_at": pl.coalesce(iso_times(original), iso_times(sent)),
            },
            item={
                "item_id": item_id,
                "title": pl.coalesce(*_TITLES),
                "creators": one_list(pl.col("brand")),
                "categories": one_list(pl.coalesce("category", "genre")),
            },
            event_id=(who, pl.col("messageId"), item_id),
        )


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


def _values(kind: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """As `_value`: the values and their units."""
    rated, count, watched = (numbers(pl.col(name)) for name in _NUMBERS)
    counted = pl.when(count == 0).then(1.0).otherwise(count).fill_null(1.0)
    bought = kind.is_in(["purchase", "cart"])
    value = pl.when(kind == "rate").then(rated).when(bought).then(counted).when(kind == "watch").then(watched)
    unit = pl.when(kind == "rate").then(pl.lit("rating")).when(bought).then(pl.lit("count"))
    return value, unit.when((kind == "watch") & watched.is_not_null()).then(pl.lit("seconds"))
