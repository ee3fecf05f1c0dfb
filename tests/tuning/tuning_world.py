"""A small random world with a taste in it, so that settings make a difference."""

from dataclasses import replace

import numpy as np
import polars as pl

from isthmus.dataset import Dataset
from isthmus.evaluation import make_splits

TARGET = "films"


def make_world(n_people: int = 80, n_items: int = 40, *, seed: int = 0) -> Dataset:
    """Likes of two kinds of people on "books" and "films", with times; many also like what is not theirs."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n_people)[:, None] % 2 == np.arange(n_items)[None, :] % 2
    frames = []
    for platform in ("books", "films"):
        person, item = np.nonzero(rng.random((n_people, n_items)) < np.where(kind, 0.4, 0.12))
        frames.append(pl.DataFrame({
            "platform": platform, "user_id": [f"u{number}" for number in person],
            "item_id": [f"i{number}" for number in item], "kind": "like",
            "occurred_at": rng.integers(1_500_000_000, 1_600_000_000, len(person)),
        }))  # fmt: skip
    events = pl.concat(frames)
    links = events.select("platform", "user_id", person="user_id").unique(maintain_order=True)
    return Dataset.from_frames(events, None, links, encoder=None)


def with_other_tests(dataset: Dataset, protocol: str, seed: int) -> Dataset:
    """The same, but for the test of this split: every tested person took other films than they did."""
    test = make_splits(dataset, TARGET, protocol, seed=seed)[0].test
    films = dataset.candidates(TARGET)
    matrix = dataset.interactions.toarray()
    for person in np.unique(test.users):
        matrix[np.ix_([person], films)] = np.roll(matrix[np.ix_([person], films)], 3)
    assert (matrix > 0).sum() == dataset.interactions.nnz
    changed = type(dataset.interactions)(matrix)
    changed.sort_indices()
    return replace(dataset, interactions=changed, times=1_500_000_000 + changed.indices.astype(np.int64))
