"""Tar archives, plain or packed with gzip, bzip2 or xz, read once from their beginning to their end.

A tar has no directory: each member is looked at when its turn comes, and what was unpacked before a member
that is refused is thrown away by the caller.
"""

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

from isthmus.sources.members import Guard

__all__ = ["is_tar", "untar"]

_BLOCK_BYTES = 512
_COPIED_BYTES = 1_000_000
_MOST_BYTES_AT_ONCE = 4_000_000
"""Of a member a million is asked for at once; the header of a member that wants more than this is no name."""
_PACKERS: dict[bytes, Callable[[BinaryIO], IO[bytes]]] = {
    b"\x1f\x8b": lambda packed: cast(IO[bytes], gzip.GzipFile(fileobj=packed)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


def is_tar(file: Path) -> bool:
    """Whether a tar begins here, under whatever it is packed with. OSError where it cannot be opened."""
    with file.open("rb") as packed:
        try:
            block = _unpacked(packed).read(_BLOCK_BYTES)
            tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "replace")
        except (tarfile.HeaderError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError, ValueError):
            return False
        except OSError as error:
            if error.errno is not None:
                raise
            return False  # what bzip2 says of damage
    return True


def untar(guard: Guard) -> None:
    """Unpack the wanted members. InputError for what is refused; errors of tarfile pass through."""
    with guard.archive.open("rb") as packed:
        stream = _Forward(_unpacked(packed), guard)
        # What is in no UTF-8 must not come out again as a name that cannot be printed.
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:", errors="replace") as opened:
            said = 0
            for member in opened:
                guard.count()
                _check(guard, member)
                # A file with holes takes no room in the archive, and all of it outside.
                said += member.size
                guard.size(said)
                if member.isreg() and guard.wants(member.name):
                    _write(guard, opened, member)
        if stream.last.strip(b"\0") or len(stream.last) != _BLOCK_BYTES:
            # tarfile takes a header that it cannot read for the end; the end is a block of zeros.
            raise tarfile.ReadError("it breaks off, or a header in it is broken")
        while stream.read(_COPIED_BYTES):  # to the sum at the end of what it is packed with
            pass


def _check(guard: Guard, member: tarfile.TarInfo) -> None:
    if member.size < 0:
        raise tarfile.ReadError("a member has less than no length")
    guard.name(member.name, member.name, is_folder=member.isdir())
    if member.issym() or member.islnk():
        raise guard.sort(member.name, "symbolic link" if member.issym() else "hard link")
    if not (member.isreg() or member.isdir()):
        raise guard.sort(member.name, "device" if member.isdev() else "thing of an unknown type")


def _write(guard: Guard, opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    guard.room(member.size)
    packed = opened.extractfile(member)
    if packed is None:  # never for a file
        raise tarfile.ReadError("a member has no contents")
    with packed, guard.place(member.name).open("xb") as plain:
        shutil.copyfileobj(packed, plain, _COPIED_BYTES)


def _unpacked(packed: BinaryIO) -> IO[bytes]:
    start = packed.read(6)
    packed.seek(0)
    opens = next((opens for mark, opens in _PACKERS.items() if start.startswith(mark)), None)
    return packed if opens is None else opens(packed)


class _Forward(io.RawIOBase):
    """A stream that is read from its beginning to its end and counted, so that no bomb unpacks."""

    def __init__(self, stream: IO[bytes], guard: Guard) -> None:
        self._stream, self._guard = stream, guard
        self._at = 0
        self.last = b""
        """What the last reading gave."""

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes; InputError where that is more than the guard allows."""
        if not 0 <= size <= _MOST_BYTES_AT_ONCE:
            raise self._guard.refusal("the header of a member has the length of a file")
        self.last = self._stream.read(size)
        self._at += len(self.last)
        self._guard.size(self._at)
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Forward only."""
        if whence != io.SEEK_SET or offset < self._at:
            raise tarfile.ReadError("a member lies before the one ahead of it")
        while self._at < offset and self.read(min(offset - self._at, _COPIED_BYTES)):
            pass
        return self._at

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at
