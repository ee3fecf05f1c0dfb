import errno
import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from isthmus.errors import StorageError
from isthmus.storage import make_folder, storage_errors, write_new_file


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a"
    assert write_new_file(file, lambda stream: stream.write(b"12345")) == 5

    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_new_file(tmp_path / "b", fail)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    with pytest.raises(FileExistsError):
        write_new_file(file, lambda stream: stream.write(b"other"))
    assert file.read_bytes() == b"12345"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_private_means_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, mode=0o755)
    make_folder(folder, private=True)
    make_folder(folder / "c" / "d", private=True)
    write_new_file(folder / "file", lambda stream: stream.write(b"1"), private=True)
    for path, mode in ((folder, 0o700), (folder / "c" / "d", 0o700), (folder / "file", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EROFS, "who may write"),
        (errno.EACCES, "who may write"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "Check the disk"),
    ],
)
def test_each_refusal_has_its_advice(code: int, advice: str) -> None:
    with pytest.raises(StorageError, match="Cannot write x") as caught, storage_errors("write x"):
        raise OSError(code, os.strerror(code))
    assert advice in caught.value.hint


def test_sqlite_is_a_disk_too(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"no database at all, only text" * 10)
    connection = sqlite3.connect(tmp_path / "db")
    with pytest.raises(StorageError) as caught, storage_errors("read it"):
        connection.execute("SELECT * FROM sqlite_master")
    connection.close()
    assert "damaged" in caught.value.hint
