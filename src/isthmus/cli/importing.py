"""`isthmus import`: take in exports and tables."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.options import WS, Files, Json, MapFile, Strict

if TYPE_CHECKING:
    from isthmus.pipeline import Imported

__all__ = ["import_and_show", "register", "show_imported", "take_in"]

_EXAMPLES = (
    "Examples: [bold]isthmus import ws auto my_data.zip --user lin-mei[/]   "
    "[bold]isthmus import ws table events.parquet --map map.toml[/]   "
    "[bold]isthmus import ws spotify my_spotify_data/ --user lin-mei[/]"
)
_COUNTS = {
    "events": "events", "duplicates": "there already", "items_added": "items",
    "items_updated": "items updated", "links": "links", "rejects": "rejected", "cut_texts": "texts cut",
}  # fmt: skip
"""What is told of a file; "conflicts" are among the rejected."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import", epilog=_EXAMPLES)(import_)


def import_(
    workspace: WS,
    source: Annotated[
        str,
        typer.Argument(
            help="auto: tell from the files; or the name of a source.", metavar="SOURCE", show_default=False
        ),
    ],
    files: Files,
    mapping: MapFile = None,
    user: Annotated[
        str | None,
        typer.Option("--user", help="Whose export it is; for a table: of every row.", metavar="ID"),
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", help="Call the platform so, whatever the files say.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", help="Whose events, where an export holds several people (netflix, movielens)."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Address of the database (sql); or ISTHMUS_SQL_URL.", metavar="URL"),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With auto: take in what was found without asking.")
    ] = False,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Take in what people did, and the items and links that come with it.

    All of a file counts, or nothing of it; the same file again adds nothing. Rows that cannot be taken are
    counted, shown and kept in the workspace under rejects/. An archive (zip, tar) can be given as it came.
    """
    options = {"user_id": user, "platform": platform, "mapping": mapping, "profile": profile, "url": url}
    if source == "auto":
        from isthmus.cli.auto import take_in_all

        take_in_all(workspace, files, options, yes=yes, strict=strict, as_json=as_json)
    else:
        take_in(workspace, source, files, options, strict=strict, as_json=as_json)


def take_in(
    folder: Path,
    name: str,
    files: Sequence[Path | str],
    options: dict[str, Any],
    *,
    strict: bool,
    as_json: bool,
) -> None:
    """Import with the source `name` and show what became of each file as soon as it is known."""
    from isthmus.cli.printing import print_json

    told = import_and_show(folder, name, files, options, strict=strict, quiet=as_json)
    if as_json:
        print_json({"workspace": str(folder), "source": name, "files": told})


def import_and_show(
    folder: Path,
    name: str,
    files: Sequence[Path | str],
    options: dict[str, Any],
    *,
    strict: bool,
    quiet: bool,
    shown: Callable[[str], str] = str,
) -> list[dict[str, Any]]:
    """Import with the source `name`, show what became of each file unless `quiet`, and return it."""
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, find_last_event, import_files
    from isthmus.sources import load_source, options_of

    workspace = Workspace.open(folder)
    if "since" in options_of(name):
        whose = (options["platform"] or name.removesuffix("_api"), options["user_id"] or "")
        options = {**options, "since": find_last_event(workspace, *whose)}
    source = load_source(name, batch_rows=workspace.settings.importing.batch_rows, **options)
    told = []
    for done in import_files(workspace, source, files, strict=strict, progress=Bars(), shown=shown):
        told.append(_as_dict(done))
        if not quiet:
            show_imported(done)
    return told


def show_imported(done: "Imported") -> None:
    """What became of one file, for people."""
    from isthmus.cli.printing import note, out

    counted = [f"{done.counts[key]:,} {words}" for key, words in _COUNTS.items() if done.counts[key]]
    speed = f"{done.rows / max(done.seconds, 1e-9):,.0f} rows/s"
    out().print(f"{done.file}: {', '.join(counted) or 'nothing new'} ({speed})", markup=False, soft_wrap=True)
    for row in done.first_rejects:
        place = ":".join(str(row[key]) for key in ("file", "line") if row[key] is not None)
        field = f", field {row['field']}" if row["field"] else ""
        note(f"{place}{field}: {row['reason']}")
    if done.rejects_file:
        note(f"All {done.counts['rejects']:,} rejected rows: {done.rejects_file}")
    if done.ignored:
        note(f"Nothing was read from the columns {', '.join(done.ignored)}.")
    for why, rows in done.left_out.items():
        note(f"{rows:,} left out: {why}")
    for message in done.notes:
        note(message)


def _as_dict(done: "Imported") -> dict[str, Any]:
    rejects_file = None if done.rejects_file is None else str(done.rejects_file)
    return {
        "file": done.file,
        **done.counts,
        "rows": done.rows,
        "seconds": round(done.seconds, 3),
        "rejects_file": rejects_file,
        "first_rejects": list(done.first_rejects),
        "ignored": list(done.ignored),
        "left_out": dict(done.left_out),
        "notes": list(done.notes),
    }
