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
    from isthmus.cli.printing import note
    from isthmus.pipeline import Workspace, count_without_text

    take_in(workspace, "table", files, {"mapping": mapping, "role": "items"}, strict=strict, as_json=as_json)
    for platform, n in count_without_text(Workspace.open(workspace)).items():
        items_have = "1 item has" if n == 1 else f"{n:,} items have"
        note(
            f"{platform}: {items_have} no text, so only people who know them speak for them, "
            "never what they are about."
        )
