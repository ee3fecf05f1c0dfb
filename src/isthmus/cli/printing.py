"""What goes to the screen: results on the standard output, everything else on the other one."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

__all__ = ["errors", "note", "out", "print_json", "print_table", "tell_error"]


def out() -> Console:
    """The console of results; as wide as need be where nobody looks at it."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def errors() -> Console:
    """The console of messages and bars."""
    return Console(stderr=True, highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON document on the standard output, as it is and unwrapped."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str, allow_nan=False) + "\n")


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
) -> None:
    """A table on the standard output; `right` names the columns of numbers."""
    table = Table(title=Text(title) if title else None, title_justify="left", title_style="bold", box=None)
    for name in columns:
        on_right = name in right
        table.add_column(
            name,
            justify="right" if on_right else "left",
            no_wrap=on_right,
            overflow="fold",
            header_style="dim",
        )
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    out().print(table)


def note(message: str) -> None:
    """Something a person should know beside the result."""
    errors().print(f"[yellow]Note:[/] {escape(message)}", soft_wrap=True)


def tell_error(message: str, hint: str = "") -> None:
    """What was wrong, and what to do about it."""
    console = errors()
    console.print(f"[bold red]Error:[/] {escape(message)}", soft_wrap=True)
    if hint:
        console.print(f"[dim]{escape(hint)}[/]", soft_wrap=True)
