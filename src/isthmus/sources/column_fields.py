"""One field of all rows of a frame at once: what `fields` says of one row, and where it can be said."""

from collections.abc import Sequence

import polars as pl

__all__ = [
    "clock_times",
    "filled",
    "first_sort",
    "first_words",
    "is_clock",
    "is_count",
    "is_iso",
    "is_time_or_nothing",
    "iso_times",
    "may_be_number",
    "numbers",
    "one_list",
    "quotient",
    "stripped_alike",
    "told",
    "words",
]

_ABSENT = ("", "not available", "not applicable", "n/a", "null")
_CLOCK = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9](?: UTC)?$"
"""Of \\d, which is slower, no other digits would be read as times."""
_CLOCK_CHARS = len("2024-01-31 23:59:59")
_ISO = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,6})?Z$"


def words(text: pl.Expr) -> pl.Expr:
    """As `fields.text`."""
    stripped = text.str.strip_chars()
    absent = (stripped.str.len_bytes() <= max(map(len, _ABSENT))) & stripped.str.to_lowercase().is_in(_ABSENT)
    return pl.when(~absent).then(stripped)


def filled(text: pl.Expr) -> pl.Expr:
    """The text as it is; null where it is empty."""
    return pl.when(text != "").then(text)


def first_words(*texts: pl.Expr) -> pl.Expr:
    """As `words`, of the first text that has some; an expression may stand for several columns."""
    return pl.coalesce(words(text) for text in texts)


def told(*texts: pl.Expr) -> pl.Expr:
    """Whether none of the texts may have been true, false, a list or an object in the JSON."""
    return ~pl.any_horizontal(
        (text.str.starts_with("[") | text.str.starts_with("{") | (text == "true") | (text == "false"))
        for text in texts
    ).fill_null(value=False)


def stripped_alike(*texts: pl.Expr) -> pl.Expr:
    """Whether no text holds the separators of ASCII, which are space to Python alone."""
    return ~pl.any_horizontal(text.str.contains("[\x1c-\x1f]").fill_null(value=False) for text in texts)


def is_count(text: pl.Expr) -> pl.Expr:
    """Whether the text is a plain whole number of at most 15 digits."""
    return text.str.contains(r"^\d{1,15}$")


def numbers(text: pl.Expr) -> pl.Expr:
    """As `fields.number`, of what `may_be_number`."""
    return text.cast(pl.Float64, strict=False)


def may_be_number(*texts: pl.Expr) -> pl.Expr:
    """Whether each text is a plain number without an exponent, empty or null: `fields.number` reads it."""
    return pl.all_horizontal(
        text.str.contains(r"^(?:[+-]?\d{1,15}(?:\.\d{1,15})?)?$").fill_null(value=True) for text in texts
    )


def quotient(whole: pl.Expr, by: int) -> pl.Expr:
    """The number nearest to whole / by. Polars multiplies by 1 / by if by is one number: a hair off."""
    divisors = whole * 0 + by
    return whole.cast(pl.Float64) / divisors.cast(pl.Float64)


def is_iso(text: pl.Expr) -> pl.Expr:
    """Whether `iso_times` reads the text: a time of ISO 8601 in UTC, to the second or finer."""
    return text.str.contains(_ISO) & iso_times(text).is_not_null()


def is_time_or_nothing(text: pl.Expr) -> pl.Expr:
    """As `is_iso`, and for null."""
    return text.is_null() | is_iso(text).fill_null(value=False)


def iso_times(text: pl.Expr) -> pl.Expr:
    """The times; null where there is none."""
    pattern = "%Y-%m-%dT%H:%M:%S%.fZ"
    times = text.str.to_datetime(pattern, time_unit="us", strict=False, cache=False)
    return times.dt.replace_time_zone("UTC")


def is_clock(text: pl.Expr) -> pl.Expr:
    """Whether `clock_times` reads the text: `2024-01-31 23:59:59`, or with UTC behind it."""
    return text.str.contains(_CLOCK) & clock_times(text).is_not_null()


def clock_times(text: pl.Expr) -> pl.Expr:
    """The times, in UTC; null where there is none."""
    digits = text.str.head(_CLOCK_CHARS)
    # Seconds are seldom seen again: looking them up takes longer than reading them.
    clock = digits.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False, cache=False)
    return clock.dt.replace_time_zone("UTC")


def first_sort(text: pl.Expr, sorts: Sequence[tuple[str, Sequence[str]]]) -> pl.Expr:
    """The first of `sorts` (name, signs) one of whose signs stands in the text; "other" where none does."""
    found: pl.Expr = pl.lit("other")
    for name, signs in reversed(sorts):
        found = pl.when(text.str.contains_any(list(signs))).then(pl.lit(name)).otherwise(found)
    return found


def one_list(text: pl.Expr) -> pl.Expr:
    """A list of the text alone; an empty one where it is null."""
    none = pl.lit([], pl.List(pl.String))
    return pl.when(text.is_not_null()).then(pl.concat_list(text)).otherwise(none)
