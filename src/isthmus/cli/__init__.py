"""The command `isthmus`: one file per verb. Each is thin; the work is done in `pipeline`."""

import sys
from collections.abc import Sequence

from isthmus.cli.running import run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (default: those of the process) and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
