"""The rejects of an import: one JSON row each, in a file that appears whole together with the import.

They hold what stood in the file, people's ids too, and so are readable by their owner only.
"""

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

from isthmus.schema import REJECT
from isthmus.storage import make_folder, storage_errors, sync_folder, write_new_file

__all__ = ["RejectFile", "forget_rejects"]

_DRAFT = ".new"


class RejectFile:
    """`rejects/<import id>.jsonl`, filled as an import goes. Use it while holding the writer's lock."""

    def __init__(self, folder: Path, import_id: int) -> None:
        self.file = folder / "rejects" / f"{import_id}.jsonl"
        self.rows = 0
        self._draft = self.file.with_name(f"{self.file.name}{_DRAFT}")
        self._stream: BinaryIO | None = None
        with storage_errors(f"write {self.file}"):
            # The import of this number was killed before it counted.
            for leftover in (*self.file.parent.glob(f"*{_DRAFT}"), self.file):
                leftover.unlink(missing_ok=True)

    def add(self, rejects: pl.DataFrame) -> None:
        """Append rows with the columns of REJECT. Raises StorageError."""
        if rejects.is_empty():
            return
        with storage_errors(f"write {self.file}"):
            if self._stream is None:
                make_folder(self.file.parent, private=True)
                opened = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                self._stream = os.fdopen(opened, "wb")
            rejects.select(*REJECT.columns).write_ndjson(self._stream)
        self.rows += rejects.height

    def finish(self) -> Path | None:
        """Give the file its name, synced; None where there was nothing to write. Raises StorageError."""
        if self._stream is None:
            return None
        with storage_errors(f"write {self.file}"):
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._draft.replace(self.file)
            sync_folder(self.file.parent)
        return self.file

    def discard(self) -> None:
        """Leave nothing: the import did not come about."""
        if self._stream is not None:
            self._stream.close()
            self._draft.unlink(missing_ok=True)
            self.file.unlink(missing_ok=True)


def forget_rejects(folder: Path, accounts: pl.DataFrame, names: Sequence[str]) -> int:
    """Take the rows of these people out of all rejects files; returns how many there were.

    `accounts` has `platform` and `user_id` as they came in and `pseudonym`; `names` are names of the person.
    A row that does not say whose it is goes if one of the ids stands in it as a word. Raises StorageError.
    """
    gone = _is_theirs(accounts, names)
    return sum(_rewrite(file, gone) for file in sorted((folder / "rejects").glob("*.jsonl")))


def _is_theirs(accounts: pl.DataFrame, names: Sequence[str]) -> pl.Expr:
    ids = [*accounts["user_id"].to_list(), *names]
    codes = accounts["pseudonym"].to_list()
    account = pl.concat_str("platform", pl.lit("\x1f"), "user_id")
    known = accounts.select(account.alias("key"))["key"].to_list()
    words = "|".join(re.escape(one) for one in dict.fromkeys([*ids, *codes]) if one)
    named = account.is_in(known) | pl.col("user_id").is_in(codes) if known else pl.lit(False)
    if not words:
        return named.fill_null(False)
    nameless = pl.col("user_id").is_null() | pl.col("platform").is_null()
    mentioned = pl.col("raw").str.contains(rf"(?:^|\W)(?:{words})(?:\W|$)")
    return named.fill_null(False) | (nameless & mentioned).fill_null(False)


def _rewrite(file: Path, gone: pl.Expr) -> int:
    with storage_errors(f"rewrite {file}"):
        before = pl.read_ndjson(file, schema=REJECT.schema)
        after = before.filter(~gone)
        if after.height == before.height:
            return 0
        if after.is_empty():
            file.unlink()
        else:
            draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}{_DRAFT}")
            write_new_file(draft, after.write_ndjson, private=True)
            draft.replace(file)
        sync_folder(file.parent)
    return before.height - after.height
