"""JSON with exactly one spelling, so that a signature over it can be checked by anybody (RFC 8785).

Names of members are sorted by their UTF-16 code units, nothing stands between tokens, text is UTF-8, and a
number is written as ECMAScript writes it.
"""

import json
import math
from decimal import Decimal
from typing import Any

from isthmus.errors import PassportError

__all__ = ["canonical", "read_json"]

_MOST_BYTES = 16_000_000
_DEEPEST = 30


def canonical(value: Any) -> bytes:
    """The one spelling of `value`, in UTF-8. Raises PassportError for what JSON cannot say."""
    try:
        return _written(value).encode("utf-8")
    except (UnicodeEncodeError, ValueError, TypeError) as error:
        raise PassportError(f"cannot be written as JSON: {error}") from error


def read_json(raw: bytes, file: str = "") -> dict[str, Any]:
    """The JSON object in `raw`. Raises PassportError for anything else.

    A member that is named twice, a number that is not finite, or more than 16 MB or 30 levels are refused:
    two programs could understand them differently.
    """
    if len(raw) > _MOST_BYTES:
        raise PassportError("is larger than any passport", "Is it the right file?", file=file)
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
        _check_depth(found, _DEEPEST)
    except (ValueError, RecursionError) as error:
        raise PassportError(f"is not a passport: {error}", "Is it the right file?", file=file) from None
    if not isinstance(found, dict):
        raise PassportError("is not a passport: no JSON object", "Is it the right file?", file=file)
    return found


def _written(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_quoted(name)}:{_written(value[name])}" for name in names) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript does: the fewest digits that tell it apart, an exponent from 1e21 up and below 1e-6."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digit_tuple))
    stripped = digits.rstrip("0")
    point = len(digits) + int(exponent)  # digits before the point
    minus = "-" if sign else ""
    if len(stripped) <= point <= 21:
        return minus + stripped.ljust(point, "0")
    if 0 < point <= 21:
        return f"{minus}{stripped[:point]}.{stripped[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{stripped}"
    tail = f".{stripped[1:]}" if len(stripped) > 1 else ""
    return f"{minus}{stripped[0]}{tail}e{point - 1:+d}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"it names {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(one, left - 1)
