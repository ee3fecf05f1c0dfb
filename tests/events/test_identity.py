import struct
from hashlib import blake2b
from typing import Any

import polars as pl
from event_rows import event_frames, events
from hypothesis import given

from isthmus.events import content_ids
from isthmus.schema import EVENT

ORDER = (
    "platform",
    "user_id",
    "item_id",
    "kind",
    "value",
    "unit",
    "occurred_at",
    "text",
    "recommendation_id",
)


def by_hand(row: dict[str, Any]) -> str:
    """The rule of the docstring, written a second time and plainly."""
    context = row["context"] or {"device": None, "scenario": None}
    fields = [row[name] for name in ORDER] + [context["device"], context["scenario"]]
    if row["value"] is not None:
        fields[4] = str(struct.unpack("<q", struct.pack("<d", row["value"] + 0.0))[0])
    if row["occurred_at"] is not None:
        at = row["occurred_at"]
        fields[6] = str(int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond)
    texts = [None if field is None else field.encode() for field in fields]
    written = b"".join(b"-:" if text is None else b"%d:%b" % (len(text), text) for text in texts)
    return blake2b(written, digest_size=16).hexdigest()


@given(event_frames)
def test_an_id_is_the_hash_of_the_content(frame: pl.DataFrame) -> None:
    assert content_ids(frame).to_list() == [by_hand(row) for row in frame.iter_rows(named=True)]


def test_an_id_is_the_same_for_ever() -> None:
    frame = events(
        {"value": 4.5, "unit": "rating", "text": "书", "context": {"device": "phone", "scenario": None}}
    )
    assert content_ids(frame).to_list() == ["057ac7bac152e0b7dacf5667b47e10d8"]


def test_every_field_counts_and_where_it_ends() -> None:
    frame = events(
        {},
        {"platform": "book", "user_id": "su1"},
        {"user_id": "u1i", "item_id": "1"},
        {"item_id": None, "text": "i1"},
        {"text": ""},
        {"recommendation_id": "i1", "item_id": None},
        {"value": 0.0},
        {"occurred_at": None},
        {"kind": "play"},
        {"context": {"device": "a", "scenario": None}},
        {"context": {"device": None, "scenario": "a"}},
    )
    assert content_ids(frame).n_unique() == frame.height


def test_zero_has_no_sign_and_an_empty_context_is_none() -> None:
    frame = events({"value": 0.0}, {"value": -0.0})
    assert content_ids(frame).n_unique() == 1
    frame = events({"context": None}, {"context": {"device": None, "scenario": None}})
    assert content_ids(frame).n_unique() == 1


def test_no_events_no_ids() -> None:
    assert content_ids(EVENT.empty()).to_list() == []
