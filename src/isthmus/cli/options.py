"""Arguments and options that several verbs share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.errors import InputError, SettingsError

__all__ = ["WS", "Files", "Json", "MapFile", "Model", "Platform", "Seed", "Strict", "User", "as_settings"]

WS = Annotated[Path, typer.Argument(help="Folder of the workspace.", metavar="WS", show_default=False)]
# Texts, not paths: a path would take one of the slashes of `s3://bucket/events.csv`.
Files = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, globs or addresses (s3://…, https://…).", metavar="FILES...", show_default=False
    ),
]
MapFile = Annotated[
    Path | None,
    typer.Option("--map", help="TOML file that says which columns mean what.", metavar="FILE"),
]
User = Annotated[
    str,
    typer.Option("--user", help="`platform:id`, or a linked person.", metavar="ID", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on the standard output.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a file with any row that cannot be taken.")]
Model = Annotated[str | None, typer.Option("--model", help="A fitted model; by default the one fitted last.")]
Platform = Annotated[
    str, typer.Option("--platform", help="The platform to recommend from.", show_default=False)
]
Seed = Annotated[int, typer.Option("--seed", help="Start of all chance.")]


def as_settings(pairs: Sequence[str], file: Path | None = None) -> dict[str, Any]:
    """Settings from a TOML `file` and from `name=value` pairs, which win; values are read as TOML.

    What is no TOML value is text: `form=dual` and `form="dual"` are the same. Raises SettingsError.
    """
    settings: dict[str, Any] = {} if file is None else dict(_read_toml(file))
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise SettingsError(f"{pair!r} is not a setting.", "Write name=value, as in reg=100.")
        settings[name.strip()] = _value(value.strip())
    return settings


def _read_toml(file: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file)) from error
    except ValueError as error:
        raise SettingsError(f"{file}: {error}", "The file must be TOML.") from error


def _value(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text
