"""What was given: which source reads each file, told from its name and from what stands in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from inspect import signature
from itertools import islice
from pathlib import Path
from typing import Any

from isthmus.errors import InputError, IsthmusError, MissingExtraError
from isthmus.sources.base import Source
from isthmus.sources.paths import find_files
from isthmus.sources.tabular.stream import read_blocks

__all__ = ["Finding", "Recognised", "recognise", "source_patterns"]

_HEAD_BYTES = 65_536
_TRIED_ROWS = 200
_ASIDE = ("table", "sql")
"""Sources that are told what to read, and so recognise nothing by themselves."""


@dataclass(frozen=True)
class Finding:
    """Files that one source reads, and what they were known by."""

    source: str
    files: tuple[Path, ...]
    why: str
    """In words: the names, and what stands in the files."""


@dataclass(frozen=True)
class Recognised:
    """What was found below the given paths."""

    findings: tuple[Finding, ...]
    others: tuple[Path, ...]
    """Files that no source reads."""


def recognise(paths: Sequence[Path], sources: Mapping[str, str]) -> Recognised:
    """Which of `sources` ("module:Class" by name) reads which file below `paths`.

    A file is known by words near its beginning (`marks` of a source), or by its name together with a trial
    reading of its first rows; of several sources that could read it, the one whose words and name both fit.
    Raises InputError where a path is not there.
    """
    types = _types(sources)
    found: dict[str, list[tuple[Path, str]]] = {}
    others: list[Path] = []
    for file in find_files(paths, ("*",)):
        name, why = _best(file, types)
        if name:
            found.setdefault(name, []).append((file, why))
        else:
            others.append(file)
    findings = (Finding(name, *_told(known)) for name, known in found.items())
    return Recognised(tuple(findings), tuple(others))


def source_patterns(sources: Mapping[str, str]) -> tuple[str, ...]:
    """The file names that any of `sources` reads, lower case, with * and ?."""
    patterns = (one for kind in _types(sources).values() for one in getattr(kind, "patterns", ()))
    return tuple(dict.fromkeys(patterns))


def _types(sources: Mapping[str, str]) -> dict[str, Any]:
    types = {}
    for name, place in sources.items():
        module, _, class_name = place.partition(":")
        try:
            kind = getattr(import_module(module), class_name)
        except MissingExtraError:
            continue
        patterns: tuple[str, ...] = getattr(kind, "patterns", ())
        if name not in _ASIDE and patterns:
            types[name] = kind
    return types


def _told(known: Sequence[tuple[Path, str]]) -> tuple[tuple[Path, ...], str]:
    return tuple(file for file, _ in known), "; ".join(dict.fromkeys(why for _, why in known))


def _best(file: Path, types: Mapping[str, Any]) -> tuple[str, str]:
    """The source that reads `file` and why; two empty texts where there is none."""
    head = _head(file)
    chosen: tuple[int, str, str] = (0, "", "")
    for name, kind in types.items():
        pattern = _pattern(file, kind.patterns)
        marks = _marks(head, getattr(kind, "marks", ()))
        if marks:
            words = ", ".join(repr(mark) for mark in marks)
            candidate = (4 if pattern else 3, name, f"holds {words}")
        elif pattern and chosen[0] < 2 and (why := _try(kind, file)):
            # Words that are known and not found make it less sure.
            candidate = (1 if getattr(kind, "marks", ()) else 2, name, f"is named like {pattern}, and {why}")
        else:
            continue
        if candidate[0] > chosen[0]:
            chosen = candidate
    return chosen[1], chosen[2]


def _head(file: Path) -> str:
    try:
        return next(read_blocks(file, _HEAD_BYTES), b"").decode(errors="replace")
    except InputError:  # empty, damaged or binary: its name may still tell
        return ""


def _pattern(file: Path, patterns: Iterable[str]) -> str:
    name = file.name.lower()
    return next((one for one in patterns if fnmatchcase(name, one)), "")


def _marks(head: str, groups: Iterable[Sequence[str]]) -> Sequence[str]:
    return next((group for group in groups if all(mark in head for mark in group)), ())


def _try(kind: Any, file: Path) -> str:
    """What a first batch gives; "" where the source cannot read the file."""
    taken = signature(kind).parameters
    options = {"user_id": "somebody", "batch_rows": _TRIED_ROWS}
    try:
        source: Source = kind(**{key: value for key, value in options.items() if key in taken})
        batches = list(islice(source.read(file), 2))
    except IsthmusError as error:
        # A reader that asks for an option has understood the file.
        return f"wants to be told more: {error.message}" if "--" in error.hint else ""
    rows = sum(max(batch.events.height, batch.items.height, batch.links.height) for batch in batches)
    rejects = sum(batch.rejects.height for batch in batches)
    return f"its first {rows:,} rows can be read" if rows > rejects else ""
