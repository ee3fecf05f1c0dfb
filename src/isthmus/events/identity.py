"""The identity of an event that brought no id: a hash of all that it says."""

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
    message = pl.concat_str(_parts(events)) if events.height else pl.lit("")
    written = events.lazy().with_columns(message=message.cast(pl.Binary)).select("message").collect()
    ids = [blake2b(one, digest_size=16).hexdigest() for one in written["message"].to_list()]
    return pl.Series("event_id", ids, dtype=pl.String)


def _parts(events: pl.DataFrame) -> list[pl.Expr]:
    parts: list[pl.Expr] = []
    for field in _fields(events):
        if field.eq_missing(field.head(1)).all():  # one platform, one kind, no text: write it once
            text = field[0]
            parts.append(pl.lit("-:" if text is None else f"{len(text.encode())}:{text}"))
        else:
            length = field.str.len_bytes().cast(pl.String).fill_null("-")
            parts += [pl.lit(length), pl.lit(":"), pl.lit(field.fill_null(""))]
    return parts


def _fields(events: pl.DataFrame) -> list[pl.Series]:
    context = events["context"].struct
    plain = {"value": _bits(events["value"]), "occurred_at": events["occurred_at"].dt.epoch("us")}
    fields = [plain.get(name, events[name]) for name in CONTENT if name != "context"]
    return [one.cast(pl.String) for one in (*fields, context.field("device"), context.field("scenario"))]


def _bits(values: pl.Series) -> pl.Series:
    """Float64 as Int64 of the same bits, null where null; adding 0.0 makes -0.0 one with 0.0."""
    bits = pl.Series((values.fill_null(0.0).to_numpy() + 0.0).view(np.int64))
    return pl.select(pl.when(pl.lit(values).is_not_null()).then(pl.lit(bits)))[:, 0]
