"""Outside ids become numbers once, here, and numbers become ids again on the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.schema import IntArray

__all__ = ["IdMap", "item_key"]

_SEPARATOR = "\x1f"  # the ASCII unit separator: an id that holds it is refused at import


def item_key(platform: str, item_id: str) -> str:
    """One string for the pair, under which `Dataset.items` knows an item."""
    return f"{platform}{_SEPARATOR}{item_id}"


@dataclass(frozen=True)
class IdMap:
    """A two-way table between outside ids and the numbers 0..n-1."""

    ids: NDArray[Any]
    """(n,) array of str objects, each once."""

    @classmethod
    def of(cls, ids: Iterable[str]) -> Self:
        """A table of `ids` in the order given; repeated ids keep their first place."""
        return cls(np.array(list(dict.fromkeys(ids)), dtype=object))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _nums(self) -> dict[str, int]:
        return {id_: num for num, id_ in enumerate(self.ids)}

    def num(self, id_: str) -> int:
        """The number of `id_`, -1 where unknown."""
        return self._nums.get(id_, -1)

    def nums(self, ids: Iterable[str]) -> IntArray:
        """The numbers of `ids`, -1 where unknown."""
        return np.fromiter((self._nums.get(id_, -1) for id_ in ids), dtype=np.int64)

    def nums_of_column(self, ids: pl.Series) -> IntArray:
        """The numbers of a whole column, by a join; -1 where unknown."""
        table = pl.DataFrame({"id": pl.Series(self.ids.tolist(), dtype=pl.String)}).with_row_index("num")
        joined = ids.alias("id").to_frame().join(table, on="id", how="left", maintain_order="left")
        return joined["num"].cast(pl.Int64).fill_null(-1).to_numpy()

    def extended(self, ids: Iterable[str]) -> Self:
        """This table with further ids behind it; the numbers of the old ones stay."""
        return type(self).of([*self.ids.tolist(), *ids])
