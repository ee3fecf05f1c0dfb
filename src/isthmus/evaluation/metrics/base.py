"""What every metric works on: ranked lists of many people and what these people really took."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.schema import NO_ITEM, FloatArray, IntArray, ItemNums

__all__ = ["Lists", "Metric", "MetricFunction", "keep_positive"]


@dataclass(frozen=True)
class Lists:
    """One ranked list per person, best first, and what it is judged by.

    Raises InputError where the shapes do not fit, an item is out of range or a list names one twice.
    """

    item_nums: ItemNums
    """(q, n), NO_ITEM where a list is short."""
    truth: csr_array
    """(q, n_items): positive where an item is relevant to a person; how positive does not matter."""
    n_candidates: int = 0
    """How many items the lists were chosen from; `auc`, `coverage` and `gini` ask."""
    popularity: FloatArray | None = None
    """(n_items,): share of the people of its platform who touched an item, above 0; `novelty` and
    `popularity_bias` ask."""
    vectors: NDArray[np.float32] | None = None
    """(n_items, d) unit rows, zero where an item has no text; `diversity` and `serendipity` ask."""
    categories: csr_array | None = None
    """(n_items, n_categories): one where an item is of a category; `category_diversity` and `calibration`
    ask."""
    history: csr_array | None = None
    """(q, n_items): what was known of each person, positive weights; `calibration`, `popularity_bias` and
    `serendipity` ask."""

    def __post_init__(self) -> None:
        if self.item_nums.ndim != 2 or len(self.item_nums) != self.truth.shape[0]:
            raise InputError(
                f"lists of shape {self.item_nums.shape} cannot be judged by {self.truth.shape} truth"
            )
        ordered = np.sort(self.item_nums, axis=1)
        if ordered.size and (ordered[:, 0].min() < NO_ITEM or ordered[:, -1].max() >= self.truth.shape[1]):
            raise InputError(f"a list names an item that is not one of 0..{self.truth.shape[1] - 1}")
        if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NO_ITEM)).any():
            raise InputError("a list names the same item twice", "An item may stand in a list once.")
        self._check_facts()

    @cached_property
    def hits(self) -> NDArray[np.bool_]:
        """(q, n): whether the item at each place is relevant."""
        n_items = max(1, self.truth.shape[1])
        relevant = self.truth.data > 0
        rows = np.repeat(np.arange(self.truth.shape[0]), np.diff(self.truth.indptr))
        known = np.sort(rows[relevant] * n_items + self.truth.indices[relevant])
        asked = np.arange(len(self.item_nums))[:, None] * n_items + self.item_nums
        if len(known) == 0:
            return np.zeros(asked.shape, dtype=bool)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.asarray((known[place] == asked) & (self.item_nums != NO_ITEM))

    @cached_property
    def n_relevant(self) -> IntArray:
        """(q,): how many relevant items each person has, listed or not."""
        rows = np.repeat(np.arange(self.truth.shape[0]), np.diff(self.truth.indptr))
        return np.bincount(rows[self.truth.data > 0], minlength=self.truth.shape[0])

    @cached_property
    def seen(self) -> csr_array:
        """`history` with only its positive weights; raises InputError where there is no history."""
        if self.history is None:
            raise InputError("this metric needs what was known of the people", field="history")
        return keep_positive(self.history)

    def rows(self, chosen: NDArray[Any]) -> Self:
        """The lists of some of the people, `chosen` by number or by a (q,) mask, with all that is known."""
        history = None if self.history is None else self.history[chosen]
        return replace(self, item_nums=self.item_nums[chosen], truth=self.truth[chosen], history=history)

    def first(self, k: int) -> ItemNums:
        """(q, k): the first `k` items of each list; raises InputError where the lists are made shorter."""
        self._check(k)
        return self.item_nums[:, :k]

    def first_matrix(self, k: int, dtype: Any = np.float64) -> csr_array:
        """(q, n_items): one at the first `k` items of each list, to be multiplied with facts about items."""
        items = self.first(k)
        present = items != NO_ITEM
        ends = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
        listed = items[present]
        return csr_array((np.ones(len(listed), dtype), listed, ends), shape=self.truth.shape)

    def first_hits(self, k: int) -> NDArray[np.bool_]:
        """(q, k): the first `k` places of `hits`; raises InputError where the lists are made shorter."""
        self._check(k)
        return self.hits[:, :k]

    def judged(self, values: NDArray[np.generic]) -> FloatArray:
        """`values` (q,), but nan for a person without any relevant item: nothing can be right for them."""
        return np.where(self.n_relevant > 0, values, np.nan)

    def _check(self, k: int) -> None:
        if not 1 <= k <= self.item_nums.shape[1]:
            raise InputError(f"lists of {self.item_nums.shape[1]} items cannot be cut at {k}")

    def _check_facts(self) -> None:
        n_items = self.truth.shape[1]
        if self.history is not None and self.history.shape != self.truth.shape:
            raise InputError(f"histories of shape {self.history.shape} do not fit {self.truth.shape} truth")
        for name in ("popularity", "vectors", "categories"):
            facts = getattr(self, name)
            if facts is not None and facts.shape[0] != n_items:
                raise InputError(f"{name} of {facts.shape[0]} items, of {n_items} needed", field=name)


def keep_positive(matrix: csr_array) -> csr_array:
    """`matrix` without entries that are not above zero; the same object where all are."""
    above = matrix.data > 0
    if above.all():
        return matrix
    ends = np.concatenate([[0], np.cumsum(above)])[matrix.indptr]
    return csr_array((matrix.data[above], matrix.indices[above], ends), shape=matrix.shape)


MetricFunction = Callable[[Lists, int], FloatArray]
"""(q,) values, nan where a person cannot be judged; shape () for a figure of all lists together."""


@dataclass(frozen=True)
class Metric:
    """A metric with its cut-off, known as `ndcg@10`."""

    name: str
    k: int
    function: MetricFunction

    def __call__(self, lists: Lists) -> FloatArray:
        """The values of these lists, (q,) or ()."""
        return self.function(lists, self.k)

    def __str__(self) -> str:
        return f"{self.name}@{self.k}"
