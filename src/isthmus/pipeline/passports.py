"""Passports: made from a workspace, opened, changed by their owner, and used in another workspace."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.dataset import Dataset, IdMap, item_key
from isthmus.engine import Progress
from isthmus.errors import InputError, PassportDowngradedError, UnknownNameError
from isthmus.passport import (
    History,
    IssuerKey,
    Passport,
    Reader,
    Shelf,
    Suggestions,
    Terms,
    check_purpose,
    fingerprint,
    seal,
)
from isthmus.passport import edit_passport as edit_document
from isthmus.passport import make_passport as make_document
from isthmus.passport import open_passport as open_document
from isthmus.pipeline.people import find_people
from isthmus.pipeline.reading import WEIGHED, item_frame, read_dataset
from isthmus.pipeline.workspace import Workspace
from isthmus.storage import make_folder, storage_errors, write_new_file

__all__ = [
    "PassportList",
    "edit_passport",
    "issuer_of",
    "make_passport",
    "read_passport",
    "shelf_of",
    "use_passport",
    "write_passport",
]

_REVISIONS = "passports.json"


@dataclass(frozen=True)
class PassportList:
    """What a workspace recommends to the holder of a passport."""

    platform: str
    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    found: Suggestions
    issuer: str
    """Fingerprint of the key that signed."""


def make_passport(
    workspace: Workspace, user: str, terms: Terms | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """The signed document of `user` (`platform:id` or a linked person), from all their linked accounts.

    Raises UnknownNameError for nobody, InputError for somebody of whom nothing speaks for an interest,
    SettingsError for terms out of range, MissingExtraError without the extra `passport`, EncoderError.
    """
    issuer = IssuerKey.of(workspace.folder)
    encoder = workspace.encoder(progress)
    key = find_people(workspace, [user])["key"].item()
    if key is None:
        raise UnknownNameError("person", user, hint="Nobody of this name ever came in.")
    dataset = read_dataset(workspace, encoder)
    num = dataset.users.num(key)
    if num < 0:
        raise InputError(
            "nothing that this person did speaks for an interest", "Import some of their events."
        )
    rows = np.array([num])
    history = History(key, dataset.interactions[rows], dataset.times_matrix[rows].data, dataset.blocked[rows])
    return make_document(history, shelf_of(workspace, dataset), encoder, terms or Terms(), issuer)


def write_passport(document: Mapping[str, Any], out: Path, passphrase: str | None = None) -> None:
    """Write to a file that does not exist yet, mode 0600; with a passphrase sealed, so that only it opens it.

    Raises InputError where there is a file already, StorageError where the disk refuses.
    """
    if out.exists():
        raise InputError("is there already", "Choose another name, or delete it.", file=str(out))
    shown = dict(document) if passphrase is None else seal(dict(document), passphrase)
    text = json.dumps(shown, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    with storage_errors(f"write {out}"):
        write_new_file(out, lambda stream: stream.write(text), private=True)


def read_passport(
    file: Path,
    *,
    passphrase: str | None = None,
    issuers: Collection[str] = (),
    now: datetime | None = None,
) -> Passport:
    """The passport in `file`, once it was found right. Raises InputError and PassportError."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file)) from error
    _needs_extra()
    return open_document(raw, passphrase=passphrase, issuers=issuers, now=now, file=str(file))


def edit_passport(
    workspace: Workspace,
    passport: Passport,
    *,
    remove: Collection[str] = (),
    lower: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The next revision, signed by the key of `workspace`. Raises as `isthmus.passport.edit_passport`."""
    return edit_document(passport, IssuerKey.of(workspace.folder), remove=remove, lower=lower)


def issuer_of(workspace: Workspace) -> str:
    """The public key with which this workspace signs, to be given to those who read its passports."""
    return IssuerKey.of(workspace.folder).public_key


def use_passport(
    workspace: Workspace,
    passport: Passport,
    platform: str,
    n: int = 10,
    progress: Progress | None = None,
) -> PassportList:
    """The best `n` items of `platform` for the holder of a passport, of whom nothing need be known here.

    Popularity is that of the workspace; a catalogue without events will do. What the passport lists as known
    on `platform` is left out. Of the passport only the number of its revision is kept. Raises
    PassportPurposeError, PassportDowngradedError where a newer revision was used here, UnknownNameError for
    the platform, InputError for n < 1 and for an empty catalogue, EncoderError.
    """
    if n < 1:
        raise InputError(f"a list needs a length of at least 1, not {n}", field="n")
    check_purpose(passport, "personalise", "transfer")
    encoder = workspace.encoder(progress)
    dataset = _read(workspace, encoder)
    candidates = dataset.candidates(platform)
    people = np.bincount(dataset.interactions.indices, minlength=dataset.n_items)[candidates]
    reader = Reader(dataset.features, candidates, people.astype(np.float64), encoder)
    _remember(workspace.folder / "private" / _REVISIONS, passport)
    seen = [
        item_key(platform, item.item_id)
        for one in passport.provenance
        if one.platform == platform
        for item in one.items or ()
    ]
    found = reader.suggest(passport, n, exclude=dataset.items.nums(seen).tolist())
    nums = found.item_nums
    return PassportList(
        platform,
        tuple(str(key).partition("\x1f")[2] for key in dataset.items.ids[nums]),
        tuple(str(title) for title in dataset.features.titles[nums]),
        found,
        fingerprint(passport.issuer.public_key),
    )


def _read(workspace: Workspace, encoder: Any) -> Dataset:
    """Everybody and everything, and a catalogue alone where there is nobody."""
    catalogue = workspace.catalogue.read()
    if catalogue.is_empty() and workspace.log.count() == 0:
        raise InputError(f"{workspace.folder} holds nothing to recommend", "isthmus items WS FILES...")
    return Dataset.from_frames(
        workspace.log.read(WEIGHED).collect(),
        catalogue,
        workspace.links.read(),
        encoder=encoder,
        weights=workspace.settings.weights,
        known=IdMap.of(()),
    )


def shelf_of(workspace: Workspace, dataset: Dataset) -> Shelf:
    """The items of `dataset`, with what the catalogue of the workspace tells of their languages."""
    languages = item_frame(workspace.catalogue.read(), dataset.items)["language"].fill_null("")
    ids = [str(key).partition("\x1f")[2] for key in dataset.items.ids]
    return Shelf(
        features=dataset.features,
        item_platform=dataset.item_platform,
        platforms=dataset.platforms,
        item_ids=np.array(ids, dtype=object),
        languages=np.array(languages.to_list(), dtype=object),
    )


def _remember(file: Path, passport: Passport) -> None:
    """Keep the newest revision seen of a passport: what its owner has changed since is not used again."""
    with storage_errors(f"read {file}"):
        kept: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    newest = kept.get(passport.passport_id, 0)
    if passport.revision < newest:
        raise PassportDowngradedError(
            f"is revision {passport.revision}; its owner changed it since, and {newest} was used here",
            "Use the newer one.",
        )
    if passport.revision == newest:
        return
    text = json.dumps({**kept, passport.passport_id: passport.revision}).encode()
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    with storage_errors(f"write {file}"):
        make_folder(file.parent, private=True)
        write_new_file(draft, lambda stream: stream.write(text), private=True)
        draft.replace(file)


def _needs_extra() -> None:
    """What is missing is said before anything else goes wrong."""
    IssuerKey(bytes(32))
