"""`isthmus drift`: has what comes in, or how good the lists are, changed?"""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, Json, Seed

if TYPE_CHECKING:
    from isthmus.evaluation.drift import Drift

__all__ = ["DRIFT", "register"]

DRIFT = 10
"""Exit code where there is drift, for schedulers; mistakes have smaller ones."""

_EXAMPLE = "Example: isthmus drift ws --window 30d --model popularity --json"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("drift", epilog=_EXAMPLE)(drift)


def drift(
    workspace: WS,
    window: Annotated[
        str, typer.Option("--window", help="Length of a window: hours, days or weeks, as in 12h, 30d, 4w.")
    ] = "30d",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", help="Where the windows to compare with begin (UTC); by default three windows before.",
            formats=_MOMENTS, metavar="DATE",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", help="Where the current window ends (UTC); by default with the newest event.",
            formats=_MOMENTS, metavar="DATE",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Look at scores and quality too, with such a model fitted afresh."),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Compare the newest window with those before it, per platform: kinds, popularity and texts of what comes
    in; with a model also its scores and its quality.

    The exit code is 0 where there is no drift and 10 where there is.
    """
    from isthmus.cli.printing import print_json
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, find_drift

    found = find_drift(
        Workspace.open(workspace), window=_duration(window), since=since, until=until, model=model,
        seed=seed, progress=Bars(),
    )  # fmt: skip
    if as_json:
        print_json(found.to_dict())
    else:
        _show(found)
    if found.found:
        raise typer.Exit(DRIFT)


def _show(found: "Drift") -> None:
    """Every check, for people."""
    from isthmus.cli.printing import out, print_table

    since, start, stop = (moment[:16].replace("T", " ") for moment in found.windows.words)
    columns = ["platform", "check", "drift", "distance", "by chance", "limit", "p", "behind it"]
    rows = [
        [
            one.platform, one.check, "yes" if one.drift else "no", f"{one.value:.4f}",
            f"{one.by_chance:.4f}", f"+{one.threshold:g}", f"{one.p:.4f}", one.says,
        ]
        for one in found.findings
    ]  # fmt: skip
    title = f"{start} to {stop} UTC against {since} to {start}, in {found.windows.count - 1} windows"
    print_table(columns, rows, title=title, right=columns[3:7])
    out().print("Drift." if found.found else "No drift.", markup=False)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)([hdw])", text.strip())
    if match is None or int(match[1]) == 0:
        raise typer.BadParameter("Write hours, days or weeks, as in 12h, 30d, 4w.", param_hint="--window")
    return int(match[1]) * _UNITS[match[2]]
