"""All verbs, in the order in which help shows them."""

from typing import Annotated

import typer

from isthmus import __version__
from isthmus.cli import (
    compare,
    demo,
    drift,
    evaluate,
    fit,
    forget,
    importing,
    init,
    interests,
    items,
    link,
    match,
    passport,
    recommend,
    score,
    status,
    tune,
)

__all__ = ["app"]

app = typer.Typer(
    name="isthmus",
    help="Carry a person's interests from the platforms where they are known to the one where they are new.",
    epilog="Try it: isthmus demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"isthmus {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


for _verb in (
    init, importing, items, match, link, fit, recommend, score, interests, evaluate, compare, tune, drift,
    passport, forget, status, demo,
):  # fmt: skip
    _verb.register(app)
