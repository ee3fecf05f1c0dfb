"""The themes that run through all platforms of the demo world."""

import numpy as np
import polars as pl

from isthmus.errors import InputError
from isthmus.schema import FloatArray

__all__ = ["PLATFORMS", "THEMES", "theme_shares"]

PLATFORMS = ("books", "films", "music", "games", "shop")

THEMES = (
    "science fiction", "fantasy", "mystery", "romance", "history", "technology", "food", "nature",
    "classical and jazz", "rock and electronic", "strategy and puzzles", "martial arts", "family and comedy",
    "sport",
)  # fmt: skip
"""Every item of the catalogue bears one to three of them among its `tags`, the main one first."""


def theme_shares(items: pl.DataFrame) -> FloatArray:
    """How much each item is about each theme: (n_items, n_themes), rows sum to one.

    The first theme among the tags of an item counts twice as much as each of the others. Raises InputError
    for an item without a theme.
    """
    wanted = items.with_row_index("row").select("row", theme="tags").explode("theme")
    wanted = wanted.filter(pl.col("theme").is_in(THEMES))
    wanted = wanted.with_columns(main=pl.col("row").is_first_distinct())
    number = {theme: column for column, theme in enumerate(THEMES)}
    columns = wanted["theme"].replace_strict(number, return_dtype=pl.Int64).to_numpy()
    shares = np.zeros((items.height, len(THEMES)))
    shares[wanted["row"].to_numpy(), columns] = np.where(wanted["main"].to_numpy(), 2.0, 1.0)
    total = shares.sum(axis=1, keepdims=True)
    if not total.all():
        title = items["title"][int(np.argmin(total))]
        raise InputError(
            f"{title!r} has no theme among its tags", f"Themes: {', '.join(THEMES)}.", field="tags"
        )
    return np.asarray(shares / total, dtype=np.float64)
