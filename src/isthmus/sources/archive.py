"""An export as it came: the wanted members of a zip or tar archive, unpacked for as long as they are read.

Refused as a whole: names that lead out of the folder, links, devices, the same name twice, encrypted members,
and archives that unpack to far more than any export does.
"""

import gzip
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import InputError
from isthmus.sources.members import HINT, Guard
from isthmus.sources.tarred import is_tar, untar
from isthmus.sources.zipped import unzip

__all__ = ["Unpacked", "is_archive", "unpacked"]

_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError,
    NotImplementedError, UnicodeError, OverflowError, LookupError,
)  # fmt: skip
"""The last two come out of tarfile for lengths and numbers that are out of all range."""


@dataclass(frozen=True)
class Unpacked:
    """Paths as they were given, with each archive replaced by the folder that holds its members."""

    paths: list[Path]
    folders: dict[Path, Path]
    """Folder to the archive it was unpacked from."""

    def shown(self, text: str) -> str:
        """`text` with files named as members of their archive: `export.zip/data/plays.json`."""
        for folder, archive in self.folders.items():
            text = text.replace(str(folder), str(archive))
        return text


def is_archive(path: Path) -> bool:
    """Whether `path` is a zip or tar archive, by its first bytes. InputError where it cannot be opened."""
    if not path.is_file():
        return False
    try:
        return _is_zip(path) or is_tar(path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", "", file=str(path)) from error


@contextmanager
def unpacked(paths: Sequence[Path], patterns: Sequence[str]) -> Iterator[Unpacked]:
    """`paths` with the members of each archive that match `patterns` unpacked into a folder of this user.

    The folder is gone afterwards. Raises InputError for an archive that is damaged or refused.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-", ignore_cleanup_errors=True) as parent:
        given, folders = [], {}
        for nth, path in enumerate(paths):
            if not is_archive(path):
                given.append(path)
                continue
            folder = Path(parent) / str(nth) / path.name
            _unpack(path, folder, patterns)
            given.append(folder)
            folders[folder] = path
        yield Unpacked(given, folders)


def _unpack(archive: Path, folder: Path, patterns: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    try:
        guard = Guard(archive, folder, patterns)
        (unzip if _is_zip(archive) else untar)(guard)
    except _DAMAGED as error:
        raise InputError(f"the archive is damaged: {error}", "Get it again.", file=str(archive)) from error
    except (ValueError, RuntimeError) as error:
        raise InputError(f"the archive cannot be read: {error}", HINT, file=str(archive)) from error
    except OSError as error:
        raise InputError(f"cannot be unpacked: {error.strerror or error}", HINT, file=str(archive)) from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
