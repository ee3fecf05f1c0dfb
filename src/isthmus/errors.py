"""Every error that Isthmus raises on purpose.

```
IsthmusError                  something a person can put right; `hint` says how
├── InputError                a file, a row or a value that cannot be taken (`where` = file:line, field)
│   ├── MappingError          a mapping file that does not fit the data or itself
│   └── PassportError         a file that is no passport, or one that must not be used
│       ├── PassportTamperedError    it says something else than what was signed
│       ├── PassportExpiredError     its time is over
│       ├── PassportIssuerError      another key signed it than the one asked for
│       ├── PassportDowngradedError  an old version, or a protection taken off
│       ├── PassportPurposeError     its owner did not agree to this use
│       └── PassportLockedError      the passphrase is missing or wrong
├── SettingsError             a setting that is unknown or out of range
├── MissingExtraError         an optional dependency is not installed
├── UnknownNameError          no such model, encoder, platform, person or item
├── NotFittedError            a model was asked before it was fitted
├── EncoderError              text could not be turned into vectors
└── WorkspaceError            the folder cannot be used as a workspace
    ├── NotAWorkspaceError    there is none here
    ├── WorkspaceVersionError it was written by a newer Isthmus
    ├── WorkspaceBusyError    another process is writing to it
    └── StorageError          the disk is full or refuses to be written
```
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "EncoderError",
    "InputError",
    "IsthmusError",
    "MappingError",
    "MissingExtraError",
    "NotAWorkspaceError",
    "NotFittedError",
    "PassportDowngradedError",
    "PassportError",
    "PassportExpiredError",
    "PassportIssuerError",
    "PassportLockedError",
    "PassportPurposeError",
    "PassportTamperedError",
    "SettingsError",
    "StorageError",
    "UnknownNameError",
    "WorkspaceBusyError",
    "WorkspaceError",
    "WorkspaceVersionError",
]


class IsthmusError(Exception):
    """What was wrong (`message`) and what to do about it (`hint`)."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InputError(IsthmusError):
    """A file, a row or a value that cannot be taken; says where it stands."""

    exit_code = 3

    def __init__(
        self, message: str, hint: str = "", *, file: str = "", line: int | None = None, field: str = ""
    ) -> None:
        place = ":".join(part for part in (file, str(line) if line is not None else "") if part)
        place = f"{place}, field {field}" if place and field else place or (f"field {field}" if field else "")
        super().__init__(f"{place}: {message}" if place else message, hint)
        self.file, self.line, self.field = file, line, field


class MappingError(InputError):
    """A mapping file that does not fit the data or itself."""


class PassportError(InputError):
    """A file that is no passport, or a passport that must not be used."""


class PassportTamperedError(PassportError):
    """The passport says something else than what was signed."""


class PassportExpiredError(PassportError):
    """The time of the passport is over, or has not come."""


class PassportIssuerError(PassportError):
    """The passport was signed by another key than the one asked for."""


class PassportDowngradedError(PassportError):
    """The passport is of an old version, or a protection that it must have was taken off."""


class PassportPurposeError(PassportError):
    """The owner of the passport did not agree to this use of it."""


class PassportLockedError(PassportError):
    """The passport is sealed, and the passphrase is missing or wrong."""


class SettingsError(IsthmusError):
    """A setting that is unknown or out of range."""

    exit_code = 2


class MissingExtraError(IsthmusError):
    """An optional dependency is not installed; the hint is the command that installs it."""

    exit_code = 2

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs a package that is not installed.", f"Run: pip install 'isthmus[{extra}]'"
        )
        self.extra = extra


class UnknownNameError(IsthmusError):
    """No such model, encoder, platform, person or item; the hint offers the nearest names."""

    exit_code = 4

    def __init__(self, what: str, name: str, known: Iterable[str] = (), hint: str = "") -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3)
        if not hint and near:
            hint = f"Did you mean {' or '.join(near)}?"
        elif not hint and names:
            hint = f"Known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."
        super().__init__(f"There is no {what} named {name!r}.", hint)
        self.what, self.name = what, name


class NotFittedError(IsthmusError):
    """A model was asked before it was fitted."""

    exit_code = 5


class EncoderError(IsthmusError):
    """Text could not be turned into vectors."""

    exit_code = 6


class WorkspaceError(IsthmusError):
    """The folder cannot be used as a workspace."""

    exit_code = 7


class NotAWorkspaceError(WorkspaceError):
    """There is no workspace in this folder."""


class WorkspaceVersionError(WorkspaceError):
    """The workspace was written by a newer Isthmus."""


class WorkspaceBusyError(WorkspaceError):
    """Another process is writing to the workspace."""


class StorageError(WorkspaceError):
    """The disk is full or refuses to be written; nothing half-written was kept."""
