"""Writes docs/guide/cli.md from the help of the command line: python tests/docs/cli_reference.py."""

import re
from pathlib import Path
from typing import Any

import typer.main

from isthmus.cli.app import app

FILE = Path(__file__).parents[2] / "docs" / "guide" / "cli.md"
MARK = "<!-- From here on: what `--help` says, written by tests/docs/cli_reference.py. -->\n"


def render() -> str:
    """All verbs in the order of the help, as Markdown."""
    group: Any = typer.main.get_command(app)
    return "\n".join(_verb(name, command) for name, command in group.commands.items())


def _verb(name: str, command: Any) -> str:
    parts = [_metavar(param) for param in command.params if not _is_option(param)]
    usage = " ".join(["isthmus", name, *parts, "[OPTIONS]"])
    rows = [_row(param) for param in command.params if _is_option(param)]
    table = ["| option | meaning |", "|---|---|", *rows, ""] if rows else []
    arguments = [f"- `{_metavar(param)}`: {param.help}" for param in command.params if not _is_option(param)]
    lines = [f"## {name}", "", f"`{usage}`", "", _prose(command.help), "", *arguments, "", *table]
    return "\n".join([*lines, *_examples(command.epilog), ""])


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _metavar(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _row(param: Any) -> str:
    value = "" if param.is_flag else f" {_metavar(param)}"
    names = ", ".join(f"`{opt}{value}`" for opt in param.opts)
    default = (
        ""
        if param.default in (None, False, ()) or callable(param.default)
        else f" Default: `{param.default}`."
    )
    needed = " Required." if param.required else ""
    return f"| {names} | {_prose(param.help)}{needed}{default} |"


def _prose(text: str) -> str:
    return re.sub(r" *\n *", "\n", text.strip()).replace("|", "\\|")


def _examples(epilog: str) -> list[str]:
    text = re.sub(r"\[/?(?:bold)?\]", "", epilog)
    head, _, rest = text.partition(": ")
    examples = re.split(r"\s{3,}(?=isthmus )", rest)
    return [f"{head}:", "", *(f"    {example.strip()}" for example in examples), ""]


def main() -> None:
    """Replace what stands below the mark."""
    head = FILE.read_text(encoding="utf-8").split(MARK)[0]
    FILE.write_text(f"{head}{MARK}\n{render()}", encoding="utf-8")


if __name__ == "__main__":
    main()
