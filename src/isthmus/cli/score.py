"""`isthmus score`: the interest of a person in a free text."""

from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import WS, Json, User

if TYPE_CHECKING:
    from isthmus.pipeline import TextScore

__all__ = ["register", "show_score"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("score", epilog="Example: isthmus score ws --user books:ann 我想了解最新的科技新闻")(score)


def score(
    workspace: WS,
    text: Annotated[str, typer.Argument(help="A sentence in any language.", metavar="TEXT")],
    user: User,
    as_json: Json = False,
) -> None:
    """Say how much a text interests a person, from 0 to 1; an average text has 0.5."""
    from dataclasses import asdict

    from isthmus.cli.printing import print_json
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, score_text

    found = score_text(Workspace.open(workspace), user, text, Bars())
    if as_json:
        print_json(asdict(found))
    else:
        show_score(found)


def show_score(found: "TextScore") -> None:
    """The score for people, with the past items that carry it."""
    from isthmus.cli.printing import note, out, print_table

    filled = round(20 * found.interest)
    out().print(f"{found.interest:.2f}  {'█' * filled}{'░' * (20 - filled)}  {found.text}", markup=False)
    if found.because:
        rows = [(f"{one.share:.0%}", one.title, one.platform) for one in found.because]
        print_table(["share", "carried by", "platform"], rows, right=("share",))
    if found.cause:
        note(found.cause)
