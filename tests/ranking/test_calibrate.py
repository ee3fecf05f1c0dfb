"""Calibrated lists: Steck's greedy choice, word for word, and what it is for."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from isthmus.dataset import Dataset, checkerboard, household
from isthmus.errors import InputError
from isthmus.evaluation.metrics import Lists
from isthmus.evaluation.metrics.calibration import calibration as divergence
from isthmus.models import load_model
from isthmus.ranking import calibrate, item_topics, rank
from isthmus.schema import NO_ITEM, Recommendations
from isthmus.settings import RankingSettings


def _pool(seed: int) -> tuple[Recommendations, csr_array, csr_array]:
    """Two people, pools of 9 of 15 items, which have one to three of five categories, some none."""
    rng = np.random.default_rng(seed)
    bears = rng.random((15, 5)) < 0.3
    topics = bears / np.maximum(bears.sum(axis=1, keepdims=True), 1)
    history = np.where(rng.random((2, 15)) < 0.5, rng.random((2, 15)), 0.0)
    nums = np.vstack([rng.permutation(15)[:9] for _ in range(2)])
    scores = -np.sort(-rng.normal(size=nums.shape), axis=1)
    return Recommendations(nums, scores), csr_array(history), csr_array(topics)


def _one_by_one(
    pool: Recommendations, history: csr_array, topics: csr_array, weight: float, n: int
) -> list[list[int]]:
    """The paper's formula, with the metric of `evaluation` as its divergence."""
    binary = csr_array((np.ones(topics.nnz), topics.indices, topics.indptr), shape=topics.shape)
    lists = []
    for row, nums in enumerate(pool.item_nums):
        scores = pool.scores[row]
        relevance = dict(
            zip(nums.tolist(), (scores - scores.min()) / (scores.max() - scores.min()), strict=True)
        )
        chosen: list[int] = []
        while len(chosen) < n:
            gains = []
            for item in nums.tolist():
                tried = np.array([[*chosen, item]])
                judged = Lists(
                    tried, csr_array((1, 15)), categories=binary, history=csr_array(history[[row]])
                ) if item not in chosen else None  # fmt: skip
                if judged is None:
                    gains.append(-np.inf)
                    continue
                distance = float(np.nan_to_num(divergence(judged, tried.shape[1])[0], nan=np.log(100)))
                total = sum(relevance[one] for one in tried[0])
                gains.append((1 - weight) * total - weight * distance)
            chosen.append(int(nums[int(np.argmax(gains))]))
        lists.append(chosen)
    return lists


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.05, 1.0), st.integers(1, 6))
def test_it_is_the_greedy_choice_of_the_paper(seed: int, weight: float, n: int) -> None:
    pool, history, topics = _pool(seed)
    wanted = (history @ topics).toarray().sum(axis=1)
    found = calibrate(pool, history, topics, weight, n).item_nums.tolist()
    expected = _one_by_one(pool, history, topics, weight, n)
    for row in np.flatnonzero(wanted > 0):
        assert found[row] == expected[row]


def test_zero_is_the_identity_and_so_is_a_past_without_topics() -> None:
    pool, history, topics = _pool(1)
    same = calibrate(pool, history, topics, 0.0, 5)
    np.testing.assert_array_equal(same.item_nums, pool.item_nums[:, :5])
    nothing = calibrate(pool, csr_array(history.shape), topics, 0.9, 5)
    np.testing.assert_array_equal(nothing.item_nums, pool.item_nums[:, :5])


def test_seventy_thirty_stays_seventy_thirty() -> None:
    topics = csr_array(np.eye(2)[np.repeat([0, 1], 20)])
    history = csr_array((np.ones(10), (np.zeros(10, int), [*range(7), *range(20, 23)])), shape=(1, 40))
    nums = np.array([[*range(7, 20), *range(23, 36)]])
    pool = Recommendations(nums, np.linspace(1, 0, 26)[None, :])
    assert (pool.item_nums[0, :10] >= 20).sum() == 0
    by_weight = [calibrate(pool, history, topics, weight, 10).item_nums[0] for weight in (0.5, 0.9, 1.0)]
    assert [int((listed >= 20).sum()) for listed in by_weight] == [1, 2, 3]


def test_scores_stay_with_their_items_and_places_without_one_at_the_end() -> None:
    pool, history, topics = _pool(2)
    nums, scores = pool.item_nums.copy(), pool.scores.copy()
    nums[0, 4:], scores[0, 4:] = NO_ITEM, -np.inf
    nums[1], scores[1] = NO_ITEM, -np.inf
    found = calibrate(Recommendations(nums, scores), history, topics, 0.7, 8)
    assert sorted(found.item_nums[0, :4]) == sorted(nums[0, :4])
    assert (found.item_nums[0, 4:] == NO_ITEM).all()
    assert (found.item_nums[1] == NO_ITEM).all()
    held = dict(zip(nums[0, :4], scores[0, :4], strict=True))
    assert [held[num] for num in found.item_nums[0, :4]] == found.scores[0, :4].tolist()


def test_every_interest_of_a_household_keeps_its_place() -> None:
    world = Dataset.from_frames(*household(n_people=40, n_items=160, seed=2), encoder=None, devices=True)
    model, query = load_model("ease", {"reg": 20.0}).fit(world), world.query(np.arange(40), "films")
    topics = item_topics(world.features)

    def judged(weight: float) -> float:
        listed = rank(model, query, 10, settings=RankingSettings(calibration=weight), topics=topics)
        nobody = csr_array(query.history.shape)
        categories = world.features.categories.matrix
        lists = Lists(listed.item_nums, nobody, categories=categories, history=query.history)
        return float(divergence(lists, 10).mean())

    plain, half, full = judged(0.0), judged(0.5), judged(1.0)
    assert full < half < plain
    assert full < plain / 3


def test_it_needs_topics_and_no_diversity_beside_it() -> None:
    world = checkerboard()
    model, query = load_model("popularity").fit(world), world.query([0], "there")
    with pytest.raises(InputError, match="topics"):
        rank(model, query, 5, settings=RankingSettings(calibration=0.5))
    both = RankingSettings(calibration=0.5, diversity=0.5)
    with pytest.raises(InputError, match="either"):
        rank(model, query, 5, settings=both, topics=item_topics(world.features))


def test_topics_are_categories_where_both_platforms_speak_of_them() -> None:
    world = checkerboard()
    topics = item_topics(world.features, world.interactions, world.candidates("there"))
    np.testing.assert_array_equal(topics.toarray(), world.features.categories.matrix.toarray())
    np.testing.assert_allclose(topics.sum(axis=1), 1)


def test_topics_are_clusters_of_texts_where_categories_say_nothing() -> None:
    events, items, links = household(n_people=20, n_items=80, seed=1)
    bare = items.drop("categories")
    world = Dataset.from_frames(events, bare, links, encoder="use")
    topics = item_topics(world.features, n_clusters=16)
    assert topics.shape == (160, 16)
    np.testing.assert_array_equal(topics.sum(axis=1), 1)
    np.testing.assert_array_equal(topics.toarray(), item_topics(world.features, n_clusters=16).toarray())
    category = np.arange(80) % 8
    cluster = topics.indices
    purity = sum(np.bincount(np.tile(category, 2)[cluster == one]).max() for one in np.unique(cluster)) / 160
    assert purity > 0.5  # an eighth by chance; titles of two words
    own_names = pl.concat_list(pl.col("platform") + ":" + pl.col("categories").list.first())
    foreign = items.with_columns(categories=own_names)
    other = Dataset.from_frames(events, foreign, links, encoder="use")
    history = other.query([0], "films").history
    books = csr_array(history.multiply((other.item_platform == other.platform_num("books"))[None, :]))
    assert item_topics(other.features, books, other.candidates("films")).shape[1] == 24
    with pytest.raises(InputError, match="there are none"):
        item_topics(Dataset.from_frames(events, bare, links, encoder=None).features)
