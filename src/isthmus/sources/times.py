"""Times in the forms files write them, as UTC."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

__all__ = ["UTC_TIME", "parse_times"]

UTC_TIME = pl.Datetime("us", "UTC")
_SECOND = 1_000_000
_FIRST, _LAST = -62_135_596_800 * _SECOND, 253_402_300_799 * _SECOND  # the years 1 to 9999
_QUICK = (
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%d %H:%M:%S%:z",
)  # fmt: skip
_NEAR_FIRST, _NEAR_LAST = -62_000_000_000 * _SECOND, 253_000_000_000 * _SECOND
"""Well within the years 1 to 9999, so that rounding does not matter."""
_ALIKE = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:(\.\d{3}|\.\d{6})Z|\+00:00)", re.ASCII)


def parse_times(
    column: pl.Series, *, unit_us: int | None = None, pattern: str | None = None, timezone: str = "UTC"
) -> pl.Series:
    """Each cell as a UTC time (Datetime us), null where it is none.

    Numbers, also written as text, count units of `unit_us` microseconds since 1970; None tells seconds,
    milliseconds and microseconds apart by their size. Text is read by `pattern` (strptime) or as ISO 8601;
    where it names no zone it is the local time of `timezone`.
    """
    name, dtype = column.name, column.dtype
    if dtype == pl.Date:
        column, dtype = column.cast(pl.Datetime("us")), pl.Datetime("us")
    if isinstance(dtype, pl.Datetime):
        times = column.dt.cast_time_unit("us")
        return _located(times, timezone) if dtype.time_zone is None else times.dt.convert_time_zone("UTC")
    if dtype.is_numeric():
        return _from_numbers(column.cast(pl.Float64), column, unit_us)
    if dtype != pl.String:
        return pl.Series(name, [None], dtype=UTC_TIME).new_from_index(0, len(column))
    if pattern is not None:
        return _by_format(column, pattern, timezone)
    return _from_text(column, unit_us, timezone)


def _from_numbers(numbers: pl.Series, exact: pl.Series, unit_us: int | None) -> pl.Series:
    """`exact` holds the numbers unrounded where they are whole: microseconds do not fit into a float."""
    if exact.dtype == pl.Int64 and (unit := _one_unit(exact, unit_us)):
        return _as_utc(exact * unit)
    frame = pl.DataFrame({"n": numbers, "exact": exact})
    size = pl.col("n").abs()
    scale = (
        pl.when(size < 1e11).then(_SECOND).when(size < 1e14).then(1_000).otherwise(1)
        if unit_us is None
        else pl.lit(unit_us)
    )
    inside = (pl.col("n") * scale).is_between(_FIRST, _LAST)
    value = pl.col("exact") if exact.dtype.is_integer() else pl.col("n")
    product = value * scale if exact.dtype.is_integer() else (value * scale).round()
    scaled = pl.when(inside).then(product)
    return _as_utc(frame.select(scaled.cast(pl.Int64)).to_series())


def _one_unit(whole: pl.Series, unit_us: int | None) -> int:
    """The microseconds that all of these numbers count, where all are surely times; 0 if unsure."""
    low, high = whole.min(), whole.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return 0
    if unit_us is None:
        if low > -(10**11) and high < 10**11:
            unit_us = _SECOND
        elif low >= 10**11:
            unit_us = 1_000 if high < 10**14 else 1 if low >= 10**14 else 0
        else:
            return 0
    return unit_us if low * unit_us >= _NEAR_FIRST and high * unit_us <= _NEAR_LAST else 0


def _as_utc(microseconds: pl.Series) -> pl.Series:
    return microseconds.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _by_format(column: pl.Series, pattern: str, timezone: str) -> pl.Series:
    has_time = any(sign in pattern for sign in ("%H", "%I", "%T", "%R", "%c", "%s", "%X"))
    try:
        if not has_time:
            return _located(column.str.to_date(pattern, strict=False).cast(pl.Datetime("us")), timezone)
        times = column.str.to_datetime(pattern, time_unit="us", strict=False)
    except pl.exceptions.PolarsError:  # a pattern that polars cannot take: nothing can be read by it
        return pl.Series(column.name, [None], dtype=UTC_TIME).new_from_index(0, len(column))
    return _in_utc(times, timezone)


def _from_text(column: pl.Series, unit_us: int | None, timezone: str) -> pl.Series:
    nulls = column.null_count()
    first = column.drop_nulls().head(1).str.strip_chars()
    if first.cast(pl.Int64, strict=False).null_count() == 0:
        whole = column.cast(pl.Int64, strict=False)  # takes no spaces
        if whole.null_count() != nulls:
            column = column.str.strip_chars()
            whole = column.cast(pl.Int64, strict=False)
        if whole.null_count() == nulls and not (column.str.len_bytes() == 8).any():
            return _from_numbers(whole.cast(pl.Float64), whole, unit_us)
    if len(first) and (alike := _parse_alike(column, first[0])) is not None:
        return alike
    column = column.str.strip_chars()
    for pattern in _QUICK:
        if len(first) and first.str.to_datetime(pattern, strict=False).null_count() == 0:
            # Looking up days that were seen is quicker than reading them; seconds are seldom seen again.
            times = column.str.to_datetime(pattern, time_unit="us", strict=False, cache="%S" not in pattern)
            if times.null_count() == nulls:
                return _in_utc(times, "UTC" if pattern.endswith("Z") else timezone)
    return _one_by_one(column, unit_us, timezone)


def _parse_alike(column: pl.Series, first: str) -> pl.Series | None:
    """Times in UTC that all have the form of the first, without the slow signs of a pattern; None if not."""
    form = _ALIKE.fullmatch(first)
    if form is None or not (column.str.len_bytes() == len(first)).all():
        return None
    mark, fraction = form.groups()
    if not column.str.ends_with("Z" if fraction else "+00:00").all():
        return None
    point = "." if fraction else ""
    pattern = f"%Y-%m-%d{mark}%H:%M:%S{point}"
    upto_point = column.str.slice(0, 19 + len(point))
    seconds = upto_point.str.to_datetime(pattern, time_unit="us", strict=False, cache=False)
    if seconds.null_count() != column.null_count():
        return None
    if fraction:
        part = _fraction(column, len(fraction) - 1)
        return None if part is None else _as_utc(seconds.cast(pl.Int64) + part)
    return seconds.dt.replace_time_zone("UTC")


def _fraction(column: pl.Series, digits: int) -> pl.Series | None:
    """Microseconds behind the point of the seconds; None where there are not `digits` digits everywhere."""
    text = column.str.slice(20, digits)
    part = text.cast(pl.Int64, strict=False)
    lowest = text.min()
    if part.null_count() != column.null_count() or not isinstance(lowest, str) or lowest < "0":  # a sign
        return None
    scale: int = 10 ** (6 - digits)
    return part * scale


def _one_by_one(column: pl.Series, unit_us: int | None, timezone: str) -> pl.Series:
    """Mixed forms: slower, and each cell by itself."""
    zone = ZoneInfo(timezone)
    texts = column.drop_nulls().unique()
    read = {text: _read_iso(text, zone) for text in texts}
    times = column.replace_strict(list(read), list(read.values()), return_dtype=pl.Int64, default=None)
    numbers = column.cast(pl.Float64, strict=False)
    dates = times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return dates.zip_with(dates.is_not_null(), _from_numbers(numbers, numbers, unit_us))


def _read_iso(text: str, zone: ZoneInfo) -> int | None:
    """Microseconds since 1970, null where `text` is no ISO time (digits alone are one only as YYYYMMDD)."""
    if text.isdecimal() and len(text) != 8:
        return None
    try:
        time = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    try:
        if time.tzinfo is None:
            local, time = time, time.replace(tzinfo=zone).astimezone(UTC)
            if time.astimezone(zone).replace(tzinfo=None) != local:
                return None  # the hour that is left out when clocks go forward
        return (time - _EPOCH) // timedelta(microseconds=1)
    except OverflowError:
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _in_utc(times: pl.Series, timezone: str) -> pl.Series:
    """Times that name their zone, or local ones of `timezone`, as UTC."""
    local = times.dtype == pl.Datetime("us")
    return _located(times, timezone) if local else times.dt.convert_time_zone("UTC")


def _located(times: pl.Series, timezone: str) -> pl.Series:
    """Local times as UTC; an hour that is there twice is the earlier one, one that is left out is null."""
    local = times.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")
