"""Times in the forms files write them, as UTC."""

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
    return frame.select(scaled.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")).to_series()


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
    column = column.str.strip_chars()
    wanted = column.is_not_null().sum()
    whole = column.cast(pl.Int64, strict=False)
    if whole.is_not_null().sum() == wanted and not (column.str.len_bytes() == 8).any():
        return _from_numbers(whole.cast(pl.Float64), whole, unit_us)
    for pattern in _QUICK:
        first = column.drop_nulls().head(1)
        if first.str.to_datetime(pattern, strict=False).is_not_null().all() and len(first):
            times = column.str.to_datetime(pattern, time_unit="us", strict=False)
            if times.is_not_null().sum() == wanted:
                return _in_utc(times, "UTC" if pattern.endswith("Z") else timezone)
    return _one_by_one(column, unit_us, timezone)


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
