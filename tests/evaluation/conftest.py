"""Small random worlds of two platforms, with and without times, for the evaluation's tests."""

import numpy as np
import polars as pl
import pytest

from isthmus.dataset import Dataset


@pytest.fixture(scope="session")
def make_world():
    return world


def world(n_people=30, n_items=12, *, seed=0, density=0.4, timed=True, untimed_share=0.0) -> Dataset:
    """Random likes on "books" and "films" by people known on both."""
    rng = np.random.default_rng(seed)
    frames = []
    for platform in ("books", "films"):
        person, item = np.nonzero(rng.random((n_people, n_items)) < density)
        seconds = rng.integers(1_500_000_000, 1_500_000_060, len(person)) if timed else np.zeros(len(person))
        when = pl.Series(seconds.astype(np.int64)).cast(pl.Int64)
        unknown = pl.Series((rng.random(len(person)) < untimed_share) | (not timed))
        frames.append(
            pl.DataFrame({
                "platform": platform,
                "user_id": [f"{platform}-{number}" for number in person],
                "item_id": [f"i{number}" for number in item],
                "kind": "like",
                "occurred_at": when.zip_with(~unknown, pl.Series([None] * len(person), dtype=pl.Int64)),
            })
        )  # fmt: skip
    people = range(n_people)
    links = pl.DataFrame([
        {"person": f"p{number}", "platform": platform, "user_id": f"{platform}-{number}"}
        for number in people
        for platform in ("books", "films")
    ])  # fmt: skip
    return Dataset.from_frames(pl.concat(frames), None, links, encoder=None)
