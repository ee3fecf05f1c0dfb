import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.numeric import inverse_spd


def spd(n, dtype=np.float64):
    half = np.random.default_rng(n).normal(size=(n, n + 20)).astype(dtype)
    return half @ half.T + n * np.eye(n, dtype=dtype)


@pytest.mark.parametrize("n", [1, 3, 511, 1100])
def test_times_the_matrix_is_the_identity(n):
    matrix = spd(n)
    before = matrix.copy()
    inverse = inverse_spd(matrix)
    assert np.abs(inverse @ matrix - np.eye(n)).max() < 1e-10
    assert np.array_equal(inverse, inverse.T)
    assert np.array_equal(matrix, before)


def test_overwriting_uses_the_memory_of_the_matrix():
    matrix = spd(300)
    expected = inverse_spd(matrix)
    result = inverse_spd(matrix, overwrite=True)
    assert np.shares_memory(result, matrix)
    assert np.array_equal(result, expected)


def test_float32_is_inverted_in_float32():
    matrix = spd(200, np.float32)
    inverse = inverse_spd(matrix)
    assert inverse.dtype == np.float32
    assert np.abs(inverse @ matrix - np.eye(200)).max() < 1e-3


def test_any_memory_order_gives_the_same():
    matrix = spd(50)
    assert np.array_equal(inverse_spd(np.asfortranarray(matrix)), inverse_spd(matrix))
    assert inverse_spd(np.zeros((0, 0))).shape == (0, 0)


def test_not_positive_definite_says_what_to_do():
    with pytest.raises(InputError, match="reg"):
        inverse_spd(np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InputError, match="reg"):
        inverse_spd(np.zeros((3, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [(1, 1), (2, 0)])
def test_values_that_are_not_finite_are_refused(bad, place):
    matrix = spd(4)
    matrix[place] = matrix[place[::-1]] = bad
    with pytest.raises(InputError):
        inverse_spd(matrix)


def test_only_square_matrices_have_an_inverse():
    with pytest.raises(InputError, match="square"):
        inverse_spd(np.ones((2, 3)))
