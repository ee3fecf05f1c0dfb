"""From files to the workspace: read, check, give pseudonyms, append; all of a file counts, or nothing."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from isthmus.engine import Progress, Silent, ahead
from isthmus.errors import InputError
from isthmus.events import check
from isthmus.items import check_items
from isthmus.pipeline.rejects import RejectFile
from isthmus.pipeline.workspace import Workspace
from isthmus.privacy import Pseudonyms
from isthmus.schema import REJECT
from isthmus.sources import Batch, Source
from isthmus.sources.opening import opened
from isthmus.storage import Writer

__all__ = ["Imported", "find_last_event", "import_batches", "import_files"]

_SHOWN = 5
_LARGE_BYTES = 8_000_000
"""Files below this are one batch, or as good as."""
_MANY_PARTS = 16
_MANY_PEOPLE = 200_000
"""When so many, or as many as are known, have been met, those met before are told apart from the others."""
_COUNTED = (
    "events", "duplicates", "conflicts", "items_added", "items_updated", "links", "rejects", "cut_texts",
)  # fmt: skip


@dataclass(frozen=True)
class Imported:
    """What became of one file."""

    file: str
    counts: Mapping[str, int]
    """events, duplicates, conflicts, items_added, items_updated, links, rejects, cut_texts."""
    first_rejects: tuple[Mapping[str, object], ...]
    """At most five, with the columns of REJECT."""
    rejects_file: Path | None
    ignored: tuple[str, ...]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    rows: int
    """Events, items and links read, taken or not."""
    seconds: float


def import_files(
    workspace: Workspace,
    source: Source,
    paths: Sequence[Path | str],
    *,
    strict: bool = False,
    progress: Progress | None = None,
    shown: Callable[[str], str] = str,
) -> Iterator[Imported]:
    """Take in the files that `source` finds under `paths`, one transaction and one result per file.

    A text like `s3://bucket/events.csv` is an address, and what lies there is copied for as long as it is
    read; an archive counts as the folder of its members. `shown` turns the names of files into those that a
    person knows. Raises InputError for a file that cannot be read and, if `strict`, at the first row that
    cannot be taken; nothing of that file is kept then, and the files before it stay.
    """
    with opened(paths, getattr(source, "patterns", ("*",))) as given:
        for file in source.files(given.paths):
            with closing(_read(source, file)) as batches:
                done = import_batches(
                    workspace,
                    batches,
                    source=source.name,
                    file=shown(given.shown(str(file))),
                    strict=strict,
                    progress=progress,
                )
            yield done


def _read(source: Source, file: Path) -> Generator[Batch, None, None]:
    """The batches of `file`; of a large one the next is read while the last is stored."""
    batches = source.read(file)
    yield from ahead(batches) if file.is_file() and file.stat().st_size >= _LARGE_BYTES else batches


def import_batches(
    workspace: Workspace,
    batches: Iterable[Batch],
    *,
    source: str,
    file: str,
    strict: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Take in the batches of one file; all of them count, or none. Raises as `import_files` does."""
    started = time.perf_counter()
    with workspace.writing(progress) as writer:
        earlier = workspace.store.imports()
        rejected = RejectFile(workspace.folder, earlier[-1].id + 1 if earlier else 1)
        intake = _Intake(workspace, workspace.pseudonyms.remembering(), writer, file, rejected, strict)
        try:
            with (progress or Silent()).track(f"Importing {Path(file).name}", 0) as advance:
                for batch in batches:
                    advance(intake.take(batch))
            intake.close()
            rejects_file = rejected.finish()
            writer.record_import(source, file, intake.counts)
            done = intake.result(rejects_file, started)
        except BaseException:
            rejected.discard()
            raise
    return done


def find_last_event(workspace: Workspace, platform: str, user_id: str) -> datetime | None:
    """When the newest known event of a person on a platform happened; None where there is none."""
    asked = pl.DataFrame({"platform": [platform], "user_id": [user_id]})
    coded, _ = workspace.pseudonyms.replace(asked)
    theirs = (pl.col("platform") == platform) & (pl.col("user_id") == coded["user_id"][0])
    last: datetime | None = (
        workspace.log.read().filter(theirs).select(pl.col("occurred_at").max()).collect().item()
    )
    return last


@dataclass
class _Intake:
    """The state of one import."""

    workspace: Workspace
    pseudonyms: Pseudonyms
    writer: Writer
    file: str
    rejected: RejectFile
    strict: bool
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    first_rejects: list[Mapping[str, object]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    people: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0

    def take(self, batch: Batch) -> int:
        """Take in one batch; returns how many rows it had."""
        self._refuse(batch.rejects.with_columns(file=pl.lit(self.file)))
        if batch.items.height:
            self._take_items(batch.items)
        if batch.events.height:
            self._take_events(batch.events)
        if batch.links.height:
            self._take_links(batch.links)
        self.ignored += [name for name in batch.ignored if name not in self.ignored]
        self.notes += [note for note in batch.notes if note not in self.notes]
        for why, rows in batch.left_out.items():
            self.left_out[why] = self.left_out.get(why, 0) + rows
        rows = batch.events.height or batch.items.height or batch.links.height
        self.rows += rows + batch.rejects.height
        return rows

    def close(self) -> None:
        """Enter who came in into the vault: once per file, since that reads all of it."""
        if self.people:
            self.workspace.identities.add(self.writer, pl.concat(self.people, how="diagonal"))

    def result(self, rejects_file: Path | None, started: float) -> Imported:
        """What became of the file."""
        return Imported(
            self.file,
            dict(self.counts),
            tuple(self.first_rejects),
            rejects_file,
            tuple(self.ignored),
            dict(self.left_out),
            tuple(self.notes),
            self.rows,
            time.perf_counter() - started,
        )

    def _take_items(self, items: pl.DataFrame) -> None:
        # A source gives each item once, from wherever in the file it stood: lines are not known here.
        lines = pl.Series([None], dtype=pl.Int64).new_from_index(0, items.height)
        checked = check_items(items, self.file, self.workspace.settings.importing, lines)
        self._refuse(checked.rejects)
        added = self.workspace.catalogue.add(self.writer, checked.good)
        self.counts["items_added"] += added.added
        self.counts["items_updated"] += added.updated
        self.counts["cut_texts"] += checked.cut

    def _take_events(self, events: pl.DataFrame) -> None:
        checked = check(events, file=self.file, settings=self.workspace.settings.importing, now=self.now)
        self._refuse(checked.rejects)
        coded, who = self.pseudonyms.replace(checked.events)
        self._remember(who)
        done = self.workspace.log.append(self.writer, coded, file=self.file, lines=checked.lines)
        self._refuse(_named(done.conflicts, who))
        self.counts["events"] += done.added
        self.counts["duplicates"] += done.duplicates
        self.counts["conflicts"] += done.conflicts.height
        self.counts["cut_texts"] += checked.cut

    def _take_links(self, links: pl.DataFrame) -> None:
        coded, who = self.pseudonyms.replace(links)
        persons = self.workspace.pseudonyms.persons(links["person"])
        done = self.workspace.links.add(self.writer, coded.with_columns(person=persons), file=self.file)
        self._refuse(_named(done.rejects, who))
        self._remember(who)
        named = pl.DataFrame({"pseudonym": persons, "person": links["person"]})
        self._remember(named.drop_nulls().unique(maintain_order=True))
        self.counts["links"] += done.added
        self.counts["duplicates"] += done.duplicates

    def _remember(self, who: pl.DataFrame) -> None:
        self.people.append(who)
        more = sum(part.height for part in self.people[1:])
        if len(self.people) > _MANY_PARTS or more > max(_MANY_PEOPLE, self.people[0].height):
            # The same people come back in every batch.
            self.people = [pl.concat(self.people, how="diagonal").unique("pseudonym", maintain_order=True)]

    def _refuse(self, rejects: pl.DataFrame) -> None:
        if rejects.is_empty():
            return
        if self.strict:
            first = rejects.row(0, named=True)
            raise InputError(
                f"{first['reason']}. Nothing of this file was taken (--strict).",
                "Mend the row, or import without --strict to take the others.",
                file=first["file"],
                line=first["line"],
                field=first["field"] or "",
            )
        self.rejected.add(rejects)
        self.counts["rejects"] += rejects.height
        self.first_rejects += rejects.head(_SHOWN - len(self.first_rejects)).to_dicts()


def _named(rejects: pl.DataFrame, who: pl.DataFrame) -> pl.DataFrame:
    """Rejects that came back under pseudonyms, under the ids that stand in the file."""
    if rejects.is_empty():
        return rejects
    names = who.select(user_id="pseudonym", said="user_id")
    back = rejects.join(names, on="user_id", how="left", maintain_order="left")
    return back.with_columns(user_id=pl.coalesce("said", "user_id")).select(*REJECT.columns)
