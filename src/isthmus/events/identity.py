"""The identity of an event that brought no id: a hash of all that it says."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import polars as pl

__all__ = ["CONTENT", "content_ids"]

CONTENT = (
    "platform", "user_id", "item_id", "kind", "value", "unit", "occurred_at", "text", "recommendation_id",
    "context",
)  # fmt: skip
"""What an event says, in the order in which it is hashed: all columns of EVENT but `event_id`."""


def content_ids(events: pl.DataFrame) -> pl.Series:
    """One id per row of `events` (columns of EVENT): 32 hex digits, BLAKE2b-128 of its content.

    Hashed is, field by field in the order of CONTENT with `context` as device and scenario: the length in
    bytes, ":", the text in UTF-8; "-:" where the field is null. A value stands as the decimal of its IEEE 754
    bits read as a signed whole number (-0.0 as 0.0), a time as microseconds since 1970. So the id is the same
    on every machine and in every version.
    """
    if events.is_empty():
        return pl.Series("event_id", [], dtype=pl.String)
    pieces = [pl.lit(piece) for piece in _pieces(_fields(events))]
    messages = pl.select(pl.concat_str(pieces).cast(pl.Binary)).to_series().to_list()
    begin = blake2b(digest_size=16).copy  # a copy costs half of a new one
    ids: list[str] = []
    for message in messages:
        state = begin()
        state.update(message)
        ids.append(state.hexdigest())
    # Messages without a column in them are all the same, and written once.
    return pl.Series("event_id", ids if len(ids) == events.height else ids * events.height, dtype=pl.String)


def _pieces(fields: Sequence[pl.Series]) -> list[str | pl.Series]:
    """What stands in the messages one after the other: the same text in all, or a text for each."""
    pieces: list[str | pl.Series] = []
    same = ""
    for field in fields:
        if field.null_count() == len(field):
            same += "-:"
        elif field.eq_missing(field.head(1)).all():  # one platform, one kind
            same += f"{len(field[0].encode())}:{field[0]}"
        else:
            length = field.str.len_bytes()
            if field.null_count() == 0 and length.min() == length.max():  # pseudonyms, times
                pieces += [f"{same}{length[0]}:", field]
            else:
                pieces += [same, length.cast(pl.String).fill_null("-"), ":", field.fill_null("")]
            same = ""
    return [*pieces, same]


def _fields(events: pl.DataFrame) -> list[pl.Series]:
    context = events["context"].struct
    plain = {"value": _bits(events["value"]), "occurred_at": events["occurred_at"].dt.epoch("us")}
    fields = [plain.get(name, events[name]) for name in CONTENT if name != "context"]
    return [one.cast(pl.String) for one in (*fields, context.field("device"), context.field("scenario"))]


def _bits(values: pl.Series) -> pl.Series:
    """Float64 as Int64 of the same bits, null where null; adding 0.0 makes -0.0 one with 0.0."""
    bits = pl.Series((values.fill_null(0.0).to_numpy() + 0.0).view(np.int64))
    return pl.select(pl.when(pl.lit(values).is_not_null()).then(pl.lit(bits)))[:, 0]
