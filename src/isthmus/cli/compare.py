"""`isthmus compare`: several models on several platforms and protocols, on one page."""

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
    from isthmus.evaluation import Study

__all__ = ["register", "show_study"]

_EXAMPLE = (
    "Example: isthmus compare ws --targets films,games --protocols cold-start,k-shot "
    "--models popularity,ease,bridge --seed 0 --seed 1 --report compare.html"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare", epilog=_EXAMPLE)(compare)


def compare(
    context: typer.Context,
    workspace: WS,
    targets: Annotated[
        str | None,
        typer.Option("--targets", help="Platforms to recommend from, with commas; by default all."),
    ] = None,
    protocols: Annotated[
        str, typer.Option("--protocols", help="Names as in `evaluate`, with commas.")
    ] = "cold-start",
    models: Models = "popularity,content,ease,bridge",
    seed: Seeds = None,
    options: Options = None,
    settings: SettingsFiles = None,
    transfer: Transfer = "best",
    json_file: JsonFile = None,
    report_file: ReportFile = None,
    language: Language = "both",
) -> None:
    """Test models on several platforms and protocols: who is best where, and what each source adds.

    Nothing saved in the workspace is touched. One page holds all of it, and what it takes to run it again.
    """
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, compare_models

    language = as_language(language)
    study = compare_models(
        Workspace.open(workspace),
        as_names(models, "--models"),
        targets=None if targets is None else as_names(targets, "--targets"),
        protocols=as_names(protocols, "--protocols"),
        seeds=seed or [0],
        options=as_settings(options or ()),
        settings=read_settings(settings),
        transfer=None if transfer == "none" else transfer,
        progress=Bars(),
    )
    asked = (dict.fromkeys(getattr(one, name) for one in study.reports) for name in ("protocol", "target"))
    title = " · ".join(", ".join(names) for names in asked)
    if write_report(study, title, report_file, json_file, language, command_of(context)):
        show_study(study)


def show_study(study: "Study") -> None:
    """Who is best where, what the sources add, and what could not be measured, for people."""
    from isthmus.cli.printing import note, print_table

    rows = []
    for report in study.reports:
        metric = report.headline_metric
        best = report.best(metric)
        tied = report.tied(best)
        marks = {best: "*", **dict.fromkeys(tied, "≈")}
        cells = [f"{marks.get(name, '')}{report.figure(name, metric).mean:.4f}" for name in study.models]
        rows.append([report.name, *cells])
    metric = study.reports[0].headline_metric
    title = f"{metric} (* best, ≈ may be as good: Holm over all pairs)"
    print_table(["scenario", *study.models], rows, title=title, right=study.models)
    _show_transfer(study)
    for one in study.skipped:
        note(f"{one.protocol} on {one.target} was not measured: {one.why}")


def _show_transfer(study: "Study") -> None:
    from isthmus.cli.printing import print_table

    found = [(report.name, one) for report in study.reports for one in report.transfer if one.k is None]
    if not found:
        return
    rows = [
        (name, one.source or "all at once", f"{one.without:.4f}", f"{one.with_it:.4f}",
         f"{one.difference:+.4f}", "real" if one.real else "may be chance")
        for name, one in found
    ]  # fmt: skip
    columns = ["scenario", "source", "without", "with", "difference", "verdict"]
    title = f"What each source adds to {found[0][1].model}"
    print_table(columns, rows, title=title, right=columns[2:5])
