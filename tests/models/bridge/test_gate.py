"""Whom the blend is learnt on, which sources the gate leaves out, and what was disliked."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models import Bridge
from isthmus.models.bridge import BridgeConfig
from isthmus.models.bridge.blend import Sample, mean_ndcg
from isthmus.models.bridge.gate import log_ranks
from isthmus.models.bridge.hold_out import hide
from isthmus.schema import Query


def test_ranks_of_what_was_hidden_are_counted_among_what_was_not_seen() -> None:
    scores = np.array([[5.0, 4.0, 3.0, 3.0, 1.0], [1.0, 1.0, 1.0, 1.0, 0.0]], dtype=np.float32)
    truth = np.array([[0, 1, 1, 0, 0], [1, 0, 0, 0, 0]], dtype=bool)
    seen = csr_array(np.array([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0]]))
    query = Query(seen, 0, np.arange(5))
    # of the first person the first item is seen: ranks 1 and 2.5; of the other four are equal: rank 2.5
    expected = [(np.log(1.0) + np.log(2.5)) / 2, np.log(2.5)]
    np.testing.assert_allclose(log_ranks(scores, truth, query), expected)


def test_the_blend_is_lifted_by_ndcg_with_equal_scores_in_the_middle() -> None:
    total = np.array([[3.0, 2.0, 2.0, 1.0], [0.0, 5.0, 4.0, -np.inf]], dtype=np.float32)
    wanted = np.array([[0, 1, 0, 1], [1, 0, 0, 0]], dtype=bool)
    sample = Sample(np.zeros((2, 4, 1), np.float32), np.zeros((2, 4), np.float32), wanted, np.array([2, 1]))
    first = (1 / np.log2(1.5 + 2) + 1 / np.log2(3 + 2)) / (1 + 1 / np.log2(3))  # places 1 and 2 are equal
    assert mean_ndcg(total, sample) == pytest.approx((first + 1 / np.log2(2 + 2)) / 2)


def test_where_few_are_known_on_both_the_blend_is_also_learnt_on_people_of_the_target() -> None:
    dataset = tastes_and_noise(0)
    films = dataset.platform_num("films")
    alone = dataset.keeping(dataset.item_platform[dataset.interactions.indices] == films)
    cases = hide(alone, films, BridgeConfig()).cases
    assert cases
    assert 0 not in {case.k for case in cases}  # of nobody is anything known then
    bridge = Bridge(BridgeConfig(target="films")).fit(alone)
    learnt = np.array(list(bridge.weights(films).values()))  # (components, k)
    assert (learnt[:, 0] > 0).all()  # as they were built in
    assert (learnt[:, 1:] == 0).any()


def test_a_source_of_chance_is_left_out() -> None:
    """The gate asks for 1.64 standard errors, so of noise one draw in twenty may pass it."""
    left_out = 0
    for seed in range(5):
        dataset = _with_noise(np.random.default_rng(seed))
        bridge = Bridge(BridgeConfig(target="shop")).fit(dataset)
        left_out += bridge.ignored(dataset.platform_num("shop")).tolist() == [dataset.platform_num("noise")]
    assert left_out >= 4


def _with_noise(rng: np.random.Generator) -> Dataset:
    """People who take popular things in a shop, and anything at all elsewhere."""
    people, items, rows = 300, 40, []
    popularity = np.arange(items, 0, -1)
    for person in range(people):
        any_items = rng.choice(items, 6, replace=False)
        rows.extend(("noise", f"u{person}", f"n{item}") for item in any_items)
        hits = rng.choice(items, 6, replace=False, p=popularity / popularity.sum())
        rows.extend(("shop", f"u{person}", f"s{item}") for item in hits)
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id"], orient="row").with_columns(
        kind=pl.lit("like")
    )
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    return Dataset.from_frames(events, None, links, encoder=None)


def tastes_and_noise(seed: int, people: int = 200) -> Dataset:
    """Four tastes, known on `books` and `films`; on `noise` everybody does something by chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        for platform in ("books", "films"):
            liked = rng.choice(15, 6, replace=False) * 4 + person % 4
            rows += [(platform, f"u{person}", f"{platform}-{item}") for item in liked]
        rows += [("noise", f"u{person}", f"n{item}") for item in rng.choice(60, 6, replace=False)]
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id"], orient="row")
    events = events.with_columns(kind=pl.lit("like"))
    links = events.select("platform", "user_id", person="user_id").unique(maintain_order=True)
    return Dataset.from_frames(events, None, links, encoder=None)


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_platform_of_chance_is_ignored_and_a_true_one_is_not(seed: int) -> None:
    dataset = tastes_and_noise(seed)
    films = dataset.platform_num("films")
    bridge = Bridge(BridgeConfig(target="films")).fit(dataset)
    assert [dataset.platforms[number] for number in bridge.ignored(films)] == ["noise"]
    on_noise = dataset.item_platform[dataset.interactions.indices] == dataset.platform_num("noise")
    clean = dataset.keeping(~on_noise)
    query = dataset.query(np.arange(20), "films")
    alone = Bridge(BridgeConfig(target="films")).fit(clean).score(clean.query(np.arange(20), "films"))
    np.testing.assert_allclose(bridge.score(query), alone, atol=1e-6)


def test_what_was_disliked_speaks_against_its_like_and_is_told() -> None:
    dataset = tastes_and_noise(0)
    bridge = Bridge(BridgeConfig(target="films")).fit(dataset)
    plain = Bridge(BridgeConfig(target="films", dislike=0.0)).fit(dataset)
    query = dataset.query([0, 1, 2], "films")
    books = dataset.candidates("books")[:2]
    refused = csr_array((np.ones(2), ([0, 0], books)), shape=query.history.shape)
    with_no, without = replace(query, blocked=refused), replace(query, blocked=None)
    np.testing.assert_array_equal(plain.score(with_no), plain.score(without))
    moved = bridge.score(with_no) - bridge.score(without)
    assert moved[0].any()
    assert not moved[1:].any()
    follow = dataset.interactions[:, books].sum(axis=1) > 0  # who touched these books touched these films
    alike = np.asarray(dataset.interactions[np.flatnonzero(follow)][:, query.candidates].sum(axis=0))
    assert np.corrcoef(moved[0], alike)[0, 1] < -0.3
    items = np.tile(query.candidates[:5], (3, 1))
    told = bridge.explain(with_no, items)
    np.testing.assert_allclose(told.scores, bridge.score(with_no)[:, :5], atol=1e-5)
    against = np.isin(told.past_item, books) & (told.query_row == 0)
    assert (told.share[against] < 0).any()
