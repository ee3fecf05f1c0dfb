"""The contract of every source: which files it reads, and the batches it makes of them."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import polars as pl

from isthmus.errors import InputError
from isthmus.schema import EVENT, ITEM, LINK, REJECT, conform
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import Broken

__all__ = ["BATCH_ROWS", "EVENT_WITH_LINE", "Batch", "PersonalSource", "Source", "make_batch", "reject"]

BATCH_ROWS = 250_000
"""Rows of a file in one batch, unless asked otherwise."""

EVENT_WITH_LINE = pl.Schema({**EVENT.columns, "line": pl.Int64()})
"""The columns of `Batch.events`."""

_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F:]*")


@dataclass(frozen=True)
class Batch:
    """Some rows of one file, as the tables they become. Any of the tables may be empty."""

    events: pl.DataFrame
    """The columns of EVENT, and `line` (Int64): the line of the file, of Parquet the row, from 1."""
    items: pl.DataFrame
    """The columns of ITEM."""
    links: pl.DataFrame
    """The columns of LINK."""
    rejects: pl.DataFrame
    """The columns of REJECT: rows that could not be parsed."""
    ignored: tuple[str, ...] = ()
    """Columns of the file that nothing was read from; told once per file, in its first batch."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows left out on purpose: why, and how many."""
    notes: tuple[str, ...] = ()
    """What a person should know of how the file was read; told once per file."""


@runtime_checkable
class Source(Protocol):
    """Something that turns files into batches."""

    name: str
    """The name of the source: "spotify"."""
    platform: str
    """The platform of its events; "" where the file says it."""

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files below these folders, globs and files that this source reads; InputError where none is."""
        ...

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows, read as asked for. InputError for an unreadable file."""
        ...


class PersonalSource(ABC):
    """An export of one person's account: its events belong to the person named by `user_id`."""

    name: ClassVar[str]
    patterns: ClassVar[tuple[str, ...]]
    """File names of the export, lower case, with * and ?."""
    advice: ClassVar[str]
    """How to get the export: the hint where no file is found."""
    marks: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Words that stand near the beginning of its files; one group of them is enough for `import auto`."""

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        if not user_id:
            raise InputError(
                f"an export of {self.name} does not say whose it is",
                "Name the person: --user ID.",
                field="user_id",
            )
        self.user_id = user_id
        self.platform = platform or self.name
        self.batch_rows = batch_rows

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of the export below `paths`; a file named outright is taken whatever its name."""
        return find_files(paths, self.patterns, self.advice)

    @abstractmethod
    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows. InputError for a file that cannot be read at all."""

    def event_id(self, *parts: object) -> str:
        """An id of an event of this person that is the same whenever the same parts are read again."""
        known_by = "\x1f".join([self.platform, self.user_id, *map(str, parts)])
        return hashlib.sha256(known_by.encode()).hexdigest()[:32]

    def refused(self, file: Path, line: int, error: InputError) -> dict[str, Any]:
        """The reject for a row one of whose fields could not be read."""
        reason = error.message.removeprefix(f"field {error.field}: ")
        return reject(file, line, reason, field=error.field, platform=self.platform, user_id=self.user_id)

    def rejected(self, file: Path, broken: Iterable[Broken]) -> list[dict[str, Any]]:
        """Rejects for rows that have no shape; what stood there is not kept, for it may be private."""
        return [
            reject(file, one.line, one.reason, platform=self.platform, user_id=self.user_id) for one in broken
        ]

    def batch(
        self,
        events: Sequence[Mapping[str, Any]] = (),
        items: Sequence[Mapping[str, Any]] = (),
        rejects: Sequence[Mapping[str, Any]] = (),
        **more: Any,
    ) -> Batch:
        """A batch from rows; platform and person are filled in, and equal items are kept once."""
        whose = {"platform": self.platform, "user_id": self.user_id}
        rows = [{**whose, **row} for row in events]
        known = {row["item_id"]: {"platform": self.platform, "hidden": False, **row} for row in items}
        return make_batch(
            events=pl.DataFrame(rows, schema=EVENT_WITH_LINE),
            items=pl.DataFrame(list(known.values()), schema=ITEM.schema),
            rejects=rejects,
            **more,
        )


def make_batch(
    *,
    events: pl.DataFrame | None = None,
    items: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
    rejects: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Batch:
    """A batch whose absent tables are empty and whose other tables have the columns of the schema."""
    return Batch(
        events=pl.DataFrame(schema=EVENT_WITH_LINE) if events is None else _conform_events(events),
        items=ITEM.empty() if items is None else conform(items, ITEM),
        links=LINK.empty() if links is None else conform(links, LINK),
        rejects=pl.DataFrame(list(rejects), schema=REJECT.schema),
        **more,
    )


def reject(file: Path, line: int, reason: str, **more: str | None) -> dict[str, Any]:
    """One row of REJECT; network addresses are struck from what is said of the file."""
    raw = more.pop("raw", None)
    return {
        **dict.fromkeys(REJECT.columns),
        "file": str(file),
        "line": line,
        "reason": _ADDRESS.sub("[address]", reason),
        "raw": None if raw is None else _ADDRESS.sub("[address]", raw),
        **more,
    }


def _conform_events(frame: pl.DataFrame) -> pl.DataFrame:
    return conform(frame.drop("line"), EVENT).with_columns(frame["line"].cast(pl.Int64))
