"""Files at an address (`s3://…`, `https://…`, `memory://…`), copied here for as long as they are read.

The addresses are those of fsspec. What may open a door in one (a name and password, whatever follows a `?`)
is never told: messages, rejects and the workspace know an address as `shown_address` writes it.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from isthmus.errors import InputError, IsthmusError, MissingExtraError, StorageError
from isthmus.sources.members import MAX_MEMBERS, leads_out

__all__ = ["Fetched", "fetched", "is_address", "shown_address"]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
_ODD_LOGIN = re.compile(r"(?<=://)[^/?#:]*:(?!\d*(?:[/?#:]|$))(?:.*@|[^/?#]*)", re.DOTALL)
"""A password with signs in it that end the name of a host, or one without a host: a port is a number."""
_QUERY = re.compile(r"([?#]).*?(?=::[a-z][a-z0-9+.-]+://|$)", re.DOTALL | re.IGNORECASE)
_COPIED_BYTES = 8_000_000
_LEAST_FREE_BYTES = 100_000_000
"""A copy whose length nobody told stops before the disk is full."""
_HINT = "Check the address and what opens it: keys are read from where the service keeps them, not from here."
_LONGEST_NAME = 100
_HTTP_NOT_FOUND = 404


def is_address(path: Path | str) -> bool:
    """Whether this is an address and no path: letters, `://` and more."""
    return isinstance(path, str) and _SCHEME.match(path) is not None


def shown_address(address: str) -> str:
    """An address that may be told: without name and password, and without what follows a `?` or `#`.

    Where it is in doubt what a sign means, more is struck out rather than less.
    """
    told = _ODD_LOGIN.sub("…@", _LOGIN.sub("…@", address))
    return _QUERY.sub(r"\1…", told)


@dataclass(frozen=True)
class Fetched:
    """Paths as they were given, with each address replaced by the copy of what lies there."""

    paths: list[Path]
    copies: dict[Path, str]
    """File or folder to the address it was copied from, as it may be told."""

    def shown(self, text: str) -> str:
        """`text` with copies named by their addresses."""
        for copy, address in self.copies.items():
            text = text.replace(str(copy), address)
        return text


@contextmanager
def fetched(paths: Sequence[Path | str], patterns: Sequence[str]) -> Iterator[Fetched]:
    """`paths` with what lies at addresses copied into a folder of this user, which is gone afterwards.

    An address may be a file, a glob, or a folder, of which the files that match `patterns` are copied; on the
    web it is always a file. Raises MissingExtraError without fsspec or what it needs for this kind of
    address, InputError where nothing can be had there, StorageError where the disk is too small.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-", ignore_cleanup_errors=True) as parent:
        given: list[Path] = []
        copies: dict[Path, str] = {}
        for path in paths:
            if not is_address(path):
                given.append(Path(path))
                continue
            found = _fetch(str(path), Path(parent), len(copies), patterns)
            given += found
            copies |= found
        yield Fetched(given, copies)


def _fetch(address: str, parent: Path, nth: int, patterns: Sequence[str]) -> dict[Path, str]:
    """Copies what lies at `address`; each copy lies in a folder of its own, counted from `nth`."""
    shown = shown_address(address)
    try:
        return _copies(address, shown, parent, nth, patterns)
    except IsthmusError:
        raise
    except Exception as error:
        # Dozens of libraries answer here, each with errors of its own. Their words and their traceback
        # repeat the address with all that stands in it: only their kind is told.
        raise InputError(_told(error), _HINT, file=shown) from None


def _copies(address: str, shown: str, parent: Path, nth: int, patterns: Sequence[str]) -> dict[Path, str]:
    files, path = _system(address, shown)
    # The copy is named as the address is told: messages may speak of the name, or of its ending.
    first, chained, tail = shown.partition("::")
    name = PurePosixPath(first.rstrip("?#…")).name
    if _is_web(files):
        return {_copy(files, path, parent / str(nth), unquote(name)): shown}
    sort = _sort(files, path)
    if sort == "file":
        return {_copy(files, path, parent / str(nth), name): shown}
    if sort:
        target = parent / str(nth) / (_plain(name) or "folder")
        _copy_folder(files, path, target, patterns, shown)
        return {target: shown.rstrip("/")}
    matches = (
        [one for one in sorted(files.glob(path)) if _sort(files, one) == "file"] if _is_glob(path) else []
    )
    if not matches:
        raise FileNotFoundError
    names = [f"{shown_address(files.unstrip_protocol(one))}{chained}{tail}" for one in matches]
    return {
        _copy(files, one, parent / str(nth + at), PurePosixPath(one).name): name
        for at, (one, name) in enumerate(zip(matches, names, strict=True))
    }


def _system(address: str, shown: str) -> tuple[Any, str]:
    """The file system of an address, kept by nobody, and the path in it."""
    try:
        core = import_module("fsspec.core")
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"Reading {shown}", "remote") from error
    kind = address.partition("://")[0].lower()
    if kind not in import_module("fsspec").available_protocols():
        hint = "s3://, gs://, https://, hdfs:// and others are; for a local file leave it out."
        raise InputError(f"{kind}:// is no kind of address that is known", hint, file=shown)
    try:
        files, path = core.url_to_fs(address, skip_instance_cache=True)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        # fsspec raises an ImportError of its own for what it knows: "Install s3fs to access S3".
        what = f"Run: pip install {missing}" if missing and missing != "fsspec" else str(error)[:200]
        raise InputError("this kind of address needs a package of its own", what, file=shown) from None
    return files, str(path)


def _is_web(files: Any) -> bool:
    """Whether this is a web server: there a `?` is no glob, and nothing is a folder."""
    return "http" in ((files.protocol,) if isinstance(files.protocol, str) else files.protocol)


def _sort(files: Any, path: str) -> str:
    """`file`, `directory`, or an empty text where nothing is; other errors than that are not hidden."""
    try:
        return str(files.info(path)["type"])
    except FileNotFoundError:
        return ""


def _is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _copy_folder(files: Any, path: str, target: Path, patterns: Sequence[str], shown: str) -> None:
    root = path.rstrip("/")
    wanted = [one for one in sorted(files.find(path)) if _matches(one, patterns)]
    if len(wanted) > MAX_MEMBERS:
        raise InputError(f"holds more than {MAX_MEMBERS:,} files", "Name a folder below it.", file=shown)
    target.mkdir(parents=True)
    for one in wanted:
        name = one.removeprefix(root).lstrip("/")
        if leads_out(name):
            raise InputError(f"the file {name[:80]!r} leads out of the folder", "Rename it.", file=shown)
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        _write(files, one, copy)


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = PurePosixPath(path).name.lower()
    return not name.startswith(".") and any(fnmatchcase(name, one) for one in patterns)


def _copy(files: Any, path: str, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    copy = folder / (_plain(name) or "file")
    _write(files, path, copy)
    return copy


def _plain(name: str) -> str:
    """A name under which a file can lie here; its end is kept, for that says what it is."""
    return re.sub(r"[^\w .()+@,=~-]", "_", name)[-_LONGEST_NAME:].lstrip(".")


def _write(files: Any, path: str, copy: Path) -> None:
    # A web server is read from beginning to end; elsewhere fsspec asks for one block after the other.
    web = {"block_size": 0} if _is_web(files) else {}
    with files.open(path, "rb", **web) as remote:
        size = getattr(remote, "size", None)
        _check_room(copy.parent, size if isinstance(size, int) else 0)
        opened = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as plain:
            while block := remote.read(_COPIED_BYTES):
                _check_room(copy.parent, len(block))
                plain.write(block)


def _check_room(folder: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if n_bytes + _LEAST_FREE_BYTES > free:
        raise StorageError(
            f"{n_bytes:,} bytes more are to be copied and {free:,} are free where they go.",
            "Point TMPDIR at a larger disk.",
        )


def _told(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        # A web server that refuses or is not there comes as a file that is not there, too.
        cause = error.__cause__
        if cause is None or getattr(cause, "status", None) == _HTTP_NOT_FOUND:
            return "there is no such file or folder"
        error = cause
    status = getattr(error, "status", None)
    return f"cannot be read ({type(error).__name__}{f' {status}' if isinstance(status, int) else ''})"
