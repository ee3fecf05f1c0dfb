"""What `evaluate` and `compare` share: options, settings of models, and the files they write."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.options import as_settings
from isthmus.errors import SettingsError, UnknownNameError

if TYPE_CHECKING:
    from isthmus.evaluation import Report, Study

__all__ = [
    "JsonFile",
    "Language",
    "Models",
    "Options",
    "ReportFile",
    "Seeds",
    "SettingsFiles",
    "Transfer",
    "as_language",
    "as_names",
    "command_of",
    "read_settings",
    "write_report",
]

Models = Annotated[str, typer.Option("--models", help="Names, with commas between.")]
Seeds = Annotated[list[int] | None, typer.Option("--seed", help="Start of chance (repeat for more).")]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="For the protocol, as in test=0.3.", metavar="NAME=VALUE"),
]
SettingsFiles = Annotated[
    list[str] | None,
    typer.Option("--settings", help="Settings of a model from a TOML file.", metavar="MODEL=FILE"),
]
Transfer = Annotated[
    str,
    typer.Option("--transfer", help="Model that is fitted again without each source; best, or none."),
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", help="Write all figures here; - is the standard output.", metavar="F"),
]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write a page here.", metavar="F")]
Language = Annotated[str, typer.Option("--language", help="Of the page: en, zh or both.")]


def as_names(text: str, option: str) -> list[str]:
    """Names between commas, each once; a usage error where there is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("Name at least one.", param_hint=option)
    return list(dict.fromkeys(names))


def as_language(name: str) -> str:
    """A language of pages, before anything long begins; raises UnknownNameError."""
    from isthmus.evaluation.report import BOTH, LANGUAGES

    if name not in (*LANGUAGES, BOTH):
        raise UnknownNameError("language of reports", name, (*LANGUAGES, BOTH))
    return name


def read_settings(pairs: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """The settings of models from `model=file` pairs; raises SettingsError and InputError."""
    found = {}
    for pair in pairs or ():
        name, equals, file = pair.partition("=")
        if not equals or not name.strip() or not file.strip():
            raise SettingsError(f"{pair!r} names no settings.", "Write MODEL=FILE, as in bridge=bridge.toml.")
        found[name.strip()] = as_settings((), Path(file.strip()))
    return found


def command_of(context: typer.Context) -> str:
    """What to type for the same again, defaults spelled out."""
    words = ["isthmus", str(context.info_name)]
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        for one in value if isinstance(value, list | tuple) else (value,):
            if one is not None:
                words += (
                    [str(one)] if parameter.param_type_name == "argument" else [parameter.opts[0], str(one)]
                )
    return shlex.join(words)


def write_report(
    found: "Report | Study",
    title: str,
    report_file: Path | None,
    json_file: Path | None,
    language: str,
    command: str,
) -> bool:
    """Write the files that were asked for and say so; whether figures may still go to the screen."""
    from isthmus.cli.printing import errors
    from isthmus.cli.writing import write_text
    from isthmus.evaluation import render_report

    if report_file is not None:
        write_text(report_file, render_report(found, title=title, language=language, command=command))
    to_screen = str(json_file) == "-"
    if to_screen:
        typer.echo(found.to_json())
    elif json_file is not None:
        write_text(json_file, found.to_json() + "\n")
    for file in (json_file, report_file):
        if file is not None and str(file) != "-":
            errors().print(f"Written: {file}", markup=False, soft_wrap=True)
    return not to_screen
