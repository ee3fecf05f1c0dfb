"""What a member of an archive may be, and which members are wanted: the same for every kind of archive."""

import re
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from isthmus.errors import InputError, StorageError

__all__ = ["HINT", "MAX_MEMBERS", "Guard", "leads_out"]

HINT = "This is no archive that a platform makes. Unpack it yourself if you trust it."
MAX_MEMBERS = 200_000
_MAX_RATIO = 250
"""How many times its size an archive may unpack to; texts of exports reach about 30."""
_SMALL_BYTES = 50_000_000
"""Below this no ratio is looked at: a short file of zeros is no bomb."""
_SHOWN = 80
_DRIVE = re.compile(r"[A-Za-z]:")


class Guard:
    """Looks at the members of `archive` one by one; the wanted ones find their place in `folder`.

    Every method raises InputError for what no platform puts into an archive.
    """

    def __init__(self, archive: Path, folder: Path, patterns: Sequence[str]) -> None:
        self.archive, self.folder = archive, folder
        self.most_bytes = max(_SMALL_BYTES, _MAX_RATIO * archive.stat().st_size)
        self._patterns = patterns
        self._files: set[PurePosixPath] = set()
        self._members = 0

    def refusal(self, what: str, hint: str = HINT) -> InputError:
        """The error for an archive that is refused as a whole."""
        return InputError(what, hint, file=str(self.archive))

    def count(self, members: int = 1) -> None:
        """So many more members were seen."""
        self._members += members
        if self._members > MAX_MEMBERS:
            raise self.refusal(f"holds more than {MAX_MEMBERS:,} members")

    def name(self, name: str, written: str, *, is_folder: bool) -> None:
        """A name must stay in the archive, and that of a file may stand there once."""
        if leads_out(name, written):
            raise self.refusal(f"the member {name[:_SHOWN]!r} leads out of the archive")
        if is_folder:
            return
        plain = PurePosixPath(name)  # `./a` is `a`
        if plain in self._files:
            raise self.refusal(f"two members are named {name[:_SHOWN]!r}")
        self._files.add(plain)

    def sort(self, name: str, what: str) -> InputError:
        """The refusal of a member that is neither file nor folder."""
        return self.refusal(f"the member {name[:_SHOWN]!r} is a {what}")

    def size(self, n_bytes: int) -> None:
        """What was counted so far, or what all members say they have together."""
        if n_bytes > self.most_bytes:
            raise self.refusal(f"unpacks to {n_bytes:,} bytes or more, more than {_MAX_RATIO} times its size")

    def room(self, n_bytes: int) -> None:
        """What is to be unpacked must fit on the disk. Raises StorageError."""
        free = shutil.disk_usage(self.folder).free
        if n_bytes > free:
            raise StorageError(
                f"{self.archive}: {n_bytes:,} bytes are to be unpacked and {free:,} are free in "
                f"{self.folder.parent.parent}.",
                "Point TMPDIR at a larger disk, or unpack the archive yourself.",
            )

    def wants(self, name: str) -> bool:
        """Whether a source reads files of this name; archives made on a Mac hold shadows named `._name`."""
        base = PurePosixPath(name).name.lower()
        return not base.startswith(".") and any(fnmatchcase(base, one) for one in self._patterns)

    def place(self, name: str) -> Path:
        """Where a member goes whose name was looked at; the folders above it are there then."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file


def leads_out(name: str, written: str = "") -> bool:
    """Whether a name of a member leads out of its folder, or is one that no system writes there."""
    unusual = "\0" in (written or name) or "\\" in (written or name)
    absolute = name.startswith("/") or _DRIVE.match(name) is not None
    return unusual or absolute or ".." in PurePosixPath(name).parts
