"""Erase one person everywhere: the log, links, the vault, rejects and every fitted model.

Models are fitted again on what is left, rather than by taking a person's rows out of their sums: what counts
as much on a platform depends on everybody, so only a fit on the rest knows nothing of who has gone. They are
out of use from before the erasure until they are fitted again; if the process is killed between, the next
`forget` or `fit` brings them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from isthmus.engine import Progress
from isthmus.errors import IsthmusError, UnknownNameError
from isthmus.pipeline.fitting import fit_model
from isthmus.pipeline.people import Person, find_person
from isthmus.pipeline.rejects import forget_rejects
from isthmus.pipeline.saved import Saved, changing_models, models_aside, set_aside, tidy_models
from isthmus.pipeline.workspace import Workspace

__all__ = ["Receipt", "forget"]


@dataclass(frozen=True)
class Receipt:
    """What was erased, and where."""

    user: str
    accounts: tuple[str, ...]
    """`platform:user_id` of every account of the person."""
    events: int
    links: int
    identities: int
    rejects: int
    models: Mapping[str, str]
    """What became of each model: "fitted again", or "out of use" and why it could not be."""


def forget(workspace: Workspace, user: str, progress: Progress | None = None) -> Receipt:
    """Erase the person behind `user` (`platform:id` or a linked person), with all their linked accounts.

    Raises UnknownNameError where nothing of them is anywhere, WorkspaceBusyError, StorageError.
    """
    with changing_models(workspace, progress) as folder:
        with workspace.writing(progress) as writer:
            person = find_person(workspace, user)
            accounts = person.accounts if person.is_known else _as_typed(workspace, user, person)
            # Rejects first: once the vault has forgotten them, nobody could tell which rows are theirs.
            rejects = forget_rejects(workspace.folder, accounts, person.names)
            if not person.is_known and rejects == 0:
                raise UnknownNameError("person", user, hint="Nothing of them is kept here.")
            events = workspace.log.forget(writer, person.pseudonyms)
            links = workspace.links.forget(writer, person.pseudonyms)
            identities = workspace.identities.forget(writer, person.pseudonyms)
            if person.is_known:  # last, so that a failure before leaves the models in use
                set_aside(folder)
        stale = models_aside(folder)
        tidy_models(folder)
    models = {saved.model: _fit_again(workspace, saved, progress) for saved in stale}
    ids = [f"{row['platform']}:{row['user_id']}" for row in accounts.to_dicts()]
    return Receipt(user, tuple(ids), events, links, identities, rejects, models)


def _fit_again(workspace: Workspace, saved: Saved, progress: Progress | None) -> str:
    """What became of the model. A failure does not take the erasure back: the model stays out of use."""
    try:
        fit_model(
            workspace,
            saved.model,
            target=saved.about["target"],
            seed=saved.about["seed"],
            config=saved.about["config"],
            progress=progress,
        )
    except IsthmusError as error:
        return f"out of use: {error.message}"
    return "fitted again"


def _as_typed(workspace: Workspace, user: str, person: Person) -> pl.DataFrame:
    """The account `platform:id` of somebody all of whose rows were rejected, so that the vault has no one."""
    platform, _, user_id = user.partition(":")
    rows = {
        "platform": [platform],
        "user_id": [user_id],
        "pseudonym": [workspace.pseudonyms.of(platform, user_id)],
    }
    return pl.DataFrame(rows) if user_id else person.accounts
