"""RetailRocket: the log of a shop, and the categories of its items; also any log in the same shape."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.mapped import MappedSource
from isthmus.sources.mapping import Cell, TableMapping
from isthmus.sources.tabular import Choose, Chunk, read_table

__all__ = ["RetailRocketSource"]

_EVENTS = {"timestamp", "visitorid", "event", "itemid"}
_PROPERTIES = {"timestamp", "itemid", "property", "value"}
_KINDS = {"addtocart": "cart", "transaction": "purchase"}


class RetailRocketSource(MappedSource):
    """`view`, `addtocart` as `cart`, `transaction` as `purchase`; of properties the number of a category.

    All other properties are hashed by the publisher, and nothing can be read from them.
    """

    name = "retailrocket"
    patterns = ("events*.csv", "item_properties*.csv")
    advice = "events.csv and item_properties_part1.csv of the RetailRocket data."
    marks = (("timestamp", "visitorid", "event", "itemid"), ("timestamp,itemid,property,value",))

    def mapping_for(self, file: Path, columns: Sequence[str]) -> TableMapping:
        """Events of the log, or items of their properties."""
        when = Cell("timestamp", unit="ms")
        if set(columns) >= _EVENTS:
            cells = {"user_id": Cell("visitorid"), "item_id": Cell("itemid"), "kind": Cell("event")}
            return TableMapping({"events": {**cells, "occurred_at": when}}, _KINDS)
        if set(columns) >= _PROPERTIES:
            items = {
                "item_id": Cell("itemid"),
                "categories": Cell("value", split="|"),
                "tags": Cell("property"),
            }
            return TableMapping({"items": items})
        raise InputError(
            "has the columns of neither events nor properties", self.advice, file=str(file), line=1
        )

    def chunks(self, file: Path, choose: Choose) -> Iterator[Chunk]:
        """Of properties only the rows that name a category."""
        for chunk in read_table(file, self.batch_rows, choose):
            frame = chunk.frame
            if "property" in frame.columns:
                frame = frame.filter(pl.col("property") == "categoryid").with_columns(
                    property=pl.lit(None, pl.String)
                )
            yield Chunk(frame, chunk.broken)
