"""What is known of items besides who touched them, as arrays in item order."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.encoders import Encoder
from isthmus.items import clean, item_text, title_words
from isthmus.schema import ITEM

__all__ = ["ItemFeatures", "Tags"]


@dataclass(frozen=True)
class Tags:
    """Which item bears which of some names: `matrix` (n_items, n_names) of ones, `names` (n_names,)."""

    matrix: csr_array
    names: NDArray[Any]

    @classmethod
    def of(cls, rows: NDArray[np.int64], names: pl.Series, n_items: int) -> Self:
        """From pairs (item number, name); names are numbered in alphabetical order."""
        distinct = names.unique().sort()
        columns = (
            names.cast(pl.Enum(distinct)).to_physical().to_numpy() if len(distinct) else np.zeros(0, np.int64)
        )
        matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_items, len(distinct)))
        matrix.sum_duplicates()
        matrix.data[:] = 1.0
        return cls(matrix, np.array(distinct.to_list(), dtype=object))


@dataclass(frozen=True)
class ItemFeatures:
    """Texts, vectors and names of all items of a dataset, in item order."""

    titles: NDArray[Any]
    """(n_items,) str; the id where an item has no title."""
    vectors: NDArray[np.float32]
    """(n_items, d), unit rows, zero where an item has no text; d = 0 without an encoder."""
    encoder: str
    """Name and revision of the encoder that made the vectors, "" without one."""
    words: Tags
    """Words and pairs of adjacent words of the titles."""
    creators: Tags
    categories: Tags
    tags: Tags

    @classmethod
    def build(cls, items: pl.DataFrame, encoder: Encoder | None = None) -> Self:
        """From a frame with the columns of ITEM, one row per item in item order.

        Each distinct text is encoded once. Raises EncoderError where the encoder fails.
        """
        n = items.height
        words = title_words(items["title"])
        titles = clean(items["title"]).fill_null(items["item_id"])
        return cls(
            titles=np.array(titles.to_list(), dtype=object),
            vectors=_encode(items, encoder),
            encoder=f"{encoder.name}@{encoder.revision}" if encoder else "",
            words=Tags.of(words["row"].cast(pl.Int64).to_numpy(), words["word"], n),
            creators=_tags(items["creators"]),
            categories=_tags(items["categories"]),
            tags=_tags(items["tags"]),
        )

    @classmethod
    def absent(cls, items: pl.DataFrame) -> Self:
        """No features: what answering needs where the model brings its own."""
        bare = items.select("platform", "item_id")
        return cls.build(pl.concat([bare, ITEM.empty()], how="diagonal"))

    @property
    def has_text(self) -> NDArray[np.bool_]:
        """(n_items,): whether an item has a vector."""
        return np.asarray(self.vectors.any(axis=1))


def _encode(items: pl.DataFrame, encoder: Encoder | None) -> NDArray[np.float32]:
    if encoder is None:
        return np.zeros((items.height, 0), dtype=np.float32)
    texts = item_text(items).fill_null("")
    distinct = texts.unique(maintain_order=True)
    vectors = encoder.encode(distinct.to_list())
    place = texts.to_frame("text").join(
        distinct.to_frame("text").with_row_index("at"), on="text", how="left", maintain_order="left"
    )
    return np.asarray(vectors[place["at"].to_numpy()])


def _tags(lists: pl.Series) -> Tags:
    """Names compare without case, markup and outer spaces: "Tolkien " here is "tolkien" there."""
    long = lists.alias("name").to_frame().with_row_index("row").explode("name")
    long = long.with_columns(clean(long["name"]).str.to_lowercase().alias("name"))
    long = long.filter(pl.col("name").is_not_null() & (pl.col("name") != ""))
    return Tags.of(long["row"].cast(pl.Int64).to_numpy(), long["name"], lists.len())
