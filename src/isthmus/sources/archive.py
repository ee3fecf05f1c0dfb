"""An export as it came: the wanted members of a zip archive, unpacked for as long as they are read.

Refused as a whole: names that lead out of the folder, symbolic links, the same name twice, encrypted members,
and archives that unpack to far more than any export does.
"""

import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from isthmus.errors import InputError, StorageError

__all__ = ["Unpacked", "is_archive", "unpacked"]

_MAX_MEMBERS = 200_000
_MAX_RATIO = 250
"""How many times its size an archive may unpack to; texts of exports reach about 30."""
_SMALL_BYTES = 50_000_000
"""Below this no ratio is looked at: a short file of zeros is no bomb."""
_HINT = "This is no archive that a platform makes. Unpack it yourself if you trust it."
_DRIVE = re.compile(r"[A-Za-z]:")


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
    """Whether `path` is a zip archive, by its first bytes. InputError where it cannot be opened."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
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
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _check(archive, members)
            wanted = [one for one in members if not one.is_dir() and _matches(one.filename, patterns)]
            _check_room(archive, wanted, folder)
            for member in wanted:
                _write(opened, member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise InputError(f"the archive is damaged: {error}", "Get it again.", file=str(archive)) from error
    except (ValueError, RuntimeError) as error:
        raise InputError(f"the archive cannot be read: {error}", _HINT, file=str(archive)) from error
    except OSError as error:
        raise InputError(
            f"cannot be unpacked: {error.strerror or error}", _HINT, file=str(archive)
        ) from error


def _check(archive: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    def refuse(what: str, hint: str = _HINT) -> InputError:
        return InputError(what, hint, file=str(archive))

    if len(members) > _MAX_MEMBERS:
        raise refuse(f"holds {len(members):,} members, more than {_MAX_MEMBERS:,}")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if _leads_out(name, member.orig_filename):
            raise refuse(f"the member {name[:80]!r} leads out of the archive")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise refuse(f"the member {name[:80]!r} is a symbolic link")
        if member.flag_bits & 0x1:
            raise refuse("is encrypted", "Unpack it with its password and name the folder.")
        if name in seen:
            raise refuse(f"two members are named {name[:80]!r}")
        seen.add(name)
    size = sum(member.file_size for member in members)
    if size > max(_SMALL_BYTES, _MAX_RATIO * archive.stat().st_size):
        raise refuse(f"unpacks to {size:,} bytes, more than {_MAX_RATIO} times its size")


def _leads_out(name: str, written: str) -> bool:
    unusual = "\0" in written or "\\" in written or name.startswith("/") or _DRIVE.match(name) is not None
    return unusual or ".." in PurePosixPath(name).parts


def _check_room(archive: Path, members: Sequence[zipfile.ZipInfo], folder: Path) -> None:
    size, free = sum(member.file_size for member in members), shutil.disk_usage(folder).free
    if size > free:
        raise StorageError(
            f"{archive}: {size:,} bytes are to be unpacked and {free:,} are free in {folder.parent.parent}.",
            "Point TMPDIR at a larger disk, or unpack the archive yourself.",
        )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    base = PurePosixPath(name).name.lower()
    return not base.startswith(".") and any(fnmatchcase(base, one) for one in patterns)


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    # The name was checked; zipfile never gives more bytes than a member says it has, and checks their sum.
    file = folder / member.filename
    file.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as packed, file.open("xb") as plain:
        shutil.copyfileobj(packed, plain, 1_000_000)
