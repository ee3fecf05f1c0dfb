"""`isthmus evaluate`: how good are the lists, and how sure is that."""

from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, as_settings
from isthmus.cli.reporting import (
    JsonFile,
    Language,
    Models,
    Options,
    ReportFile,
    Seeds,
    SettingsFiles,
    Transfer,
    as_language,
    as_names,
    command_of,
    read_settings,
    write_report,
)

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
    context: typer.Context,
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
    models: Models = "popularity,content,ease,bridge",
    seed: Seeds = None,
    options: Options = None,
    settings: SettingsFiles = None,
    transfer: Transfer = "best",
    json_file: JsonFile = None,
    report_file: ReportFile = None,
    language: Language = "en",
) -> None:
    """Test models on people whose events on the target are hidden; all items of it are ranked.

    Nothing saved in the workspace is touched. With --report, one model is fitted again without each source.
    """
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, evaluate_models

    language = as_language(language)
    report = evaluate_models(
        Workspace.open(workspace),
        as_names(models, "--models"),
        target=target,
        protocol=protocol,
        seeds=seed or [0],
        options=as_settings(options or ()),
        settings=read_settings(settings),
        transfer=None if report_file is None or transfer == "none" else transfer,
        progress=Bars(),
    )
    if write_report(report, f"{protocol} · {target}", report_file, json_file, language, command_of(context)):
        show_report(report)


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
