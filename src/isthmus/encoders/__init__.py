"""Text to vectors. An encoder is found by its name and may be put behind a cache.

Two encoders never share vectors: whoever stores vectors stores `name@revision` with them.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from isthmus.encoders.base import Encoder
from isthmus.encoders.cache import CachedEncoder, prune
from isthmus.engine import Progress
from isthmus.errors import UnknownNameError
from isthmus.settings import EncoderSettings

__all__ = ["CachedEncoder", "Encoder", "load_encoder", "prune"]

_ENCODERS = {"use": "isthmus.encoders.use:UseEncoder"}
_PREFIXES = {"openai:": "isthmus.encoders.openai:OpenAIEncoder"}


def load_encoder(
    name: str,
    settings: EncoderSettings | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Encoder:
    """The encoder called `name`: `use`, or `openai:<model>`.

    With the folder `cache` each distinct text is encoded once and kept there, and `progress` hears of what is
    encoded. Cheap: models are loaded by the first text. Raises UnknownNameError, MissingExtraError where a
    package is missing, EncoderError where a key or an address is.
    """
    settings = replace(settings or EncoderSettings(), name=name)
    encoder = _maker_of(name)(settings)
    return encoder if cache is None else CachedEncoder(encoder, cache, progress)


def _maker_of(name: str) -> Callable[[EncoderSettings], Encoder]:
    place = _ENCODERS.get(name)
    for prefix, prefix_place in _PREFIXES.items():
        if name.startswith(prefix) and name != prefix:
            place = prefix_place
    if place is None:
        raise UnknownNameError("encoder", name, [*_ENCODERS, *(f"{prefix}<model>" for prefix in _PREFIXES)])
    module, _, class_name = place.partition(":")
    make: Callable[[EncoderSettings], Encoder] = getattr(import_module(module), class_name).from_settings
    return make
