"""Keyed pseudonyms: the same person is the same code, and without the key nobody can tell which person."""

import hashlib
import re
import secrets
from copy import copy
from pathlib import Path
from typing import Self

import polars as pl

from isthmus.errors import InputError, WorkspaceError
from isthmus.storage import make_folder, storage_errors, sync_folder, write_new_file

__all__ = ["Pseudonyms", "create_key", "load_key"]

_KEY_BYTES = 32
_BLOCK_BYTES = 64
_HEX_CHARS = 32
_ACCOUNT = pl.concat_str(
    pl.lit("user\0"),
    pl.col("platform").str.len_bytes().cast(pl.String),
    pl.lit(":"),
    pl.col("platform"),
    pl.col("user_id"),
)
"""What is hashed of an account. The length keeps platform and id apart whatever signs they hold."""
_PAIR = ["platform", "user_id"]
_SOMEBODY = pl.all_horizontal(pl.col(name).str.strip_chars() != "" for name in _PAIR)
_HEX_KEY = re.compile(r"[0-9a-f]{64}\n?")


def create_key(folder: Path) -> bytes:
    """Make the key of the workspace `folder` in `private/key` (hex, mode 0600) and return its 32 bytes.

    The file appears whole or not at all. Raises WorkspaceError where there is a key already, since a second
    one would make strangers of all who are known; StorageError where the disk refuses.
    """
    file = folder / "private" / "key"
    key = secrets.token_bytes(_KEY_BYTES)
    draft = file.with_name(f"key.{secrets.token_hex(4)}.new")
    with storage_errors(f"write {file}"):
        make_folder(file.parent, private=True)
        write_new_file(draft, lambda stream: stream.write(f"{key.hex()}\n".encode()), private=True)
        try:
            file.hardlink_to(draft)  # unlike a rename, never replaces a key that is there
        except FileExistsError as error:
            raise WorkspaceError(f"{file} is there already.", "Keep it: a workspace has one key.") from error
        finally:
            draft.unlink()
        sync_folder(file.parent)
    return key


def load_key(folder: Path) -> bytes:
    """The 32 bytes in `folder/private/key`. Raises WorkspaceError where it is missing or is no key."""
    file = folder / "private" / "key"
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"The key {file} is missing. Without it nobody who comes in can be recognised in the log.",
            "Restore the file from a backup. A new key would make everybody a stranger.",
        ) from error
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        raise WorkspaceError(f"Cannot read the key {file}: {error}", "Only its owner may read it.") from error
    if not _HEX_KEY.fullmatch(text):
        raise WorkspaceError(f"{file} is not a key.", "It holds 64 hex digits; restore it from a backup.")
    return bytes.fromhex(text)


class Pseudonyms:
    """Codes for people: 32 hex digits, HMAC-SHA-256 cut to 128 bits (RFC 2104).

    An account is hashed as "user", NUL, the bytes of the platform's name counted, ":", the name and the id; a
    person as "person", NUL and the name. So what is hashed of two of them is never the same.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise InputError(f"a key has {_KEY_BYTES} bytes, not {len(key)}", "Use load_key or create_key.")
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        self._most = 0
        self._known: dict[bytes, bytes] = {}

    def of(self, platform: str, user_id: str) -> str:
        """The pseudonym of an account. The same id on another platform is somebody else."""
        name = platform.encode()
        return self._code(b"user\0%d:%b%b" % (len(name), name, user_id.encode()))

    def person(self, name: str) -> str:
        """The pseudonym of a person, never equal to one of an account."""
        return self._code(b"person\0" + name.encode())

    def column(self, platform: pl.Series, user_id: pl.Series) -> pl.Series:
        """`of` row by row, hashed once per distinct pair; null where either is null or empty."""
        frame = pl.DataFrame({"platform": platform, "user_id": user_id})
        return self.replace(frame)[0]["user_id"]

    def persons(self, names: pl.Series) -> pl.Series:
        """`person` row by row, hashed once per distinct name; null where null or empty: nobody."""
        known = names.filter(names.str.strip_chars() != "").unique()
        codes = [self.person(name) for name in known.to_list()]
        return names.replace_strict(
            known, pl.Series(codes, dtype=pl.String), default=None, return_dtype=pl.String
        )

    def replace(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`frame` with pseudonyms as its `user_id`, and who they are: pseudonym, platform, user_id.

        An empty platform or id is nobody: its pseudonym is null, so that two blanks are never one person.
        The second frame has one row per distinct pair, in order of appearance; it belongs in the vault.
        """
        pairs = frame.select(_PAIR)
        platform = pairs["platform"]
        if platform.eq_missing(platform.head(1)).all():  # then the id alone tells people apart
            on = ["user_id"]
            distinct = pairs[pairs["user_id"].arg_unique().sort()]
        else:
            on = _PAIR
            distinct = pairs.unique(maintain_order=True)
        who = distinct.filter(_SOMEBODY)
        who = who.with_columns(pseudonym=self._codes(who))
        codes = who.select("pseudonym", *on)
        coded = pairs.join(codes, on=on, how="left", maintain_order="left")["pseudonym"]
        return frame.with_columns(user_id=coded), who.select("pseudonym", *_PAIR)

    def remembering(self, most: int = 200_000) -> Self:
        """The same codes, for what comes in parts: `replace` hashes about the first `most` people only once.

        Their names stay in memory as long as it lives, about 250 bytes each.
        """
        again = copy(self)
        again._most, again._known = most, {}
        return again

    def _codes(self, accounts: pl.DataFrame) -> pl.Series:
        """`_code` row by row, with little around it."""
        messages = accounts.select(_ACCOUNT.cast(pl.Binary)).to_series().to_list()
        known, begin, finish = self._known, self._inner.copy, self._outer.copy
        digests: list[bytes] = []
        for message in messages:
            digest = known.get(message)
            if digest is None:
                inner = begin()
                inner.update(message)
                outer = finish()
                outer.update(inner.digest())
                digest = outer.digest()
            digests.append(digest)
        if len(known) < self._most:
            known.update(zip(messages, digests, strict=True))
        cut = pl.Series(digests, dtype=pl.Binary).bin.slice(0, _HEX_CHARS // 2)
        return cut.bin.encode("hex")  # of all at once, which takes a third of the time of one by one

    def _code(self, message: bytes) -> str:
        """HMAC written out: both halves start from a state that holds the key, which saves half the time."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()[:_HEX_CHARS]
