"""The workspace: one folder with everything that is known, and the rooms opened on it.

```
workspace/
  isthmus.toml        settings
  manifest.sqlite     which segments of the tables below count
  events/ items/ links/
  private/            the key, and who is behind a pseudonym; readable by its owner only
  rejects/            rows that could not be taken, per import; readable by its owner only
  vectors/            vectors of item texts, per encoder
  models/             fitted models, the newest of each method
```
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from isthmus.encoders import Encoder, load_encoder
from isthmus.engine import Progress, Silent
from isthmus.errors import WorkspaceBusyError, WorkspaceError
from isthmus.events import EventLog
from isthmus.items import Catalogue
from isthmus.privacy import Identities, Links, Pseudonyms, create_key, load_key
from isthmus.settings import Settings, load_settings
from isthmus.storage import SegmentStore, Writer, storage_errors, write_new_file

__all__ = ["SETTINGS_FILE", "Workspace"]

SETTINGS_FILE = "isthmus.toml"

_FIRST_SETTINGS = """\
# Settings of this workspace; what is not said here has its default.
# The environment wins: ISTHMUS_ENCODER__NAME=use, ISTHMUS_IMPORTING__LOCK_TIMEOUT_S=600.

# [encoder]
# name = "use"                     # or "openai:<model>"
# base_url = "https://api.openai.com/v1"

# [weights]
# half_life_days = 365.0           # age at which an event counts half

# [ranking]
# diversity = 0.2                  # 0 ranks by score alone, 1 by difference alone
# calibration = 0.5                # 0 ranks by score alone, 1 keeps interests in proportion alone
# elsewhere = 0.3                  # weight of what was done on other devices than the one that asks
"""


class Workspace:
    """A folder, and the rooms opened on it."""

    def __init__(self, folder: Path, store: SegmentStore, settings: Settings) -> None:
        self.folder = folder
        self.store = store
        self.settings = settings
        self.log = EventLog(store)
        self.catalogue = Catalogue(store)
        self.links = Links(store)
        self.identities = Identities(store)

    @classmethod
    def create(cls, folder: Path | str) -> Self:
        """Make an empty workspace in `folder`, which is made if absent and otherwise must be empty.

        What a creation that was killed left is taken over. Raises WorkspaceError where there is a workspace
        or anything else already, StorageError where the disk refuses.
        """
        folder = Path(folder)
        _check_is_free(folder)
        with storage_errors(f"make a workspace in {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "private" / "key").exists():
            create_key(folder)
        with storage_errors(f"make a workspace in {folder}"):
            if not (folder / SETTINGS_FILE).exists():
                write_new_file(folder / SETTINGS_FILE, lambda stream: stream.write(_FIRST_SETTINGS.encode()))
        SegmentStore.create(folder)  # last: from here on it is a workspace
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """The workspace in `folder`.

        Raises NotAWorkspaceError, WorkspaceVersionError, SettingsError, or StorageError.
        """
        folder = Path(folder)
        store = SegmentStore.open(folder)
        return cls(folder, store, load_settings(folder / SETTINGS_FILE))

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """The codes of this workspace. Raises WorkspaceError where the key is missing."""
        return Pseudonyms(load_key(self.folder))

    def encoder(self, progress: Progress | None = None) -> Encoder:
        """The encoder of the settings behind the cache of vectors. Raises EncoderError, UnknownNameError."""
        settings = self.settings.encoder
        return load_encoder(settings.name, settings, self.folder / "vectors", progress)

    @contextmanager
    def writing(self, progress: Progress | None = None) -> Iterator[Writer]:
        """A transaction over all tables; tells `progress` when it has to wait for another process.

        Raises WorkspaceBusyError after `importing.lock_timeout_s`, StorageError where the disk refuses.
        """
        timeout_s = self.settings.importing.lock_timeout_s
        with ExitStack() as stack:
            try:
                writer = stack.enter_context(self.store.writing(0.0))
            except WorkspaceBusyError:
                waiting = f"Another process is writing here; waiting up to {timeout_s:g} s"
                with (progress or Silent()).track(waiting, 0):
                    writer = stack.enter_context(self.store.writing(timeout_s))
            yield writer


def _check_is_free(folder: Path) -> None:
    with storage_errors(f"make a workspace in {folder}"):
        if folder.exists() and not folder.is_dir():
            raise WorkspaceError(f"{folder} is a file.", "Choose another folder.")
        present = {entry.name for entry in folder.iterdir()} if folder.exists() else set()
    if "manifest.sqlite" in present:
        raise WorkspaceError(
            f"{folder} is a workspace already; it was left as it is.",
            f"Use it (isthmus status {folder}), or choose another folder.",
        )
    strange = sorted(present - {"private", "lock", SETTINGS_FILE, "manifest.sqlite.new"})
    if strange:
        raise WorkspaceError(
            f"{folder} holds other things already: {', '.join(strange[:5])}{' …' if strange[5:] else ''}",
            "Choose an empty folder, or one that does not exist yet.",
        )
