"""Which column of a table becomes which column of Event, Item and Link.

A mapping is a TOML file (docs/guide/sources.md). A table whose columns bear our names needs none.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from isthmus.errors import InputError, MappingError
from isthmus.schema import EVENT, EVENT_KINDS, ITEM, LINK, Table

__all__ = ["ROLES", "UNITS", "Cell", "Role", "TableMapping", "load_mapping"]

Role = Literal["events", "items", "links"]
ROLES: dict[Role, Table] = {"events": EVENT, "items": ITEM, "links": LINK}
"""What a table can be, and the columns of it."""

UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
"""Units of times that are numbers, in microseconds."""

_SECTIONS: dict[str, Role] = {"event": "events", "item": "items", "link": "links"}
_CONTEXT = ("context.device", "context.scenario")
_HELP = "See the mapping reference in docs/guide/sources.md."


@dataclass(frozen=True)
class Cell:
    """How one of our columns comes about: from a column of the file, or the same for every row."""

    column: str | None = None
    value: str | float | bool | list[str] | None = None
    unit: str | None = None
    """Of times that are numbers: s, ms or us; None: told from their size."""
    format: str | None = None
    """Of times that are text, as for strptime; None: ISO 8601."""
    timezone: str | None = None
    """Of times that name no zone; None: UTC."""
    split: str | None = None
    """What stands between the parts of a list."""
    list: bool = False
    """A list written as JSON or as a Python literal, and nothing else."""


@dataclass(frozen=True)
class TableMapping:
    """A cell for every column of ours that a table fills, by what it becomes."""

    cells: Mapping[Role, Mapping[str, Cell]]
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Words of the file to kinds of ours."""
    file: str = ""
    """Where it was written; "" for a table whose columns bear our names."""

    @classmethod
    def natural(cls, columns: Sequence[str], role: Role | None = None, *given: str) -> Self:
        """The mapping of a table whose columns bear our names; `role` None: told from all and `given`."""
        here = {*columns, *given}
        if role is None:
            role = "links" if {"person", "user_id"} <= here else "events" if "user_id" in here else "items"
        roles = [role]
        if role == "events" and "item_id" in here and here & (ITEM.columns.keys() - EVENT.columns.keys()):
            roles.append("items")
        return cls(
            {one: {name: Cell(name) for name in names_of(ROLES[one]) if name in columns} for one in roles}
        )

    def columns(self) -> tuple[str, ...]:
        """The columns of the file that are read, each once."""
        cells = (cell for part in self.cells.values() for cell in part.values())
        return tuple(dict.fromkeys(cell.column for cell in cells if cell.column is not None))

    def only(self, role: Role | None) -> Self:
        """What of it makes `role`; for events, the items beside them too. MappingError where nothing does."""
        if role is None:
            return self
        if role not in self.cells:
            section = next(name for name, one in _SECTIONS.items() if one == role)
            raise MappingError(f"there is no section [{section}]", f"Add it to read {role}.", file=self.file)
        kept = ("events", "items") if role == "events" else (role,)
        return replace(self, cells={one: cells for one, cells in self.cells.items() if one in kept})

    def with_constants(self, **constants: str) -> Self:
        """The same with these columns constant, whatever stands in the file."""
        fixed = {name: Cell(value=value) for name, value in constants.items() if value}
        return replace(
            self,
            cells={
                role: {**cells, **{name: cell for name, cell in fixed.items() if name in ROLES[role].columns}}
                for role, cells in self.cells.items()
            },
        )

    def check(self, file: Path, columns: Sequence[str]) -> None:
        """Raises MappingError where `file` lacks a mapped column, InputError where a needed one is none."""
        for role, cells in self.cells.items():
            for name, cell in cells.items():
                if cell.column is not None and cell.column not in columns:
                    raise MappingError(
                        f"{name} of the {role} wants the column {cell.column!r}, which {file} does not have",
                        f"Its columns are: {', '.join(_nearest_first(cell.column, columns))}.",
                        file=self.file,
                        field=name,
                    )
        for role, cells in self.cells.items():
            if absent := next((name for name in ROLES[role].required if name not in cells), None):
                raise self._lacks(file, role, absent, columns)
        if not self.columns():
            raise MappingError("no column of the file is read", _HELP, file=self.file or str(file))

    def _lacks(self, file: Path, role: Role, name: str, columns: Sequence[str]) -> InputError:
        kind = MappingError if self.file else InputError
        hint = {
            "platform": "Add `platform` to the file or the mapping, or pass --platform NAME.",
            "user_id": "Name the column in a mapping, or pass --user ID if all rows are of one person.",
        }.get(name, "Name the column in a mapping: --map map.toml.")
        found = f" The columns are: {', '.join(columns)}." if columns else ""
        return kind(
            f"nothing says the {name} of these {role}.{found}", hint, file=self.file or str(file), field=name
        )


def names_of(table: Table) -> tuple[str, ...]:
    """The names a file or a mapping can give the columns of `table`; of a struct those of its fields."""
    plain = tuple(name for name in table.columns if name != "context")
    return plain + _CONTEXT if "context" in table.columns else plain


def load_mapping(file: Path) -> TableMapping:
    """Read a mapping. Raises MappingError for bad TOML (with the line), an unknown section, column or key."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        raw = tomllib.loads(text.replace("\r\n", "\n"))
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", _HELP, file=str(file)) from error
    except UnicodeDecodeError as error:
        raise MappingError("is not valid UTF-8", _HELP, file=str(file)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"line (\d+)", str(error))
        raise MappingError(
            f"is no TOML: {error}", _HELP, file=str(file), line=int(at[1]) if at else None
        ) from error
    return _Reader(str(file)).mapping(raw)


@dataclass(frozen=True)
class _Reader:
    """Turns TOML tables into cells; every error names the file and the field."""

    file: str

    def mapping(self, raw: dict[str, Any]) -> TableMapping:
        self._refuse_unknown("section", raw, (*_SECTIONS, "kinds"))
        cells: dict[Role, Mapping[str, Cell]] = {}
        for section, role in _SECTIONS.items():
            if section in raw:
                cells[role] = self._section(section, raw[section], ROLES[role])
        if not cells:
            raise MappingError(
                "maps nothing", "It needs a section [event], [item] or [link].", file=self.file
            )
        ids = {name: cell for name, cell in cells.get("events", {}).items() if name in _SHARED}
        for role in cells.keys() - {"events"}:
            shared = {name: cell for name, cell in ids.items() if name in ROLES[role].columns}
            cells[role] = {**shared, **cells[role]}
        return TableMapping(cells, self._kinds(raw.get("kinds", {})), self.file)

    def _section(self, section: str, raw: Any, table: Table) -> dict[str, Cell]:
        if not isinstance(raw, dict):
            raise self._error(f"[{section}] is no table", section)
        context = raw.get("context")
        if isinstance(context, dict):  # context.device = "…" without quotes around the name
            raw = {key: value for key, value in raw.items() if key != "context"}
            raw |= {f"context.{key}": value for key, value in context.items()}
        self._refuse_unknown(f"column of [{section}]", raw, names_of(table))
        return {name: self._cell(section, name, value, table) for name, value in raw.items()}

    def _cell(self, section: str, name: str, raw: Any, table: Table) -> Cell:
        where = f"{section}.{name}"
        if isinstance(raw, str):
            return Cell(column=raw)
        if not isinstance(raw, dict):
            raise self._error('is neither "column" nor { column = … } nor { value = … }', where)
        dtype = table.columns.get(name)
        more: tuple[str, ...] = ("unit", "format", "timezone") if isinstance(dtype, pl.Datetime) else ()
        more = ("split", "list") if isinstance(dtype, pl.List) else more
        self._refuse_unknown(f"key of {where}", raw, ("column", "value", *more))
        if ("column" in raw) == ("value" in raw):
            raise self._error("needs either `column` or `value`", where)
        for key, value in raw.items():
            parts = value if isinstance(value, list) else []
            if not isinstance(value, _types_of(key, dtype)) or not all(isinstance(one, str) for one in parts):
                raise self._error(f"{key} = {value!r} is of the wrong type", where)
        if raw.get("unit", "s") not in UNITS:
            raise self._error(f"the unit {raw['unit']!r} is none of {', '.join(UNITS)}", where)
        if raw.get("split") == "":
            raise self._error("`split` is empty", where)
        self._check_zone(raw.get("timezone"), where)
        return Cell(**raw)

    def _check_zone(self, zone: str | None, where: str) -> None:
        try:
            if zone is not None:
                ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise self._error(
                f"there is no timezone {zone!r} (they look like Asia/Shanghai)", where
            ) from error

    def _kinds(self, raw: Any) -> dict[str, str]:
        if not isinstance(raw, dict):
            raise self._error("[kinds] is no table", "kinds")
        for kind in raw.values():
            if kind not in EVENT_KINDS:
                raise MappingError(
                    f"[kinds] names the kind {kind!r}, which there is not",
                    f"Kinds: {', '.join(_nearest_first(str(kind), EVENT_KINDS))}.",
                    file=self.file,
                    field="kinds",
                )
        return dict(raw)

    def _refuse_unknown(self, what: str, raw: Mapping[str, Any], known: Sequence[str]) -> None:
        if unknown := next((key for key in raw if key not in known), None):
            names = ", ".join(_nearest_first(unknown, known))
            raise MappingError(f"there is no {what} named {unknown!r}", f"Known: {names}.", file=self.file)

    def _error(self, message: str, where: str) -> MappingError:
        return MappingError(message, _HELP, file=self.file, field=where)


_SHARED = ("platform", "user_id", "item_id")
"""Said once in [event], these hold for [item] and [link] too."""


def _types_of(key: str, dtype: pl.DataType | None) -> tuple[type, ...]:
    if key == "list":
        return (bool,)
    if key != "value":
        return (str,)
    if isinstance(dtype, pl.List):
        return (list,)
    if isinstance(dtype, pl.Float64):
        return (int, float)
    return (bool,) if isinstance(dtype, pl.Boolean) else (str,)


def _nearest_first(name: str, names: Sequence[str]) -> list[str]:
    near = get_close_matches(name, names, n=3, cutoff=0.4)
    return [*near, *(other for other in names if other not in near)][:30]
