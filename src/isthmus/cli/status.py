"""`isthmus status`: what a workspace holds."""

import typer

from isthmus.cli.options import WS, Json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status", epilog="Example: isthmus status ws --json")(status)


def status(workspace: WS, as_json: Json = False) -> None:
    """Show events, people, items and links per platform, vectors, models and size."""
    from isthmus.cli.printing import note, out, print_json, print_table
    from isthmus.pipeline import Workspace, find_status

    found = find_status(Workspace.open(workspace))
    if as_json:
        print_json(found.to_dict())
        return
    counted = ["events", "people", "items", "links"]
    columns = [*counted, "no text"]
    bare = {name: one.without_text for name, one in found.platforms.items()}
    rows = [
        [name, *(f"{getattr(one, key):,}" for key in counted), f"{bare[name]:,}"]
        for name, one in found.platforms.items()
    ]
    rows.append(["all", *(f"{getattr(found, key):,}" for key in counted), f"{sum(bare.values()):,}"])
    print_table(["platform", *columns], rows, title=found.workspace, right=columns)
    vectors = ", ".join(f"{n:,} of {name}" for name, n in found.vectors.items()) or "none"
    models = [
        f"{one['model']} (fitted {one['fitted_at'][:16].replace('T', ' ')} UTC)" for one in found.models
    ]
    for name, value in (
        ("vectors", vectors),
        ("models", ", ".join(models) or "none"),
        ("imports", f"{found.imports:,} files, {found.rejects:,} rows rejected"),
        ("size", f"{found.size_bytes / 1e6:,.1f} MB"),
    ):
        out().print(f"{name:<9}{value}", markup=False, soft_wrap=True)
    if sum(bare.values()):
        note(
            f"{sum(bare.values()):,} items have no text, so only people who know them speak for them, "
            "never what they are about: isthmus items takes in a catalogue."
        )
