"""Where events come from: one file per platform, and `table` for any table with a mapping.

Adding a source: write `sources/<name>.py` after the pattern of `Source`, add a line to `SOURCES` and subclass
the contract suite (`tests/contracts/source_suite.py`) in `tests/sources/test_source_<name>.py`.
"""

import inspect
from importlib import import_module
from typing import cast

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.sources.base import Batch, Source

__all__ = ["SOURCES", "Batch", "Source", "load_source"]

SOURCES = {
    "table": "isthmus.sources.table:TableSource",
    "spotify": "isthmus.sources.spotify:SpotifySource",
    "goodreads": "isthmus.sources.goodreads:GoodreadsSource",
    "steam": "isthmus.sources.steam:SteamSource",
    "netflix": "isthmus.sources.netflix:NetflixSource",
}
"""Every source by name, as "module:Class"; a module is imported when its source is asked for."""


def load_source(name: str, **options: object) -> Source:
    """The source `name`; options that are None count as not given.

    Raises UnknownNameError for an unknown name and SettingsError for an option it does not take.
    """
    if name not in SOURCES:
        raise UnknownNameError("source", name, SOURCES)
    module, _, class_name = SOURCES[name].partition(":")
    source_type = getattr(import_module(module), class_name)
    given = {key: value for key, value in options.items() if value is not None}
    taken = set(inspect.signature(source_type).parameters)
    for key in given.keys() - taken:
        raise SettingsError(
            f"The source {name} has no option {key}.", f"It takes: {', '.join(sorted(taken))}."
        )
    return cast(Source, source_type(**given))
