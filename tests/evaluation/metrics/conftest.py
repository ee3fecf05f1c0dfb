"""Lists written as plain Python: items in order, what is right, what was known, what items bear."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.evaluation.metrics import Lists
from isthmus.schema import NO_ITEM


@pytest.fixture(scope="session")
def make_lists():
    return lists_of


def lists_of(ranked, relevant, *, n=None, n_items=30, history=None, categories=None, **more):
    """`history` is a mapping from item to weight per person, `categories` a set of numbers per item."""
    item_nums = np.full((len(ranked), n or max(map(len, ranked))), NO_ITEM)
    truth = np.zeros((len(ranked), n_items))
    for row, (items, right) in enumerate(zip(ranked, relevant, strict=True)):
        item_nums[row, : len(items)] = items
        truth[row, list(right)] = 1
    if history is not None:
        known = np.zeros_like(truth)
        for row, weights in enumerate(history):
            known[row, list(weights)] = list(weights.values())
        more["history"] = csr_array(known)
    if categories is not None:
        borne = np.zeros((n_items, 1 + max((max(some, default=0) for some in categories), default=0)))
        for item, some in enumerate(categories):
            borne[item, list(some)] = 1
        more["categories"] = csr_array(borne)
    return Lists(item_nums, csr_array(truth), **more)
