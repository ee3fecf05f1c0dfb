"""`isthmus items`: take in a catalogue."""

import typer

from isthmus.cli.importing import take_in
from isthmus.cli.options import WS, Files, Json, MapFile, Strict

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("items", epilog="Example: isthmus items ws catalogue.jsonl --map map.toml")(items)


def items(
    workspace: WS, files: Files, mapping: MapFile = None, strict: Strict = False, as_json: Json = False
) -> None:
    """Take in what can be recommended: titles, creators, categories, descriptions.

    What is told later of an item is added to what is known; the same again changes nothing.
    """
    take_in(workspace, "table", files, {"mapping": mapping, "role": "items"}, strict=strict, as_json=as_json)
