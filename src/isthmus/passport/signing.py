"""Who vouches for a passport: Ed25519 keys (bernstein-2012), signatures, and their check."""

import base64
import binascii
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from isthmus.errors import MissingExtraError, PassportError, PassportTamperedError, WorkspaceError
from isthmus.passport.canonical import canonical
from isthmus.storage import make_folder, storage_errors, sync_folder, write_new_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["IssuerKey", "check_signature", "fingerprint"]

_PURPOSE = b"isthmus-passport\n"
"""Signed in front of the document, so that a signature made for anything else never fits."""
_SEED_BYTES = 32


class IssuerKey:
    """The key with which a workspace signs; in `private/passport.key`, mode 0600, apart from the data."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._key = _private_key(seed)

    @classmethod
    def of(cls, workspace: Path) -> Self:
        """The key of the workspace in this folder, made at the first call.

        Raises MissingExtraError without the extra, WorkspaceError for a damaged file, StorageError.
        """
        file = workspace / "private" / "passport.key"
        if not file.exists():
            _private_key(bytes(_SEED_BYTES))  # what is missing shows before anything is written
            _create(file)
        try:
            seed = bytes.fromhex(file.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise WorkspaceError(
                f"Cannot read the key {file}: {error}", "Restore it from a backup."
            ) from error
        if len(seed) != _SEED_BYTES:
            raise WorkspaceError(f"{file} is not a key.", "It holds 64 hex digits; restore it from a backup.")
        return cls(seed)

    @property
    def public_key(self) -> str:
        """32 bytes in base64, as passports and `--issuer` write it."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, document: dict[str, Any]) -> dict[str, Any]:
        """`document` with its `signature`, in place of one that it may have had."""
        bare = {name: value for name, value in document.items() if name != "signature"}
        signature = self._key.sign(_PURPOSE + canonical(bare))
        return {**bare, "signature": base64.b64encode(signature).decode()}

    def secret(self, purpose: str) -> bytes:
        """32 bytes that only this key can work out, another for each purpose."""
        return hmac.digest(self._seed, f"isthmus\0{purpose}".encode(), hashlib.sha256)


def check_signature(document: dict[str, Any], file: str = "") -> None:
    """Raise PassportTamperedError unless the key that `document` names signed just what stands there."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    bare = {name: value for name, value in document.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(
            base64.b64decode(document["issuer"]["public_key"], validate=True)
        )
        key.verify(base64.b64decode(document["signature"], validate=True), _PURPOSE + canonical(bare))
    except (InvalidSignature, binascii.Error, ValueError):
        raise PassportTamperedError(
            "the signature does not fit: something was changed after it was signed, or another key signed it",
            "Ask who issued it for a new one.",
            file=file,
        ) from None


def fingerprint(public_key: str) -> str:
    """A short name of a public key, to compare by eye: 16 hex digits of its SHA-256, in fours.

    Raises PassportError for what is no key in base64.
    """
    try:
        raw = base64.b64decode(public_key, validate=True)
    except binascii.Error as error:
        raise PassportError(
            f"{public_key!r} is no public key: {error}", "It is 32 bytes in base64."
        ) from error
    digits = hashlib.sha256(raw).hexdigest()[:16]
    return "-".join(digits[place : place + 4] for place in range(0, 16, 4))


def _private_key(seed: bytes) -> "Ed25519PrivateKey":
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ModuleNotFoundError as error:
        raise MissingExtraError("A passport", "passport") from error
    return Ed25519PrivateKey.from_private_bytes(seed)


def _create(file: Path) -> None:
    """Whole or not at all; where another process was first, its key stays."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    with storage_errors(f"write {file}"):
        make_folder(file.parent, private=True)
        seed = secrets.token_hex(_SEED_BYTES).encode()
        write_new_file(draft, lambda stream: stream.write(seed + b"\n"), private=True)
        try:
            file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_folder(file.parent)
