"""`isthmus import WS auto`: recognise what was given, say so, ask, and take it in."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from isthmus.cli.importing import import_and_show
from isthmus.errors import InputError, SettingsError

if TYPE_CHECKING:
    from isthmus.sources import Recognised

__all__ = ["take_in_all"]

_SHOWN = 3


def take_in_all(
    folder: Path,
    paths: Sequence[Path | str],
    options: dict[str, Any],
    *,
    yes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Import whatever is recognised below `paths`; nothing is imported before it was agreed to."""
    from isthmus.cli.printing import note, print_json
    from isthmus.sources import SOURCES, find_sources
    from isthmus.sources.opening import opened
    from isthmus.sources.recognition import source_patterns

    with opened(paths, source_patterns(SOURCES)) as given:
        found = find_sources(given.paths)
        _check(found, [given.shown(str(path)) for path in given.paths], options)
        if not as_json:
            _show(found, given.shown)
        if not _agreed(yes):
            note("Nothing was imported.")
            return
        told = [
            {
                "source": finding.source,
                "why": finding.why,
                "files": import_and_show(
                    folder, finding.source, list(finding.files), _taken(finding.source, options),
                    strict=strict, quiet=as_json, shown=given.shown,
                ),
            }
            for finding in found.findings
        ]  # fmt: skip
    if as_json:
        print_json({"workspace": str(folder), "found": told, "not_read": len(found.others)})


def _check(found: "Recognised", paths: Sequence[str], options: dict[str, Any]) -> None:
    if not found.findings:
        where = ", ".join(paths)
        raise InputError(
            f"{where}: nothing was recognised",
            "Name the source (isthmus import WS SOURCE ...), or use `table` with a mapping.",
        )
    if len(found.findings) > 1 and options["platform"]:
        names = ", ".join(finding.source for finding in found.findings)
        raise SettingsError(
            f"--platform would give one name to what several sources read: {names}.",
            "Import them one by one.",
        )


def _show(found: "Recognised", shown: Callable[[str], str]) -> None:
    from isthmus.cli.printing import note, out

    for finding in found.findings:
        names = [shown(str(file)) for file in finding.files]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        out().print(
            f"{finding.source}: {', '.join(names[:_SHOWN])}{more}: {finding.why}",
            markup=False,
            soft_wrap=True,
        )
    if found.others:
        note(f"{len(found.others):,} other files are read by no source.")


def _agreed(yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise SettingsError("Nothing was imported: nobody is here to be asked.", "Say --yes to take this in.")
    return typer.confirm("Take this in?", err=True)


def _taken(source: str, options: dict[str, Any]) -> dict[str, Any]:
    from isthmus.sources import options_of

    return {key: value for key, value in options.items() if key in options_of(source)}
