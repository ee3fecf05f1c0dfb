"""What a person is interested in, in words."""

from dataclasses import dataclass

import numpy as np

from isthmus.engine import Progress
from isthmus.pipeline.people import find_people
from isthmus.pipeline.reading import read_dataset
from isthmus.pipeline.workspace import Workspace
from isthmus.ranking import Interest, Interests, interests

__all__ = ["KnownInterests", "find_interests"]


@dataclass(frozen=True)
class KnownInterests:
    """Topics and keywords of one person."""

    user: str
    found: Interests
    titles: tuple[tuple[str, ...], ...]
    """Titles of the past items of each topic, then of each keyword."""
    cause: str | None
    """Why there are none, if there are none."""

    def titled(self, interest: Interest) -> tuple[str, ...]:
        """The titles behind one of the topics or keywords."""
        return self.titles[[*self.found.topics, *self.found.keywords].index(interest)]


def find_interests(
    workspace: Workspace,
    user: str,
    *,
    n_topics: int = 8,
    n_keywords: int = 12,
    progress: Progress | None = None,
) -> KnownInterests:
    """Topics and keywords of `user` with weights and the platforms behind them; needs no fitted model.

    Raises InputError for a workspace without events, EncoderError.
    """
    dataset = read_dataset(workspace, workspace.encoder(progress))
    key = find_people(workspace, [user])["key"].item()
    num = -1 if key is None else dataset.users.num(key)
    if num < 0:
        cause = (
            "Nobody of this name ever came in." if key is None else "Nothing they did speaks for an interest."
        )
        return KnownInterests(user, Interests((), ()), (), cause)
    found = interests(
        dataset.interactions[np.array([num])],
        dataset.features,
        dataset.item_platform,
        dataset.platforms,
        n_topics=n_topics,
        n_keywords=n_keywords,
    )
    titles = dataset.features.titles
    return KnownInterests(
        user,
        found,
        tuple(tuple(titles[one.past_items].tolist()) for one in (*found.topics, *found.keywords)),
        None,
    )
