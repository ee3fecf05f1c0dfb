"""`isthmus forget`: erase a person everywhere."""

from typing import Annotated

import typer

from isthmus.cli.options import WS, Json, User

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("forget", epilog="Example: isthmus forget ws --user books:ann --yes")(forget)


def forget(
    workspace: WS,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a person, with all accounts linked to them, from log, links, rejects and models.

    Every fitted model is fitted again without them. There is no way back.
    """
    from dataclasses import asdict

    from isthmus.cli.printing import print_json, print_table
    from isthmus.cli.progress import Bars
    from isthmus.pipeline import Workspace, find_person
    from isthmus.pipeline import forget as erase

    opened = Workspace.open(workspace)
    if not yes:
        accounts = find_person(opened, user).accounts.rows()
        named = ", ".join(f"{platform}:{user_id}" for platform, user_id, _ in accounts) or user
        typer.confirm(f"Erase {named} from {workspace} for good?", abort=True, err=True)
    receipt = erase(opened, user, Bars())
    if as_json:
        print_json(asdict(receipt))
        return
    rows: list[tuple[str, object]] = [
        ("accounts", ", ".join(receipt.accounts) or "none"),
        ("events erased", receipt.events),
        ("links erased", receipt.links),
        ("identities erased", receipt.identities),
        ("rejected rows erased", receipt.rejects),
        *((f"model {name}", became) for name, became in receipt.models.items()),
    ]
    print_table(["erased", ""], rows, title=f"Receipt: {user}")
