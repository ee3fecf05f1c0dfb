"""What a search may try: a table per model, `spaces/<model>.toml`, from setting to range or choices."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import Any

from isthmus.errors import SettingsError
from isthmus.models import load_model, model_class

__all__ = [
    "Choices",
    "Range",
    "Space",
    "Values",
    "as_toml",
    "default_values",
    "list_points",
    "load_space",
    "parse_space",
]

Values = Mapping[str, Any]
"""A value per setting."""


@dataclass(frozen=True)
class Range:
    """Everything from `low` to `high`, both included; whole numbers where both ends are whole."""

    low: float
    high: float
    log: bool = False
    """Tried evenly by order of magnitude."""

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if isinstance(end, bool) or not isinstance(end, int | float):
                raise SettingsError(
                    f"{end!r} is not a number.", "A range has numbers: low = 1.0, high = 9.0."
                )
        if not self.low < self.high or (self.log and self.low <= 0):
            raise SettingsError(
                f"low = {self.low}, high = {self.high} is no range.",
                "low must be below high, and above zero where log = true.",
            )

    def __contains__(self, value: object) -> bool:
        number = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high  # type: ignore[operator]

    def __str__(self) -> str:
        return f"{as_toml(self.low)} to {as_toml(self.high)}{' (log)' if self.log else ''}"

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends: where they are allowed, all between is."""
        return self.low, self.high


@dataclass(frozen=True)
class Choices:
    """A few values, none nearer to another."""

    choices: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.choices or not all(isinstance(one, bool | int | float | str) for one in self.choices):
            raise SettingsError(
                f"choices = {list(self.choices)} cannot be chosen from.",
                "Give numbers, texts, true or false.",
            )

    def __contains__(self, value: object) -> bool:
        return value in self.choices

    def __str__(self) -> str:
        return ", ".join(as_toml(one) for one in self.choices)

    @property
    def ends(self) -> tuple[Any, ...]:
        """All choices."""
        return self.choices


Space = Mapping[str, Range | Choices]
"""What may be tried of each setting."""


def load_space(model: str) -> Space:
    """The space of `model` that comes with Isthmus.

    Raises UnknownNameError for the model and SettingsError where it has no space.
    """
    model_class(model)
    file = files("isthmus.tuning") / "spaces" / f"{model}.toml"
    if not file.is_file():
        raise SettingsError(
            f"Nothing is known of what to try for {model}.",
            "Say it in a TOML file (reg = { low = 1.0, high = 100.0, log = true }) and give it with --space.",
        )
    return parse_space(tomllib.loads(file.read_text(encoding="utf-8")), model)


def parse_space(table: Mapping[str, Any], model: str) -> Space:
    """A space from a table: `{ low, high, log }` or `{ choices }` per setting of `model`.

    Raises SettingsError for what is neither, for a setting that the model has not, and for a value out of its
    range.
    """
    space = {setting: _parse_one(setting, said) for setting, said in table.items()}
    for setting, tried in space.items():
        for value in tried.ends:
            load_model(model, {setting: value})
    return space


def as_toml(value: Any) -> str:
    """A number, a text, a truth value or a list of them as TOML has it. Raises SettingsError for others."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return f"[{', '.join(as_toml(one) for one in value)}]"
    raise SettingsError(f"{value!r} cannot be written as a setting.", "Give numbers, texts or lists.")


def default_values(model: str, space: Space) -> Values | None:
    """The defaults of the settings of `space`; None where one is outside it."""
    config = load_model(model).config
    values = {setting: getattr(config, setting) for setting in space}
    return values if all(values[setting] in tried for setting, tried in space.items()) else None


def list_points(space: Space, limit: int) -> Sequence[Values] | None:
    """Everything in `space`, where that is at most `limit`; None where it is more."""
    size, sides = 1, []
    for tried in space.values():
        if isinstance(tried, Range) and not tried.whole:
            return None
        side: Sequence[Any] = (
            range(int(tried.low), int(tried.high) + 1) if isinstance(tried, Range) else tried.choices
        )
        sides.append(side)
        size *= len(side)
        if size > limit:
            return None
    return [dict(zip(space, point, strict=True)) for point in product(*sides)]


def _parse_one(setting: str, said: Any) -> Range | Choices:
    try:
        if isinstance(said, Mapping) and set(said) == {"choices"} and isinstance(said["choices"], list):
            return Choices(tuple(said["choices"]))
        if isinstance(said, Mapping) and {"low", "high"} <= set(said) <= {"low", "high", "log"}:
            return Range(**said)
    except SettingsError as error:
        raise SettingsError(f"{setting}: {error.message}", error.hint) from error
    raise SettingsError(
        f"{setting} is neither a range nor choices.",
        f"Write {setting} = {{ low = 1.0, high = 100.0, log = true }} or {setting} = {{ choices = [1, 2] }}.",
    )
