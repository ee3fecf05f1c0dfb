"""From what a person typed (files, folders, globs) to the files a source reads."""

import glob
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from isthmus.errors import InputError

__all__ = ["find_files"]


def find_files(paths: Sequence[Path], patterns: Sequence[str], advice: str = "") -> list[Path]:
    """The files under `paths`, in order, each once; a folder gives the files below it that match `patterns`.

    Patterns are file names in lower case with * and ?. A file named outright is taken whatever its name.
    Raises InputError where a path is not there or nothing matches; `advice` becomes its hint.
    """
    found = [file for path in paths for file in _expand(Path(path), patterns)]
    if not found:
        where = ", ".join(str(path) for path in paths) or "nothing"
        raise InputError(f"{where}: found no file named {' or '.join(patterns)}", advice)
    return list(dict.fromkeys(found))


def _expand(path: Path, patterns: Sequence[str]) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if _matches(file, patterns))
    elif path.exists():
        yield path
    elif any(sign in str(path) for sign in "*?["):
        for match in sorted(glob.glob(str(path), recursive=True)):  # noqa: PTH207 (absolute globs)
            yield from _expand(Path(match), patterns)
    else:
        raise InputError("there is no such file or folder", "Check the spelling of the path.", file=str(path))


def _matches(file: Path, patterns: Sequence[str]) -> bool:
    # Archives made on a Mac hold a shadow "._name" beside each file.
    name = file.name.lower()
    return not name.startswith(".") and any(fnmatchcase(name, one) for one in patterns) and file.is_file()
