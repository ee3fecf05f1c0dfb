"""May this passport be believed, and used: every refusal with its reason.

In this order: is it a passport; has a protection been taken off (version, signature, algorithm, level); does
the signature fit; do the fields fit; is its issuer the one asked for; is it still in time.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from isthmus.errors import (
    PassportDowngradedError,
    PassportError,
    PassportExpiredError,
    PassportIssuerError,
    PassportPurposeError,
)
from isthmus.passport.canonical import read_json
from isthmus.passport.document import FORMAT, VERSION, Passport, Purpose, parse
from isthmus.passport.sealing import SEALED, unseal
from isthmus.passport.signing import check_signature, fingerprint

__all__ = ["check_purpose", "open_passport"]

_LEVELS = ("topics", "vectors", "full")
_CLOCKS_DIFFER = timedelta(minutes=10)


def open_passport(
    raw: bytes,
    *,
    passphrase: str | None = None,
    issuers: Collection[str] = (),
    now: datetime | None = None,
    file: str = "",
) -> Passport:
    """The passport in `raw`, once everything about it was found right.

    `issuers` are public keys or fingerprints of which one must have signed; none: any key will do, and only
    whether it fits is checked. Raises PassportLockedError, PassportDowngradedError, PassportTamperedError,
    PassportIssuerError, PassportExpiredError, and PassportError for what is no passport.
    """
    document = read_json(raw, file)
    if document.get("format") == SEALED:
        document = unseal(document, passphrase, file)
    _check_protections(document, file)
    passport_fields = _signed(document, file)
    _check_level(passport_fields, file)
    _check_issuer(passport_fields, issuers, file)
    _check_time(passport_fields, now or datetime.now(UTC), file)
    return passport_fields


def check_purpose(passport: Passport, *purposes: Purpose, file: str = "") -> None:
    """Raise PassportPurposeError unless the owner agreed to all of `purposes`."""
    for purpose in purposes:
        if purpose not in passport.consent.purposes:
            agreed = ", ".join(passport.consent.purposes) or "nothing"
            raise PassportPurposeError(
                f"its owner agreed to {agreed}, not to {purpose!r}",
                f"Ask the owner for one made with --purpose {purpose}.",
                file=file,
            )


def _check_protections(document: dict[str, Any], file: str) -> None:
    """Before any signature: what an attacker takes off is just what would be checked."""
    if document.get("format") != FORMAT:
        raise PassportError("is not a passport", "Is it the right file?", file=file, field="format")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < VERSION:
        _downgraded(f"has the version {version!r}; the oldest that is believed is {VERSION}", file)
    if version > VERSION:
        raise PassportError(
            f"has the version {version}; this Isthmus reads {VERSION}", "Install a newer Isthmus.", file=file
        )
    if not document.get("signature"):
        _downgraded("its signature was taken off", file)
    issuer = document.get("issuer")
    algorithm = issuer.get("algorithm") if isinstance(issuer, dict) else None
    if algorithm != "Ed25519":
        _downgraded(f"is signed with {algorithm!r}; only Ed25519 is believed", file)
    if document.get("level") not in _LEVELS:
        _downgraded(f"its privacy level was taken off ({document.get('level')!r})", file)
    for needed in ("expires_at", "consent"):
        if needed not in document:
            _downgraded(f"its {needed} was taken off", file)


def _signed(document: dict[str, Any], file: str) -> Passport:
    """The signature first: of what nobody signed, no field is worth a word."""
    if not isinstance(document.get("signature"), str) or not isinstance(
        document["issuer"].get("public_key"), str
    ):
        raise PassportError("signature and public key must be text", file=file)
    check_signature(document, file)
    return parse(document, file)


def _check_level(passport: Passport, file: str) -> None:
    """A level is a promise: nothing may be there that it does not allow, nor lack what it claims."""
    level, has_vectors, noise = passport.level, bool(passport.vectors), passport.noise
    if level == "topics" and (has_vectors or noise):
        _downgraded("claims the level topics and holds vectors", file)
    if level == "vectors" and (noise is None or any(one.subject is None for one in passport.vectors)):
        _downgraded("claims the level vectors, and does not say which noise protects them", file)
    if level == "full" and noise is not None:
        _downgraded("claims the level full and noise at once", file)
    if has_vectors and passport.encoder is None:
        raise PassportError("holds vectors and does not name their encoder", file=file, field="encoder")


def _check_issuer(passport: Passport, issuers: Collection[str], file: str) -> None:
    key = passport.issuer.public_key
    if issuers and key not in issuers and fingerprint(key) not in issuers:
        raise PassportIssuerError(
            f"was signed by {fingerprint(key)}, which is not the issuer asked for",
            "Believe it only if you know that key.",
            file=file,
        )


def _check_time(passport: Passport, now: datetime, file: str) -> None:
    if passport.expires_at <= now:
        day = f"{passport.expires_at:%Y-%m-%d %H:%M} UTC"
        raise PassportExpiredError(f"expired on {day}", "Ask its issuer for a new one.", file=file)
    if passport.issued_at > now + _CLOCKS_DIFFER:
        raise PassportExpiredError(
            f"is of the future ({passport.issued_at:%Y-%m-%d %H:%M} UTC)", "Check the clock.", file=file
        )


def _downgraded(what: str, file: str) -> NoReturn:
    raise PassportDowngradedError(what, "Do not use it: ask its issuer for a new one.", file=file)
