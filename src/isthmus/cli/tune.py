"""`isthmus tune`: search settings of a model on validation people, and write what `fit --config` takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, Json, Seed, as_settings

if TYPE_CHECKING:
    from isthmus.tuning import Space, TuningResult

__all__ = ["register"]

_EXAMPLE = "Example: isthmus tune ws --model ease --target films --trials 30 --timeout 600"

Target = Annotated[str, typer.Option("--target", help="The platform to recommend from.", show_default=False)]
Method = Annotated[str, typer.Option("--model", help="bridge, ease, slim or another (guide: Methods).")]
Trials = Annotated[
    int, typer.Option("--trials", help="Settings to try, those of earlier calls included.", min=1)
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", help="Begin nothing new after so many seconds.", min=0, metavar="S"),
]
Protocol = Annotated[str, typer.Option("--protocol", help="Who is asked about what, as in evaluate.")]
Metric = Annotated[str, typer.Option("--metric", help="What to be best at, as in recall@20.")]
Folds = Annotated[
    int | None,
    typer.Option(
        "--folds",
        help="How often validation people are drawn; by default 3, or 1 where none are drawn.",
        min=1,
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="For the protocol, as in test=0.3.", metavar="NAME=VALUE"),
]
Fixed = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting that is not to be searched.", metavar="NAME=VALUE"),
]
SpaceFile = Annotated[
    Path | None,
    typer.Option("--space", help="TOML file that says what may be tried, instead of ours.", metavar="F"),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Where to write; by default WS/tuning/MODEL-TARGET.toml.", metavar="F"),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("tune", epilog=_EXAMPLE)(tune)


def tune(
    workspace: WS,
    target: Target,
    model: Method = "bridge",
    trials: Trials = 30,
    timeout_s: Timeout = None,
    protocol: Protocol = "cold-start",
    metric: Metric = "ndcg@10",
    folds: Folds = None,
    seed: Seed = 0,
    options: Options = None,
    settings: Fixed = None,
    space_file: SpaceFile = None,
    out_file: OutFile = None,
    as_json: Json = False,
) -> None:
    """Search the settings with which a model serves people best whose events on the target are hidden.

    They are validation people; the test of the same seed is not looked at. A search that was killed goes on
    where it was when it is called again. The result is a file for isthmus fit.
    """
    from isthmus.cli.printing import note, print_json
    from isthmus.cli.progress import Bars
    from isthmus.cli.writing import write_text
    from isthmus.pipeline import Workspace, tune_model, tuning_folder

    opened = Workspace.open(workspace)
    try:
        found = tune_model(
            opened, model, target=target, protocol=protocol, trials=trials, timeout_s=timeout_s,
            metric=metric, seed=seed, folds=folds, options=as_settings(options or ()),
            fixed=as_settings(settings or ()), space=_space(space_file, model), progress=Bars(),
        )  # fmt: skip
    except KeyboardInterrupt:
        note("Trials that ended are kept. The same command goes on; with --timeout 0 it only writes.")
        raise
    file = out_file or tuning_folder(opened) / _file_name(model, target)
    write_text(file, found.to_toml())
    if as_json:
        print_json({**found.to_dict(), "file": str(file)})
    else:
        _show(found, workspace, file)


def _file_name(model: str, target: str) -> str:
    """The names of platforms may hold any character, those of files may not."""
    return re.sub(r"[^\w.-]+", "_", f"{model}-{target}") + ".toml"


def _space(file: Path | None, model: str) -> "Space | None":
    """What may be tried; raises SettingsError naming the file."""
    from isthmus.errors import SettingsError
    from isthmus.tuning import parse_space

    if file is None:
        return None
    try:
        return parse_space(as_settings((), file), model)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error.message.removeprefix(f'{file}: ')}", error.hint) from error


def _show(found: "TuningResult", workspace: Path, file: Path) -> None:
    """What was found beside the defaults, for people."""
    from isthmus.cli.printing import note, out, print_table
    from isthmus.tuning.space import as_toml

    default = found.default_trial
    columns = ["setting", "found", "default"] if default else ["setting", "found"]
    rows = [
        [name, *map(as_toml, [value, *([default.values[name]] if default else [])])]
        for name, value in found.best.values.items()
    ]
    scores = [found.score, *([default.score] if default else [])]
    rows.append([found.metric, *(f"{score:.4f}" for score in scores)])
    out().print(_title(found), style="bold", markup=False, soft_wrap=True)
    print_table(columns, rows, right=columns[1:])
    for line in _remarks(found):
        note(line)
    out().print(f"Written: {file}", markup=False, soft_wrap=True)
    out().print(
        f"Next: isthmus fit {workspace} --model {found.model} --target {found.target} --config {file}",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _title(found: "TuningResult") -> str:
    counted = [f"{found.earlier} of earlier calls"] if found.earlier else []
    counted += [f"{found.count(state)} {state}" for state in ("given up", "failed") if found.count(state)]
    people = ", ".join(f"{number:,}" for number in found.facts["people"])
    return (
        f"{found.model} on {found.target}, {found.protocol}: {len(found.trials)} trials"
        f"{' (' + ', '.join(counted) + ')' if counted else ''}, validation people: {people}"
    )


def _remarks(found: "TuningResult") -> Iterator[str]:
    """What a reader of the figures should know."""
    if found.stopped == "timeout":
        yield f"The time was up after {len(found.trials)} trials; the same command goes on."
    elif found.stopped == "exhausted":
        yield f"{len(found.trials)} trials are all there is to try."
    elif found.earlier == len(found.trials):
        yield "Earlier calls made all these trials; a larger --trials asks for more."
    failed = next((trial for trial in found.trials if trial.state == "failed"), None)
    if failed is not None:
        yield f"{found.count('failed')} trials failed, the first with: {failed.error.splitlines()[0]}"
    gained = found.folds_gained
    if gained is not None and found.best.values == found.defaults:
        yield "Nothing beat the defaults."
    elif gained is not None and gained < found.folds:
        yield f"Better than the defaults on {gained} of {found.folds} folds only: that may be chance."
