"""Why an item is in a list that leans to the device it was asked on."""

import numpy as np

from isthmus.models.base import Recommender
from isthmus.schema import Explanations, IntArray, ItemNums, Query

__all__ = ["explain_leaning"]


def explain_leaning(model: Recommender, query: Query, items: ItemNums) -> Explanations:
    """Shares of the scores of `items` (q, m) as `model.recommend` has them: those of each part, weighted.

    Where no device asks, what `model.explain` gives.
    """
    parts = [(weight, model.explain(part, items)) for weight, part in query.parts()]
    if len(parts) == 1:
        return parts[0][1]
    names = tuple(dict.fromkeys(name for _, found in parts for name in found.components))

    def joined(name: str) -> IntArray:
        return np.concatenate([getattr(found, name) for _, found in parts])

    def numbers(found: Explanations) -> IntArray:
        """Of its components, among the names of all parts."""
        of = np.array([names.index(name) for name in found.components], dtype=np.int64)
        return of[found.component]

    return Explanations(
        scores=sum((weight * found.scores for weight, found in parts), np.zeros(items.shape)),
        query_row=joined("query_row"),
        position=joined("position"),
        past_item=joined("past_item"),
        component=np.concatenate([numbers(found) for _, found in parts]),
        share=np.concatenate([weight * found.share for weight, found in parts]),
        components=names,
    )
