"""The bundled data: a catalogue of five platforms, simulated people and the exports of an invented reader.

Titles, creators and years are real on the first four platforms; the shop sells invented products.
Descriptions were written for this project. Ids have the form of their platform; those of the tracks, and some
of the others, are invented. Where only the year is told, `published_at` is its first of January.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import polars as pl

from isthmus.demo.population import simulate
from isthmus.demo.themes import PLATFORMS
from isthmus.errors import StorageError
from isthmus.schema import ITEM, conform

__all__ = ["READER", "copy_exports", "load_items", "load_population"]

READER = "lin-mei"
"""The invented person of the exports, 林梅: known by books, films and music, new to games and the shop."""

_ROW = pl.Schema({
    "platform": pl.String(), "item_id": pl.String(), "title": pl.String(), "description": pl.String(),
    "creators": pl.List(pl.String()), "categories": pl.List(pl.String()), "tags": pl.List(pl.String()),
    "language": pl.String(), "published_at": pl.String(),
})  # fmt: skip


def load_items() -> pl.DataFrame:
    """The catalogue of all five platforms, in the columns of ITEM."""
    folder = _data() / "catalogue"
    parts = [pl.read_ndjson((folder / f"{name}.jsonl").read_bytes(), schema=_ROW) for name in PLATFORMS]
    items = pl.concat(parts).with_columns(
        pl.col("published_at").str.to_date("%Y-%m-%d").cast(pl.Datetime("us"))
    )
    return conform(items, ITEM)


def load_population(*, n_people: int = 600, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Simulated events and links over the catalogue (see `isthmus.demo.population`); a seed, a population."""
    return simulate(load_items(), n_people=n_people, rng=seed)


def copy_exports(folder: Path) -> list[Path]:
    """Write the reader's exports into `folder`, made if need be, and return the files written.

    Goodreads, Spotify and Netflix lie in `folder`, Steam in its subfolder `later`: the games that the reader
    came to play afterwards. Raises StorageError when the folder cannot be written.
    """
    try:
        return _copy(_data() / "exports", folder)
    except OSError as error:
        raise StorageError(
            f"The sample exports could not be written to {folder}: {error.strerror or error}.",
            "Choose a folder that can be written, on a disk with room.",
        ) from error


def _data() -> Traversable:
    return files("isthmus.demo")


def _copy(source: Traversable, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        target = folder / entry.name
        if entry.is_dir():
            written += _copy(entry, target)
        else:
            target.write_bytes(entry.read_bytes())
            written.append(target)
    return written
