"""`isthmus init`: make a workspace."""

import typer

from isthmus.cli.options import WS

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("init", epilog="Example: isthmus init ws")(init)


def init(workspace: WS) -> None:
    """Make an empty workspace: a folder for events, links, catalogue, vectors and models."""
    from isthmus.cli.printing import out
    from isthmus.pipeline import Workspace

    made = Workspace.create(workspace)
    out().print(f"Made the workspace {made.folder}.", markup=False)
    out().print(f"Next: isthmus import {made.folder} table FILES... --map map.toml", markup=False)
