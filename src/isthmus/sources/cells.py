"""Cells of a table become cells of Event, Item and Link; those that cannot are named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from isthmus.errors import InputError
from isthmus.schema import Table
from isthmus.sources.lists import parse_lists
from isthmus.sources.mapping import UNITS, Cell, names_of
from isthmus.sources.tabular import LINE
from isthmus.sources.times import parse_times

__all__ = ["Fault", "Filled", "fill"]

_FEW_KINDS = 16
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


@dataclass(frozen=True)
class Fault:
    """A cell that could not be read: its row in the frame, our name of the column, and why."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True)
class Filled:
    """Rows with our columns and `line`, and the faults of those that are not among them (one per row)."""

    frame: pl.DataFrame
    faults: tuple[Fault, ...]


def fill(
    frame: pl.DataFrame,
    cells: Mapping[str, Cell],
    table: Table,
    kinds: Mapping[str, str] = MappingProxyType({}),
    needed: Sequence[str] = (),
) -> Filled:
    """Make the columns of `table` that `cells` name from `frame` (with LINE); rows with a fault are left out.

    An empty cell of a `needed` column is a fault. Raises InputError where a whole column is of a wrong type.
    """
    series: dict[str, pl.Series] = {}
    faults: dict[int, Fault] = {}
    for name in (name for name in names_of(table) if name in cells):
        cell = cells[name]
        if cell.column is None:
            dtype = table.columns.get(name, pl.String())
            series[name] = pl.Series(name, [cell.value], dtype=dtype).new_from_index(0, frame.height)
            continue
        given = _no_blanks(frame[cell.column]).alias(name)
        series[name] = _read(given, cell, table.columns.get(name, pl.String())).alias(name)
        if name == "kind":
            series[name] = _translate(series[name], kinds)
        for fault in _faults(given, series[name], what=_what(table.columns.get(name))):
            faults.setdefault(fault.row, fault)
    for name in needed:
        if series[name].null_count():
            for row in series[name].is_null().arg_true().to_list():
                faults.setdefault(row, Fault(row, name, "is empty"))
    made = pl.DataFrame([*_with_context(series, frame.height), frame[LINE].alias("line")])
    if faults:
        made = made.filter(~pl.int_range(pl.len()).is_in(list(faults)))
    return Filled(made, tuple(faults[row] for row in sorted(faults)))


def _read(column: pl.Series, cell: Cell, dtype: pl.DataType) -> pl.Series:
    try:
        if isinstance(dtype, pl.Datetime):
            unit = None if cell.unit is None else UNITS[cell.unit]
            zone = cell.timezone or "UTC"
            return parse_times(column, unit_us=unit, pattern=cell.format, timezone=zone)
        if isinstance(dtype, pl.List):
            return parse_lists(column, split=cell.split, strict=cell.list)
        return _READERS[type(dtype)](column)
    except pl.exceptions.PolarsError as error:
        reason = f"the column {cell.column!r} holds {column.dtype}, which cannot be read as {dtype}"
        raise InputError(reason, "Write it as text or numbers.", field=column.name) from error


def _as_text(column: pl.Series) -> pl.Series:
    # Tools that know no missing integers write ids as 123.0.
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        if (whole.cast(column.dtype) == column).all():
            column = whole
    return column.cast(pl.String, strict=False)


def _as_number(column: pl.Series) -> pl.Series:
    number = column.cast(pl.Float64, strict=False)  # of text it takes no spaces
    if column.dtype != pl.String or number.null_count() == column.null_count():
        return number
    return column.str.strip_chars().cast(pl.Float64, strict=False)


def _as_flag(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean:
        return column
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)


_READERS: dict[type[pl.DataType], Callable[[pl.Series], pl.Series]] = {
    pl.String: _as_text,
    pl.Float64: _as_number,
    pl.Boolean: _as_flag,
}


def _what(dtype: pl.DataType | None) -> str:
    if isinstance(dtype, pl.Datetime):
        return "a time"
    if isinstance(dtype, pl.List):
        return "a list"
    if isinstance(dtype, pl.Float64):
        return "a number"
    return "true or false" if isinstance(dtype, pl.Boolean) else "text"


def _translate(kind: pl.Series, kinds: Mapping[str, str]) -> pl.Series:
    if len(kinds) > _FEW_KINDS:
        return kind.replace(list(kinds), list(kinds.values()))
    there = [word for word in kinds if (kind == word).any()]
    if not there:
        return kind
    translated = pl.first()  # a comparison for each word is quicker than looking all words up
    for word in there:
        translated = pl.when(pl.first() == word).then(pl.lit(kinds[word])).otherwise(translated)
    return kind.to_frame().select(translated.alias(kind.name)).to_series()


def _no_blanks(column: pl.Series) -> pl.Series:
    if column.dtype != pl.String or not (column == "").any():
        return column
    return column.to_frame().select(pl.when(pl.first() != "").then(pl.first())).to_series()


def _faults(given: pl.Series, made: pl.Series, what: str) -> list[Fault]:
    """Cells that said something and of which nothing could be made."""
    if made.null_count() == given.null_count():
        return []
    rows = (made.is_null() & given.is_not_null()).arg_true().to_list()
    return [Fault(row, given.name, f"{str(given[row])[:60]!r} is not {what}") for row in rows]


def _with_context(series: Mapping[str, pl.Series], height: int) -> list[pl.Series]:
    """Joins the columns context.device and context.scenario into the struct `context`."""
    plain = [one for name, one in series.items() if not name.startswith("context.")]
    parts = {
        name.removeprefix("context."): one for name, one in series.items() if name.startswith("context.")
    }
    if not parts:
        return plain
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    fields = [parts.get(name, nothing).alias(name) for name in ("device", "scenario")]
    return [*plain, pl.DataFrame(fields).to_struct("context")]
