"""`isthmus fit`: learn from everything in the workspace."""

from pathlib import Path
from typing import Annotated

import typer

from isthmus.cli.options import WS, Json, Seed, as_settings

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("fit", epilog="Example: isthmus fit ws --model bridge --target films --seed 0")(fit)


def fit(
    workspace: WS,
    model: Annotated[
        str, typer.Option("--model", help="bridge, ease, slim, popularity or another (guide: Methods).")
    ] = "bridge",
    target: Annotated[
        str | None, typer.Option("--target", help="Fit for lists of this platform; by default of any.")
    ] = None,
    seed: Seed = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the model.", metavar="NAME=VALUE")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="TOML file with settings of the model.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn from everything in the workspace; the model that was there stays in use until this is done."""
    from isthmus.cli.printing import note, out, print_json
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, fit_model

    given = as_settings(settings or (), config)
    saved = fit_model(
        Workspace.open(workspace), model, target=target, seed=seed, config=given, progress=Bars()
    )
    if as_json:
        print_json({"model": saved.model, "fitted_at": saved.fitted_at.isoformat(), **saved.about})
        return
    figures = saved.about["dataset"]
    out().print(
        f"Fitted {saved.model} in {saved.about['seconds']:.1f} s: {figures['people']:,} people, "
        f"{figures['items']:,} items on {', '.join(figures['platforms'])}.",
        markup=False,
    )
    for remark in saved.about["remarks"]:
        note(remark)
    out().print(f"Next: isthmus recommend {workspace} --user ID --platform P --explain", markup=False)
