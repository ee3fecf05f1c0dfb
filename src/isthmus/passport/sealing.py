"""A passport that only its owner can open: AES-256-GCM under a passphrase (scrypt: percival-2009)."""

import base64
import binascii
import secrets
from typing import Any

from isthmus.errors import (
    MissingExtraError,
    PassportDowngradedError,
    PassportError,
    PassportLockedError,
)
from isthmus.passport.canonical import canonical, read_json

__all__ = ["SEALED", "seal", "unseal"]

SEALED = "isthmus-sealed-passport"
_VERSION = 1
_COST = {"n": 2**15, "r": 8, "p": 1}
"""32 MB and about 0.1 s for each passphrase that somebody tries."""
_LEAST_N, _MOST_N, _MOST_R, _MOST_P = 2**15, 2**20, 16, 4
"""Less is a downgrade; more would let a file take all memory."""


def seal(document: dict[str, Any], passphrase: str) -> dict[str, Any]:
    """`document` as an envelope of JSON that `unseal` opens. Raises PassportError for an empty passphrase."""
    if not passphrase:
        raise PassportError("a passphrase cannot be empty", "Write one into the file.", field="passphrase")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    head = {
        "format": SEALED, "version": _VERSION,
        "kdf": {"name": "scrypt", **_COST, "salt": _base64(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _base64(nonce)},
    }  # fmt: skip
    cipher = _cipher(passphrase, salt, _COST)
    return {**head, "ciphertext": _base64(cipher.encrypt(nonce, canonical(document), canonical(head)))}


def unseal(envelope: dict[str, Any], passphrase: str | None, file: str = "") -> dict[str, Any]:
    """The passport in `envelope`.

    Raises PassportLockedError for a missing or wrong passphrase (or a changed envelope: the two cannot be
    told apart), PassportDowngradedError for a weaker kind of sealing, PassportError for anything else.
    """
    if passphrase is None:
        raise PassportLockedError("is sealed with a passphrase", "Give --passphrase-file FILE.", file=file)
    from cryptography.exceptions import InvalidTag

    salt, nonce, ciphertext, cost = _parts(envelope, file)
    head = {name: value for name, value in envelope.items() if name != "ciphertext"}
    try:
        raw = _cipher(passphrase, salt, cost).decrypt(nonce, ciphertext, canonical(head))
    except InvalidTag:
        raise PassportLockedError(
            "does not open: the passphrase is wrong, or the file was changed", "Try again.", file=file
        ) from None
    return read_json(raw, file)


def _parts(envelope: dict[str, Any], file: str) -> tuple[bytes, bytes, bytes, dict[str, int]]:
    try:
        kdf, cipher = envelope["kdf"], envelope["cipher"]
        named = (envelope["version"], kdf["name"], cipher["name"])
        cost = {name: int(kdf[name]) for name in _COST}
        salt, nonce, ciphertext = (
            base64.b64decode(text, validate=True)
            for text in (kdf["salt"], cipher["nonce"], envelope["ciphertext"])
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise PassportError(f"is a damaged envelope: {error!r}", "Is it whole?", file=file) from None
    if named != (_VERSION, "scrypt", "AES-256-GCM") or cost["n"] < _LEAST_N or len(salt) < 16:
        raise PassportDowngradedError(
            "is sealed in another, or a weaker, way than passports are", "Do not trust it.", file=file
        )
    n = cost["n"]
    odd = n & (n - 1) or len(nonce) != 12 or min(cost.values()) < 1
    if odd or n > _MOST_N or cost["r"] > _MOST_R or cost["p"] > _MOST_P:
        raise PassportError("asks for a sealing that no passport has", "Do not trust it.", file=file)
    return salt, nonce, ciphertext, cost


def _cipher(passphrase: str, salt: bytes, cost: dict[str, int]) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ModuleNotFoundError as error:
        raise MissingExtraError("A passport", "passport") from error
    return AESGCM(Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode("utf-8")))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
