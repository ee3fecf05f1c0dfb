"""The k-core is a fixed point, and the largest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import SettingsError
from isthmus.evaluation import k_core


@settings(max_examples=25)
@given(st.integers(1, 6), st.integers(0, 50), st.floats(0.1, 0.6))
def test_everybody_left_has_k(make_world, k, seed, density):
    dataset = make_world(seed=seed, density=density)
    core = k_core(dataset, k)
    for platform in dataset.platforms:
        counts = core.counts(platform)
        assert (counts[counts > 0] >= k).all()
    of_item = np.bincount(core.interactions.indices, minlength=core.n_items)
    assert (of_item[of_item > 0] >= k).all()
    assert (core.hidden == (of_item == 0)).all()
    kept = set(zip(*core.interactions.nonzero(), strict=True))
    assert kept == by_hand(dataset, k)
    assert len(core.times) == core.interactions.nnz


def by_hand(dataset, k):
    left = set(zip(*dataset.interactions.nonzero(), strict=True))
    while True:
        people, items = {}, {}
        for user, item in left:
            key = (user, dataset.item_platform[item])
            people[key] = people.get(key, 0) + 1
            items[item] = items.get(item, 0) + 1
        smaller = {
            (user, item)
            for user, item in left
            if people[user, dataset.item_platform[item]] >= k and items[item] >= k
        }
        if smaller == left:
            return left
        left = smaller


def test_refuses(make_world):
    with pytest.raises(SettingsError):
        k_core(make_world(), 0)
