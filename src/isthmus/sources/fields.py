"""One field of a row as a text, a number or a time; what is none of it raises InputError naming the field."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from isthmus.errors import InputError

__all__ = [
    "LAST_SECOND",
    "day",
    "duration_s",
    "epoch",
    "iso_time",
    "needed_text",
    "nested",
    "number",
    "text",
    "whole_number",
]

Row = Mapping[str, Any]

_SHOWN = 40
LAST_SECOND = 253_402_300_799
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")
_DURATION = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?", re.ASCII
)
_ABSENT = {"", "not available", "not applicable", "n/a", "null"}
_LONGEST_ABSENT = max(map(len, _ABSENT))
_CLOCK = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")


def text(row: Row, name: str) -> str | None:
    """The words of a field; None where it is absent, empty, no text, or says that it is not available."""
    value = row.get(name)
    if not isinstance(value, str):
        return None
    value = value.strip()
    return None if len(value) <= _LONGEST_ABSENT and value.lower() in _ABSENT else value


def needed_text(row: Row, name: str) -> str:
    """The words of a field that a row cannot do without."""
    value = text(row, name)
    if value is None:
        raise InputError("is empty", field=name)
    return value


def number(row: Row, name: str) -> float | None:
    """A number; None where the field is absent. Numbers may come as text, as our JSON readers give them."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    raise _wrong(value, "number", name)


def whole_number(row: Row, name: str) -> int | None:
    """A whole number of zero or more; None where the field is absent."""
    value = number(row, name)
    if value is None:
        return None
    if value < 0 or value != int(value):
        raise _wrong(row[name], "whole number", name)
    return int(value)


def iso_time(row: Row, name: str) -> datetime | None:
    """A time in ISO 8601, UTC where it names no zone; None where the field is absent."""
    value = text(row, name)
    if value is None:
        return None
    # Some services write more digits than Python reads, or " UTC" for the zone.
    plain = re.sub(r"(\.\d{6})\d+", r"\1", value).removesuffix(" UTC")
    try:
        time = datetime.fromisoformat(plain)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(value, "time", name) from error


def epoch(row: Row, name: str, per_second: int = 1) -> datetime | None:
    """A time counted since 1970 in parts of a second; None where the field is absent or 0."""
    value = number(row, name)
    if not value:
        return None
    if not 0 < value / per_second < LAST_SECOND:
        raise _wrong(row[name], "time", name)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value / per_second)


def day(row: Row, name: str) -> datetime | None:
    """A date with the year first, as YYYY-MM-DD, YYYY/M/D or YYYYMMDD; None where the field is absent."""
    value = text(row, name)
    if value is None:
        return None
    parts = _CLOCK.fullmatch(value) or re.fullmatch(r"(\d{4})(\d\d)(\d\d)", value)
    try:
        if parts:
            return datetime(*map(int, parts.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        pass
    raise _wrong(value, "date", name)


def duration_s(row: Row, name: str) -> float | None:
    """A duration as ISO 8601 writes it (`PT12H3M5S`), in seconds; None where the field is absent."""
    value = text(row, name)
    if value is None:
        return None
    parts = _DURATION.fullmatch(value)
    if not parts or value in ("P", "PT"):
        raise _wrong(value, "duration", name)
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def nested(row: Row, *names: str) -> dict[str, Any]:
    """The object inside an object, down the path `names`; empty where there is none."""
    value: Any = row
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, dict) else {}


def _wrong(value: object, what: str, name: str) -> InputError:
    return InputError(f"{str(value)[:_SHOWN]!r} is no {what}", field=name)
