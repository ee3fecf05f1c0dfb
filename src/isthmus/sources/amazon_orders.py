"""Amazon order history of a data request: what was bought in the shop.

Addresses, payments, prices, gift messages, recipients and tracking numbers are not read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, text, whole_number
from isthmus.sources.records import Made, RecordSource, csv_records
from isthmus.sources.tabular import JsonRow

__all__ = ["AmazonOrdersSource"]

_NEEDED = ("Order ID", "Order Date", "ASIN", "Product Name")
_WELCOME = ("Order Status", "Quantity", "Original Quantity", "Website")
_UNDONE = {"cancelled", "canceled"}


class AmazonOrdersSource(RecordSource):
    """A line of an order as `purchase` of a count. Cancelled orders and lines of nothing are left out."""

    name = "amazon_orders"
    patterns = ("retail.orderhistory*.csv", "order history.csv")
    advice = "Amazon, Account, Request your data, Your Orders: Retail.OrderHistory.1.csv."
    marks = (("Order ID", "Order Date", "ASIN", "Product Name"),)

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = 250_000) -> None:
        super().__init__(user_id=user_id, platform=platform or "amazon", batch_rows=batch_rows)

    def rows(self, file: Path) -> Iterable[JsonRow]:
        """The lines of orders. InputError where a column of the export is missing."""
        return csv_records(file, self.batch_rows, _NEEDED, _WELCOME, self.advice)

    def why_left_out(self, row: Mapping[str, Any]) -> str:
        """Cancelled orders, and lines of which nothing was sent."""
        if (text(row, "Order Status") or "").lower() in _UNDONE:
            return "cancelled orders"
        return "lines of no piece" if _pieces(row) == 0 else ""

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One purchase; the same line of the same order has the same id in every export."""
        asin, order = needed_text(row, "ASIN"), needed_text(row, "Order ID")
        when = iso_time(row, "Order Date")
        if when is None:
            raise InputError("is empty", field="Order Date")
        event = {
            "event_id": self.event_id(order, asin),
            "kind": "purchase",
            "value": float(_pieces(row)),
            "unit": "count",
            "occurred_at": when,
        }
        yield event, {"item_id": asin, "title": text(row, "Product Name"), "categories": ["product"]}


def _pieces(row: Mapping[str, Any]) -> int:
    known = (whole_number(row, name) for name in ("Quantity", "Original Quantity"))
    return next((pieces for pieces in known if pieces is not None), 1)
