from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from event_rows import ODD_IDS, event_frames, events, with_lines
from hypothesis import given

from isthmus.errors import InputError
from isthmus.events import Checked, check
from isthmus.schema import EVENT, REJECT
from isthmus.settings import ImportSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def checked(*rows: dict[str, Any], **settings: Any) -> Checked:
    return check(with_lines(events(*rows)), file="a.csv", settings=ImportSettings(**settings), now=NOW)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"platform": None}, "platform", "is empty"),
        ({"platform": "  "}, "platform", "is empty"),
        ({"user_id": None}, "user_id", "is empty"),
        ({"user_id": ""}, "user_id", "is empty"),
        ({"user_id": None, "item_id": None, "kind": "?"}, "user_id", "is empty"),
        ({"item_id": None}, "item_id", "only search, survey, follow"),
        ({"item_id": "", "kind": "play"}, "item_id", "only search, survey, follow"),
        ({"kind": "Wach"}, "kind", "'Wach' is none of view, .* did you mean 'watch'"),
        ({"kind": "x" * 1000}, "kind", "is none of view"),
        ({"value": float("nan")}, "value", "not a finite number"),
        ({"value": float("-inf")}, "value", "not a finite number"),
        ({"occurred_at": NOW + timedelta(days=2)}, "occurred_at", "future: check the unit"),
        ({"occurred_at": datetime(1969, 12, 31, tzinfo=UTC)}, "occurred_at", "before 1970"),
        ({"user_id": "u" * 513}, "user_id", "longer than 512"),
        ({"item_id": "书" * 513}, "item_id", "longer than 512"),
        ({"event_id": "e" * 513}, "event_id", "longer than 512"),
        ({"item_id": "a\0b"}, "item_id", "NUL"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_where(row: dict[str, Any], field: str, reason: str) -> None:
    done = checked({}, row, {"item_id": "last"})
    assert done.events["item_id"].to_list() == ["i1", "last"]
    assert done.lines.to_list() == [1, 3]
    assert done.rejects.schema == REJECT.schema
    reject = done.rejects.row(0, named=True)
    assert (done.rejects.height, reject["file"], reject["line"], reject["field"]) == (1, "a.csv", 2, field)
    assert pl.Series([reject["reason"]]).str.contains(reason).all(), reject["reason"]
    assert '"platform":' in reject["raw"]
    assert len(reject["raw"]) <= 2_000


@pytest.mark.parametrize("odd", ODD_IDS)
def test_ids_may_hold_anything_else(odd: str) -> None:
    done = checked({"platform": odd, "user_id": odd, "item_id": odd, "event_id": odd})
    assert done.rejects.is_empty()
    assert done.events.row(0)[:4] == (odd, odd, odd, odd)


def test_what_just_passes() -> None:
    done = checked(
        {"user_id": "书" * 512},
        {"occurred_at": NOW + timedelta(hours=23)},
        {"occurred_at": datetime(1970, 1, 1, tzinfo=UTC)},
        {"occurred_at": None},
        {"item_id": None, "kind": "search", "text": "news"},
        {"item_id": None, "kind": "survey"},
        {"item_id": None, "kind": "follow"},
    )
    assert done.rejects.is_empty()
    assert done.events.height == 7


def test_now_may_be_told_in_any_zone() -> None:
    late = NOW + timedelta(hours=3)
    there = NOW.astimezone(timezone(timedelta(hours=8)))
    frame = with_lines(events({"occurred_at": late}))
    done = check(frame, file="", settings=ImportSettings(future_tolerance_s=3600), now=there)
    assert done.rejects.height == 1


def test_a_missing_kind_follows_from_the_value() -> None:
    done = checked(
        {"kind": None},
        {"kind": "", "value": 4.0},
        {"kind": None, "value": 4.0, "unit": "rating"},
        {"kind": None, "value": 40.0, "unit": "seconds"},
        {"kind": "rate", "value": 4.0},
        {"kind": "play", "value": 4.0},
    )
    assert done.events["kind"].to_list() == ["view", "rate", "rate", "view", "rate", "play"]
    assert done.events["unit"].to_list() == [None, "rating", "rating", "seconds", "rating", None]


def test_empty_texts_say_nothing() -> None:
    done = checked({"event_id": "", "unit": "", "recommendation_id": "", "item_id": "", "kind": "search"})
    row = done.events.row(0, named=True)
    assert [row[name] for name in ("event_id", "unit", "recommendation_id", "item_id")] == [None] * 4


def test_long_texts_are_cut_and_counted() -> None:
    done = checked({"text": "书" * 1_000_000}, {"text": "a" * 100}, {"text": None}, max_text_chars=100)
    assert done.cut == 1
    assert done.events["text"].to_list() == ["书" * 100, "a" * 100, None]


def test_columns_that_are_absent_take_their_defaults_and_unknown_ones_are_told() -> None:
    frame = with_lines(pl.DataFrame({"platform": ["a"], "user_id": ["b"], "item_id": ["c"]}))
    done = check(frame, file="", settings=ImportSettings(), now=NOW)
    assert done.events.schema == EVENT.schema
    assert done.events["kind"].to_list() == ["view"]
    with pytest.raises(InputError, match="colour"):
        check(frame.with_columns(colour=1), file="", settings=ImportSettings(), now=NOW)


def test_many_different_unknown_kinds_do_not_take_for_ever() -> None:
    frame = with_lines(events(*({"kind": f"word {n}"} for n in range(5_000))))
    done = check(frame, file="", settings=ImportSettings(), now=NOW)
    assert done.rejects.height == 5_000
    assert done.rejects["reason"].str.contains("is none of view").all()


@given(event_frames)
def test_every_row_comes_out_once_and_good_rows_are_good_again(frame: pl.DataFrame) -> None:
    done = check(with_lines(frame), file="f", settings=ImportSettings(), now=NOW)
    assert sorted([*done.lines, *done.rejects["line"]]) == list(range(1, frame.height + 1))
    assert done.lines.is_sorted()
    again = check(with_lines(done.events), file="f", settings=ImportSettings(), now=NOW)
    assert again.rejects.is_empty()
    assert again.events.equals(done.events)
