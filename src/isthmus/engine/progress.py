"""How long work tells how far it is, without knowing who listens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

__all__ = ["Advance", "Progress", "Silent"]

Advance = Callable[[int], None]
"""Called with the number of steps done since the last call."""


class Progress(Protocol):
    """Somebody who wants to know how far a piece of work is: a bar on a screen, a log, nobody."""

    def track(self, label: str, total: int) -> AbstractContextManager[Advance]:
        """Open a piece of work of `total` steps; the value of the `with` is called as they are done."""
        ...


class Silent:
    """Tells nobody: the default everywhere."""

    @contextmanager
    def track(self, label: str, total: int) -> Iterator[Advance]:
        """Take the calls and do nothing."""
        yield lambda steps: None
