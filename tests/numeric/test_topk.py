import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from isthmus.errors import InputError
from isthmus.numeric import top_k


def by_sorting(scores, k):
    """The definition: a full stable sort."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, max_side=300),
        elements=st.sampled_from([-np.inf, -1, 0, 0.5, 2]),
    ),
    st.integers(0, 320),
)
def test_equals_a_full_stable_sort_where_many_scores_are_equal(scores, k):
    positions, values = top_k(scores, k)
    expected = by_sorting(scores, k)
    assert np.array_equal(positions, expected)
    assert np.array_equal(values, np.take_along_axis(scores, expected, axis=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 10, 500])
def test_equals_a_full_stable_sort_on_wide_rows(dtype, k):
    scores = np.random.default_rng(k).normal(size=(20, 5003)).astype(dtype)
    scores[5] = np.sort(scores[5])
    scores[6] = 0
    scores[7] = -np.inf
    scores[8, :4000] = -np.inf
    positions, values = top_k(scores, k)
    assert np.array_equal(positions, by_sorting(scores, k))
    assert values.dtype == dtype
    assert positions.dtype == np.int64


def test_whole_numbers_are_ranked_too():
    positions, values = top_k(np.array([[3, 9, 9, 1]]), 3)
    assert positions.tolist() == [[1, 2, 0]]
    assert values.tolist() == [[9, 9, 3]]


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0, 0)])
def test_nothing_to_rank_gives_empty_lists(shape):
    positions, values = top_k(np.zeros(shape), 4)
    assert positions.shape == values.shape == (shape[0], min(4, shape[1]))


def test_nan_is_refused_and_its_row_named():
    scores = np.zeros((4, 200))
    scores[2, 150] = np.nan
    with pytest.raises(InputError, match="row 2"):
        top_k(scores, 3)


@pytest.mark.parametrize(("scores", "k"), [(np.zeros(5), 1), (np.zeros((2, 5)), -1)])
def test_wrong_arguments_are_refused(scores, k):
    with pytest.raises(InputError):
        top_k(scores, k)
