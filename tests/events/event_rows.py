"""Events for tests: rows with defaults, and hypothesis strategies for whole frames of them."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from isthmus.schema import EVENT, EVENT_KINDS

THEN = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
ODD_IDS = ("u/1", "a b", "\U0001f600", 'it\'s "me"', "line\nbreak", "林", "1:2", "-:")


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {"platform": "books", "user_id": "u1", "item_id": "i1", "kind": "view", "occurred_at": THEN}
    return pl.DataFrame([{**usual, **row} for row in rows], schema=EVENT.schema)


def with_lines(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(line=pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True))


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


_few = st.sampled_from(["a", "b", *ODD_IDS])
_rows = st.fixed_dictionaries(
    {
        "event_id": st.none() | st.sampled_from(["e1", "e2", "e3"]),
        "platform": st.sampled_from(["books", "films"]),
        "user_id": _few,
        "item_id": st.none() | _few,
        "kind": st.sampled_from(EVENT_KINDS),
        "value": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0]),
        "unit": st.none() | st.sampled_from(["rating", "seconds"]),
        "occurred_at": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2026, 1, 1)).map(_in_utc),
        "text": st.none() | st.text(max_size=8),
        "recommendation_id": st.none() | _few,
        "context": st.none()
        | st.fixed_dictionaries({"device": st.none() | _few, "scenario": st.none() | _few}),
    }
)
event_frames = st.lists(_rows, max_size=12).map(lambda rows: pl.DataFrame(rows, schema=EVENT.schema))
