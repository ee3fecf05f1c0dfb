import numpy as np
import polars as pl
import pytest

from isthmus.demo.population import END, simulate
from isthmus.demo.themes import PLATFORMS, theme_shares
from isthmus.demo.world import load_items
from isthmus.schema import EVENT_KINDS


@pytest.fixture(scope="module")
def items() -> pl.DataFrame:
    return load_items()


@pytest.fixture(scope="module")
def world(items) -> tuple[pl.DataFrame, pl.DataFrame]:
    return simulate(items, n_people=600, rng=0)


def account_tastes(items: pl.DataFrame, events: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Person and platform of each account, and its mean themes at unit length, (accounts, themes)."""
    themes = pl.DataFrame(theme_shares(items), schema=[f"theme {n}" for n in range(14)])
    picks = events.select("platform", "user_id", "item_id").unique().join(
        pl.concat([items.select("platform", "item_id"), themes], how="horizontal"), on=["platform", "item_id"]
    )  # fmt: skip
    mean = picks.group_by("user_id", "platform").agg(pl.col("^theme .*$").mean()).sort("user_id", "platform")
    tastes = mean.select("^theme .*$").to_numpy()
    tastes = tastes / np.linalg.norm(tastes, axis=1, keepdims=True)
    return mean["user_id"].to_numpy(), mean["platform"].to_numpy(), tastes


def test_a_seed_is_a_world(items, world):
    again = simulate(items, n_people=600, rng=np.random.default_rng(0))
    other = simulate(items, n_people=600, rng=1)
    assert all(here.equals(there) for here, there in zip(world, again, strict=True))
    assert not world[0].equals(other[0])


def test_people_are_as_busy_as_promised(world):
    events, links = world
    per_person = events.group_by("user_id").len()["len"]
    assert len(per_person) == 600
    assert 25 <= per_person.mean() <= 40
    assert per_person.min() >= 15
    assert per_person.max() <= 60
    active = links.group_by("person").len()["len"]
    assert set(active) == {2, 3, 4, 5}
    assert events["user_id"].str.contains(r"^sim-\d{4}$").all()


def test_links_name_every_account_once(world):
    events, links = world
    accounts = events.select("platform", "user_id").unique()
    assert links.height == accounts.height
    assert links.join(accounts, on=["platform", "user_id"], how="anti").is_empty()
    assert (links["person"] == links["user_id"]).all()


def test_kinds_and_values_are_natural_to_the_platform(world):
    events, _ = world
    kinds = events.group_by("platform").agg(pl.col("kind").unique().sort())
    assert dict(kinds.iter_rows()) == {
        "books": ["rate", "read"], "films": ["rate", "watch"], "music": ["play"], "games": ["play"],
        "shop": ["purchase", "view"],
    }  # fmt: skip
    assert set(events["kind"]) <= set(EVENT_KINDS)
    assert set(events.filter(pl.col("kind") == "rate")["value"]) == {1, 2, 3, 4, 5}
    assert (events.filter(pl.col("kind") == "play")["unit"] == "seconds").all()
    assert events["value"].min() > 0


def test_times_fill_the_two_years_before_the_end(world):
    times = world[0]["occurred_at"]
    assert times.max() < END
    assert (END - times.min()).days in (729, 730)
    halves = (times < END.replace(year=2025)).mean()
    assert 0.4 < halves < 0.6


def test_a_rating_comes_after_the_reading_and_nothing_happens_twice(world):
    events = world[0]
    assert not events.select("platform", "user_id", "item_id", "kind").is_duplicated().any()
    reads = events.filter(pl.col("kind").is_in(["read", "watch", "view"]))
    then = events.filter(pl.col("kind").is_in(["rate", "purchase"]))
    both = then.join(reads, on=["platform", "user_id", "item_id"], how="left", suffix="_first")
    assert both["occurred_at_first"].null_count() == 0
    assert (both["occurred_at_first"] <= both["occurred_at"]).all()


def test_two_accounts_of_one_person_share_their_themes(items, world):
    person, platform, tastes = account_tastes(items, world[0])
    alike = tastes @ tastes.T
    across = platform[:, None] != platform[None, :]
    same = person[:, None] == person[None, :]
    own, strangers = alike[same & across].mean(), alike[~same & across].mean()
    assert own > strangers + 0.25, (own, strangers)


def test_a_person_is_found_again_on_another_platform(items, world):
    """Ordered by likeness to a person's book account, their own film account stands near the top."""
    person, platform, tastes = account_tastes(items, world[0])
    books, films = platform == "books", platform == "films"
    both = np.intersect1d(person[books], person[films])
    here = tastes[books][np.isin(person[books], both)]
    there = tastes[films][np.isin(person[films], both)]
    alike = here @ there.T
    rank = (alike > np.diag(alike)[:, None]).sum(axis=1)
    assert np.median(rank) < len(both) / 8
    assert len(both) > 150


def test_popularity_is_uneven(items, world):
    for platform in PLATFORMS:
        counts = world[0].filter(pl.col("platform") == platform)["item_id"].value_counts()["count"].sort()
        top_fifth = counts.tail(len(counts) // 5).sum() / counts.sum()
        assert 0.3 < top_fifth < 0.7, platform
