"""`isthmus interests`: what a person is interested in, in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from isthmus.cli.options import WS, Json, User

if TYPE_CHECKING:
    from isthmus.pipeline import KnownInterests
    from isthmus.ranking import Interest

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("interests", epilog="Example: isthmus interests ws --user books:ann")(interests)


def interests(workspace: WS, user: User, as_json: Json = False) -> None:
    """Show topics and keywords of a person, with weights and the platforms behind them."""
    from isthmus.cli.printing import note, print_json
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, find_interests

    known = find_interests(Workspace.open(workspace), user, progress=Bars())
    if as_json:
        parts = {"topics": known.found.topics, "keywords": known.found.keywords}
        told = {name: [_as_dict(known, one) for one in found] for name, found in parts.items()}
        print_json({"user": user, **told, "cause": known.cause})
        return
    _show("topic", known, known.found.topics)
    _show("keyword", known, known.found.keywords)
    if known.cause:
        note(known.cause)


def _show(what: str, known: "KnownInterests", found: "Sequence[Interest]") -> None:
    from isthmus.cli.printing import print_table

    rows = [
        (
            f"{one.weight:.0%}",
            one.name,
            ", ".join(f"{name} {part:.0%}" for name, part in one.platforms.items()),
            " · ".join(known.titled(one)[:3]),
        )
        for one in found
    ]
    if rows:
        print_table(["weight", what, "platforms", "for example"], rows, right=("weight",))


def _as_dict(known: "KnownInterests", one: "Interest") -> dict[str, Any]:
    return {
        "name": one.name,
        "weight": one.weight,
        "platforms": dict(one.platforms),
        "titles": list(known.titled(one)),
    }
