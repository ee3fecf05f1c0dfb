"""`isthmus match`: which items of several platforms are one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, Json

if TYPE_CHECKING:
    from isthmus.pipeline import Matching

__all__ = ["register"]

_EXAMPLES = (
    "Examples: [bold]isthmus match ws[/]   [bold]isthmus match ws --least 0.5 --out matches.csv[/]   "
    "[bold]isthmus match ws --review matches.csv[/]"
)
_SHOWN = 20
"""Matches shown on a screen; the others go to a file."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("match", epilog=_EXAMPLES)(match)


def match(
    workspace: WS,
    least: Annotated[
        float, typer.Option("--least", help="Find and keep matches of at least this confidence.")
    ] = 0.9,
    vectors: Annotated[
        bool, typer.Option("--vectors/--no-vectors", help="Compare texts too, where nothing else matched.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the matches to a .csv, .jsonl or .parquet file.", metavar="FILE"),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(
            "--review", help="Take in such a file with yes or no in its column `same`.", metavar="FILE"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find items of several platforms that are one: by ids, by title, creator and year, by their texts.

    Matches of a confidence of at least 0.9, and those a person confirmed, are left out of lists of whoever
    knows the other one. A pair that a person refused never comes back.
    """
    from isthmus.cli.printing import print_json
    from isthmus.cli.progress import Bars
    from isthmus.cli.writing import writer_of
    from isthmus.pipeline import Workspace, find_matches, review_matches

    write = None if out is None else writer_of(out)
    opened = Workspace.open(workspace)
    if review is not None:
        found = review_matches(opened, review, progress=Bars())
    else:
        found = find_matches(opened, least=least, vectors=vectors, progress=Bars())
    if write is not None and out is not None:
        write(found.frame, out)
    if as_json:
        print_json({"workspace": str(workspace), **found.to_dict(matches=out is None)})
    else:
        _show(found, review, out)


def _show(found: "Matching", review: Path | None, out: Path | None) -> None:
    from isthmus.cli.printing import note, print_table
    from isthmus.cli.printing import out as console

    counted = ["id", "title", "vectors", "certain", "confirmed", "refused"]
    rows = [
        [one.platform, one.other_platform, *(f"{getattr(one, name):,}" for name in counted)]
        for one in found.pairs
    ]
    if review is not None:
        console().print(
            f"{review}: {found.judged:,} new verdicts, {found.undecided:,} left open.", markup=False
        )
    elif out is None:
        _show_matches(found)
    if rows:
        print_table(["platform", "other", *counted], rows, title="Matches", right=counted)
    else:
        note("No matches. Lower the bar: --least 0.5")
    if out is not None:
        console().print(f"{out}: {found.frame.height:,} matches.", markup=False)


def _show_matches(found: "Matching") -> None:
    from isthmus.cli.printing import note, print_table

    rows = [
        [f"{one['confidence']:.2f}", one["how"] or "review", *(_named(one, side) for side in ("", "other_"))]
        for one in found.frame.head(_SHOWN).to_dicts()
    ]
    if rows:
        print_table(["confidence", "how", "item", "is the same as"], rows, right=["confidence"])
    if found.frame.height > _SHOWN:
        note(f"{found.frame.height - _SHOWN:,} more matches: write them all with --out matches.csv.")


def _named(match: dict[str, str], side: str) -> str:
    where, id_, title = (match[f"{side}{name}"] for name in ("platform", "item_id", "title"))
    return f"{where}:{id_} {title or ''}".strip()
