"""`isthmus demo`: the whole path once, on bundled data."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

Folder = Annotated[
    Path,
    typer.Option("--workspace", help="Folder to make; an earlier demo there is made anew.", metavar="WS"),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo", epilog="Example: isthmus demo --workspace demo-workspace")(demo)


def demo(workspace: Folder = Path("demo-workspace")) -> None:
    """Import sample exports, fit, recommend where the person is new, explain, score, evaluate, report.

    Titles are real, the reader is invented, the population is simulated.
    """
    from isthmus.cli.evaluate import show_report
    from isthmus.cli.importing import show_imported
    from isthmus.cli.printing import out
    from isthmus.cli.progress import Bars
    from isthmus.cli.recommend import show_list
    from isthmus.cli.score import show_score
    from isthmus.demo.run import EXPORTS, NEW_PLATFORMS, Demo
    from isthmus.demo.world import READER

    show = Demo.begin(workspace, Bars())
    _heading(1, f"Import the exports of {READER} (invented), in the formats of {', '.join(EXPORTS)}")
    for done in show.import_exports():
        show_imported(done)
    _heading(2, "Import a catalogue of five platforms and a population (simulated)")
    for done in show.import_world():
        show_imported(done)
    _heading(3, "Fit Bridge: texts and people of all platforms in one model")
    saved = show.fit()
    figures = saved.about["dataset"]
    out().print(
        f"{figures['people']:,} people, {figures['items']:,} items, {saved.about['seconds']:.1f} s",
        markup=False,
    )
    _heading(4, f"Recommend on {' and '.join(NEW_PLATFORMS)}, where {READER} is new, with reasons")
    answers = [show.recommend(platform) for platform in NEW_PLATFORMS]
    for answer in answers:
        show_list(answer, 0)
    _heading(5, "Score a sentence: “I would like to hear the latest news of technology”")
    show_score(show.score())
    _heading(6, "Evaluate: people who are new on games, all games ranked (simulated population)")
    report = show.evaluate()
    show_report(report)
    _heading(7, "Report")
    out().print(f"Open {show.write_report(report, answers).resolve()}", markup=False, soft_wrap=True)
    _next(workspace, READER)


def _heading(step: int, text: str) -> None:
    from isthmus.cli.printing import out

    out().print(f"\n[bold cyan]{step}[/] [bold]{text}[/]", soft_wrap=True)


def _next(workspace: Path, reader: str) -> None:
    from isthmus.cli.printing import out

    out().print("\n[bold]Try next[/]")
    for command in (
        f"isthmus interests {workspace} --user {reader}",
        f"isthmus recommend {workspace} --user {reader} --platform films --explain --diversity 0.3",
        f"isthmus import {workspace} steam {workspace}/exports/later --platform games --user {reader}",
        f"isthmus forget {workspace} --user {reader}",
    ):
        out().print(f"  {command}", markup=False, soft_wrap=True)
