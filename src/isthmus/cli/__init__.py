"""The command `isthmus`: one file per verb. Each is thin; the work is done in `pipeline`."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

from isthmus.cli.running import run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (default: those of the process) and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a title in Chinese must not end a run on an ASCII terminal
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
