"""What was given, made readable for a while: addresses are copied here, archives unpacked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import InputError, IsthmusError
from isthmus.sources.archive import unpacked
from isthmus.sources.remote import fetched

__all__ = ["Opened", "opened"]


@dataclass(frozen=True)
class Opened:
    """Paths that can be read, and the names that a person knows them by."""

    paths: list[Path]
    shown: Callable[[str], str]
    """A text with copies and unpacked files named as they were given: `s3://bucket/export.zip/plays.json`."""


@contextmanager
def opened(paths: Sequence[Path | str], patterns: Sequence[str]) -> Iterator[Opened]:
    """`paths` for as long as they are read; of folders elsewhere and archives the files like `patterns`.

    A source without patterns reads no files: what was given to it stays as it is. Errors that are raised here
    or while the paths are read tell of files as they were given. Raises as `fetched` and `unpacked` do.
    """
    if not patterns:
        yield Opened([Path(path) for path in paths], str)
        return
    with fetched(paths, patterns) as copied:
        try:
            with unpacked(copied.paths, patterns) as plain:

                def shown(text: str) -> str:
                    return copied.shown(plain.shown(text))

                try:
                    yield Opened(plain.paths, shown)
                except IsthmusError as error:
                    _rename(error, shown)
                    raise
        except IsthmusError as error:
            _rename(error, copied.shown)
            raise


def _rename(error: IsthmusError, shown: Callable[[str], str]) -> None:
    """Let the error tell of files under the names that a person knows."""
    error.message, error.hint = shown(error.message), shown(error.hint)
    if isinstance(error, InputError):
        error.file = shown(error.file)
    error.args = (error.message,)
