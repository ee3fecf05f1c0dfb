import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.ranking import diversify
from isthmus.schema import NO_ITEM, Recommendations


def _pool(
    seed: int, n_people: int = 3, size: int = 12, n_items: int = 20
) -> tuple[Recommendations, np.ndarray]:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n_items, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nums = np.vstack([rng.permutation(n_items)[:size] for _ in range(n_people)])
    return Recommendations(nums, -np.sort(-rng.normal(size=nums.shape), axis=1)), vectors


def _one_by_one(pool: Recommendations, vectors: np.ndarray, diversity: float, n: int) -> list[list[int]]:
    """The paper's formula, word for word."""
    lists = []
    for nums, scores in zip(pool.item_nums, pool.scores, strict=True):
        relevance = (scores - scores.min()) / (scores.max() - scores.min())
        left, chosen = list(range(len(nums))), []
        while len(chosen) < n:

            def gain(place: int) -> float:
                like = max((float(vectors[nums[place]] @ vectors[nums[c]]) for c in chosen), default=0.0)  # noqa: B023
                return (1 - diversity) * float(relevance[place]) - diversity * like  # noqa: B023

            best = max(left, key=gain)
            chosen.append(best)
            left.remove(best)
        lists.append([int(nums[place]) for place in chosen])
    return lists


@given(st.integers(0, 10_000), st.floats(0.01, 1.0), st.integers(1, 12))
def test_it_is_maximal_marginal_relevance(seed: int, diversity: float, n: int) -> None:
    pool, vectors = _pool(seed)
    assert diversify(pool, vectors, diversity, n).item_nums.tolist() == _one_by_one(
        pool, vectors, diversity, n
    )


def test_zero_is_the_identity() -> None:
    pool, vectors = _pool(1)
    same = diversify(pool, vectors, 0.0, 5)
    np.testing.assert_array_equal(same.item_nums, pool.item_nums[:, :5])
    np.testing.assert_array_equal(same.scores, pool.scores[:, :5])


def test_copies_of_the_first_come_last() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    pool = Recommendations(np.array([[0, 1, 2, 3]]), np.array([[4.0, 3.9, 3.8, 3.0]]))
    assert diversify(pool, vectors, 0.7, 4).item_nums.tolist() == [[0, 3, 1, 2]]


def test_scores_stay_with_their_items() -> None:
    pool, vectors = _pool(2)
    found = diversify(pool, vectors, 0.8, 6)
    for row in range(3):
        given_scores = dict(zip(pool.item_nums[row], pool.scores[row], strict=True))
        assert [given_scores[num] for num in found.item_nums[row]] == found.scores[row].tolist()


@pytest.mark.parametrize("diversity", [0.3, 1.0])
def test_places_without_an_item_stay_at_the_end(diversity: float) -> None:
    pool, vectors = _pool(3)
    nums, scores = pool.item_nums.copy(), pool.scores.copy()
    nums[0, 4:], scores[0, 4:] = NO_ITEM, -np.inf
    nums[1], scores[1] = NO_ITEM, -np.inf
    found = diversify(Recommendations(nums, scores), vectors, diversity, 8)
    assert sorted(found.item_nums[0, :4]) == sorted(nums[0, :4])
    assert (found.item_nums[0, 4:] == NO_ITEM).all()
    assert (found.scores[0, 4:] == -np.inf).all()
    assert (found.item_nums[1] == NO_ITEM).all()
    assert (found.item_nums[2] != NO_ITEM).all()


def test_many_people_are_answered_in_blocks_like_one() -> None:
    pool, vectors = _pool(4, n_people=300)
    whole = diversify(pool, vectors, 0.5, 5).item_nums
    for row in (0, 127, 128, 299):
        alone = Recommendations(pool.item_nums[[row]], pool.scores[[row]])
        np.testing.assert_array_equal(diversify(alone, vectors, 0.5, 5).item_nums[0], whole[row])


def test_equal_scores_are_no_obstacle() -> None:
    pool, vectors = _pool(5)
    level = Recommendations(pool.item_nums, np.zeros_like(pool.scores))
    found = diversify(level, vectors, 0.5, 12)
    np.testing.assert_array_equal(np.sort(found.item_nums), np.sort(pool.item_nums))
