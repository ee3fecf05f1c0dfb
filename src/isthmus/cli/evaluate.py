"""`isthmus evaluate`: how good are the lists, and how sure is that."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, as_settings

if TYPE_CHECKING:
    from isthmus.evaluation import Report

__all__ = ["register", "show_report"]

_EXAMPLE = (
    "Example: isthmus evaluate ws --target films --protocol cold-start "
    "--models popularity,content,ease,bridge --seed 0 --report report.html"
)
_SHOWN = ("ndcg@10", "recall@10", "mrr@10", "coverage@10")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate", epilog=_EXAMPLE)(evaluate)


def evaluate(
    workspace: WS,
    target: Annotated[
        str, typer.Option("--target", help="The platform to recommend from.", show_default=False)
    ],
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            help="cold-start, k-shot, leave-last-out, time-split, rolling-windows, leave-platform-out "
            "or cold-items.",
        ),
    ] = "cold-start",
    models: Annotated[
        str, typer.Option("--models", help="Names, with commas between.")
    ] = "popularity,content,ease,bridge",
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="Start of chance (repeat for more).")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", help="For the protocol, as in test=0.3.", metavar="NAME=VALUE"),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Write all figures here; - is the standard output.", metavar="F"),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Write a page with plots here.", metavar="F")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Of the page: en or zh.")] = "en",
) -> None:
    """Test models on people whose events on the target are hidden; all items of it are ranked.

    Nothing saved in the workspace is touched.
    """
    from isthmus.cli.printing import out
    from isthmus.cli.progress import Bars
    from isthmus.cli.writing import write_text
    from isthmus.evaluation import render_report
    from isthmus.pipeline import Workspace, evaluate_models

    names = [name.strip() for name in models.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("Name at least one model.", param_hint="--models")
    report = evaluate_models(
        Workspace.open(workspace), names, target=target, protocol=protocol, seeds=seed or [0],
        options=as_settings(options or ()), progress=Bars(),
    )  # fmt: skip
    if report_file is not None:
        title = f"{protocol} on {target}"
        write_text(report_file, render_report(report, title=title, language=language))
    if json_file is not None and str(json_file) == "-":
        typer.echo(report.to_json())
        return
    if json_file is not None:
        write_text(json_file, report.to_json() + "\n")
    show_report(report)
    for file in (json_file, report_file):
        if file is not None:
            out().print(f"Written: {file}", markup=False)


def show_report(report: "Report") -> None:
    """The headline figures for people."""
    from isthmus.cli.printing import note, print_table

    shown = [metric for metric in report.metrics if metric in _SHOWN] or list(report.metrics[:3])
    columns = ["model", *shown, "lists", "fit", "recommend"]
    rows = [[row[name] for name in columns] for row in report.table()]
    seeds = ", ".join(map(str, report.seeds))
    print_table(columns, rows, title=f"{report.protocol} on {report.target}, seed {seeds}", right=columns[1:])
    leaked = report.twins.get("test_rows_with_a_twin", 0)
    if leaked and report.headline == "without":
        note(f"{leaked:,} test rows whose item the person knows from another platform do not count (twins).")
    for check, found in report.leaks.items():
        if found["warning"] and check != "twins":
            note(str(found["says"]))
