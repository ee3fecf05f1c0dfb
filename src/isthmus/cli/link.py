"""`isthmus link`: say which accounts belong to one person."""

import typer

from isthmus.cli.importing import take_in
from isthmus.cli.options import WS, Files, Json, MapFile, Strict

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("link", epilog="Example: isthmus link ws links.csv   (columns person,platform,user_id)")(link)


def link(
    workspace: WS, files: Files, mapping: MapFile = None, strict: Strict = False, as_json: Json = False
) -> None:
    """Say which accounts on which platforms belong to one person.

    An account belongs to one person; of two links that disagree the first stays.
    """
    take_in(workspace, "table", files, {"mapping": mapping, "role": "links"}, strict=strict, as_json=as_json)
