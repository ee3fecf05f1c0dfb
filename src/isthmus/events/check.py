"""The check of events: which rows can be taken, and why not the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

import polars as pl

from isthmus.events.constants import with_constants
from isthmus.schema import EVENT, EVENT_KINDS, REJECT, conform
from isthmus.settings import ImportSettings

__all__ = ["MAX_ID_CHARS", "Checked", "as_rejects", "check"]

MAX_ID_CHARS = 512
"""Longer ids are texts in the wrong column."""

_IDS = ("platform", "user_id", "item_id", "event_id", "recommendation_id")
_WITHOUT_ITEM = ("search", "survey", "follow")
_RAW_CHARS = 2_000
_MAX_ADVISED = 1_000
"""Distinct unknown kinds for which the nearest known one is looked up."""


@dataclass(frozen=True)
class Checked:
    """Rows that can be taken, and rows that cannot."""

    events: pl.DataFrame
    """The columns of EVENT, in the order of the input, defaults filled in."""
    lines: pl.Series
    """Int64: the line of each of `events`."""
    rejects: pl.DataFrame
    """The columns of REJECT."""
    cut: int
    """Texts that were longer than allowed and are now shorter."""


@dataclass(frozen=True)
class _Rule:
    field: str
    fails: pl.Expr
    reason: str
    """What to do about it; follows the name of the field."""


def check(frame: pl.DataFrame, *, file: str, settings: ImportSettings, now: datetime) -> Checked:
    """Split `frame` (columns of EVENT and `line`) into events and rejects; each reject names its first fault.

    `now` is aware of its zone; later times are rejected beyond `settings.future_tolerance_s`. A missing kind
    becomes "rate" where there is a value without another unit, else "view". Raises InputError for columns
    that do not fit EVENT.
    """
    rules = _rules(settings, now)
    longest = settings.max_text_chars
    filled = with_constants(_with_defaults(with_constants(conform(frame.drop("line"), EVENT))))
    good = filled.with_columns(frame["line"].cast(pl.Int64))
    bad = good.clear()
    if not _is_plain(good, rules):
        good, bad = _parted(good, rules)
    cut = good.select((pl.col("text").str.len_chars() > longest).sum()).item()
    if cut:
        good = good.with_columns(pl.col("text").str.slice(0, longest))
    return Checked(good.select(*EVENT.columns), good["line"], _rejected(bad, rules, file), cut)


def _parted(judged: pl.DataFrame, rules: Sequence[_Rule]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that keep all rules, and the others with the number of the first they break as `fault`."""
    fault = pl.coalesce(pl.when(rule.fails).then(pl.lit(n, pl.UInt8)) for n, rule in enumerate(rules))
    judged = judged.with_columns(fault=fault)
    if judged["fault"].null_count() == judged.height:
        return judged, judged.clear()
    return judged.filter(pl.col("fault").is_null()), judged.filter(pl.col("fault").is_not_null())


def _is_plain(events: pl.DataFrame, rules: Sequence[_Rule]) -> bool:
    """Whether all rows surely keep all rules: asked of whole columns, a quarter of the work of naming faults.

    An id that begins with a sign of ASCII is not empty, and one of few bytes has few characters.
    """
    others = [rule.fails.any() for rule in rules if rule.field not in _IDS]
    needed = ("platform", "user_id", "item_id")
    begun = [pl.col(name).is_between(pl.lit("!"), pl.lit("~")).fill_null(value=False) for name in needed]
    long = [(pl.col(name).str.len_bytes() > MAX_ID_CHARS).any() for name in _IDS]
    broken = pl.any_horizontal(*others, *long) | ~pl.all_horizontal(one.all() for one in begun)
    if events.select(broken).item():
        return False
    return not any(_holds_nul(events, name) for name in _IDS)


def _holds_nul(events: pl.DataFrame, name: str) -> bool:
    """Asked of all texts joined, which are soonest searched."""
    if events[name].null_count() == events.height:
        return False
    return "\0" in events.select(pl.col(name).str.join("")).item()


def as_rejects(rows: pl.DataFrame, *, file: str, field: str | pl.Expr, reason: str | pl.Expr) -> pl.DataFrame:
    """Rows (columns of EVENT and `line`) as rows of REJECT; `raw` is their JSON, cut at 2,000 characters."""
    texts = (pl.lit(one) if isinstance(one, str) else one for one in (field, reason))
    raw = pl.struct(list(EVENT.columns)).struct.json_encode().str.slice(0, _RAW_CHARS)
    named = dict(zip(("field", "reason"), texts, strict=True))
    return conform(rows.select("line", "platform", "user_id", **named, file=pl.lit(file), raw=raw), REJECT)


def _with_defaults(events: pl.DataFrame) -> pl.DataFrame:
    """Empty text says nothing; a kind or unit that is missing follows from the other columns."""
    names = ("event_id", "item_id", "kind", "unit", "recommendation_id")
    said = {name: pl.when(pl.col(name) != "").then(pl.col(name)) for name in names}
    rated = pl.col("value").is_not_null() & pl.col("unit").fill_null("rating").eq("rating")
    kind = pl.when(rated).then(pl.lit("rate")).otherwise(pl.lit("view"))
    unit = pl.when((pl.col("kind") == "rate") & pl.col("value").is_not_null()).then(pl.lit("rating"))
    events = events.with_columns(**said).with_columns(pl.col("kind").fill_null(kind))
    return events.with_columns(pl.col("unit").fill_null(unit))


def _rules(settings: ImportSettings, now: datetime) -> list[_Rule]:
    item_needed = ~pl.col("kind").is_in(_WITHOUT_ITEM)
    latest = now.astimezone(UTC) + timedelta(seconds=settings.future_tolerance_s)
    return [
        _Rule("platform", _is_empty("platform"), "is empty: every event needs the platform it happened on"),
        _Rule("user_id", _is_empty("user_id"), "is empty: every event needs somebody who did it"),
        *(
            _Rule(name, _is_long(name), f"is longer than {MAX_ID_CHARS} characters: give an id")
            for name in _IDS
        ),
        *(_Rule(name, _has_nul(name), "holds a NUL character: remove it from the id") for name in _IDS),
        _Rule("kind", ~pl.col("kind").is_in(EVENT_KINDS), f"is none of {', '.join(EVENT_KINDS)}"),
        _Rule(
            "item_id",
            item_needed & _is_empty("item_id"),
            f"is empty: only {', '.join(_WITHOUT_ITEM)} events can do without an item",
        ),
        _Rule(
            "value",
            ~pl.col("value").is_finite(),
            "is not a finite number: leave the field empty where there is no value",
        ),
        _Rule(
            "occurred_at",
            pl.col("occurred_at") > latest,
            "lies in the future: check the unit (seconds or milliseconds) and the time zone",
        ),
        _Rule(
            "occurred_at",
            pl.col("occurred_at") < datetime(1970, 1, 1, tzinfo=UTC),
            "lies before 1970: check the unit and the format, or leave the field empty",
        ),
    ]


def _is_empty(name: str) -> pl.Expr:
    return pl.col(name).fill_null("").str.strip_chars() == ""


def _is_long(name: str) -> pl.Expr:
    """Bytes first: they are counted already, and an id of few bytes has few characters."""
    long = pl.col(name).str.len_bytes() > MAX_ID_CHARS
    return long & (pl.col(name).str.len_chars() > MAX_ID_CHARS)


def _has_nul(name: str) -> pl.Expr:
    return pl.col(name).str.contains("\0", literal=True)


def _rejected(bad: pl.DataFrame, rules: Sequence[_Rule], file: str) -> pl.DataFrame:
    if bad.is_empty():
        return REJECT.empty()
    numbers = list(range(len(rules)))
    fields = pl.col("fault").replace_strict(numbers, [rule.field for rule in rules], return_dtype=pl.String)
    reasons = pl.col("fault").replace_strict(numbers, [rule.reason for rule in rules], return_dtype=pl.String)
    advised = bad.with_columns(field=fields, reason=reasons).with_columns(_advise_kinds(bad, rules))
    return as_rejects(advised, file=file, field=pl.col("field"), reason=pl.col("reason"))


def _advise_kinds(bad: pl.DataFrame, rules: Sequence[_Rule]) -> pl.Expr:
    """The reason of rows of an unknown kind names it and the nearest that is known."""
    fault = next(n for n, rule in enumerate(rules) if rule.field == "kind")
    unknown = bad.filter(pl.col("fault") == fault)["kind"].unique().sort().head(_MAX_ADVISED).to_list()
    near = [get_close_matches(kind[:40].lower(), EVENT_KINDS, n=1) for kind in unknown]
    advice = [
        f"{kind[:40]!r} {rules[fault].reason}" + (f": did you mean {close[0]!r}?" if close else "")
        for kind, close in zip(unknown, near, strict=True)
    ]
    told = pl.col("kind").replace_strict(unknown, advice, default=pl.col("reason"), return_dtype=pl.String)
    return pl.when(pl.col("fault") == fault).then(told).otherwise(pl.col("reason")).alias("reason")
