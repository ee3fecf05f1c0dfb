"""Bars on the standard error stream for work that takes long."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from isthmus.cli.printing import errors
from isthmus.engine import Advance

__all__ = ["Bars"]


class Bars:
    """Progress on a terminal; where nobody watches, one line as each piece of work begins."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or errors()
        self._bars: RichProgress | None = None

    @contextmanager
    def track(self, label: str, total: int) -> Iterator[Advance]:
        """A bar of `total` steps, or where it is 0 a spinner that counts. Pieces of work may nest."""
        if not self._console.is_terminal:
            self._console.print(f"{label} …", markup=False, soft_wrap=True)
            yield lambda steps: None
            return
        outermost = self._bars is None
        bars = self._bars = self._bars or self._make()
        if outermost:
            bars.start()
        task = bars.add_task(label, total=total or None)
        try:
            yield lambda steps: bars.advance(task, steps)
        finally:
            bars.remove_task(task)
            if outermost:
                bars.stop()
                self._bars = None

    def _make(self) -> RichProgress:
        return RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
