"""Run a verb and turn what goes wrong into a message, a hint and an exit code; never into a traceback."""

import os
import sys
import traceback
from collections.abc import Sequence

from isthmus.errors import IsthmusError

__all__ = ["run"]

_INTERRUPTED = 130
_USAGE = 2
_BUG = 70


def run(arguments: Sequence[str]) -> int:
    """Run the command line `arguments`; returns the exit code.

    0 done, 2 usage, 130 interrupted, 70 a bug of ours; the others stand in `isthmus.errors`. The variable
    ISTHMUS_DEBUG=1 shows where an error came from.
    """
    from isthmus.cli.app import app

    for argument in arguments:
        if argument.encode(errors="replace").decode() != argument:
            return _tell(f"{argument!a} is not UTF-8 text.", "Set the terminal to UTF-8.", _USAGE)
    try:
        code = app(args=list(arguments), prog_name="isthmus", standalone_mode=False)
    except IsthmusError as error:
        return _tell(error.message, error.hint, error.exit_code)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except MemoryError:
        return _tell("There is not enough memory.", "Smaller batches: ISTHMUS_IMPORTING__BATCH_ROWS=50000", 1)
    except Exception as error:
        return _not_ours(error)
    if code == _INTERRUPTED:
        return _tell("Interrupted; what was not finished was not kept.", "", _INTERRUPTED)
    return code if isinstance(code, int) else 0


def _not_ours(error: Exception) -> int:
    """Errors of the command line itself, and bugs."""
    if type(error).__name__ == "Abort":
        return _tell("Interrupted; what was not finished was not kept.", "", _INTERRUPTED)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        hint = f"See: {context.command_path} --help" if context is not None else "See: isthmus --help"
        if type(error).__name__ == "NoArgsIsHelpError":
            return _USAGE
        return _tell(str(error.format_message()), hint, _USAGE)
    return _tell(
        f"This is a fault of Isthmus: {type(error).__name__}: {error}",
        "Please report it with what ISTHMUS_DEBUG=1 shows.",
        _BUG,
    )


def _tell(message: str, hint: str, code: int) -> int:
    if sys.exc_info()[0] is not None and os.environ.get("ISTHMUS_DEBUG", "") not in ("", "0"):
        traceback.print_exc()
    from isthmus.cli.printing import tell_error

    tell_error(message, hint)
    return code
