import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from isthmus.errors import InputError
from isthmus.numeric import idf, row_normalise, scale_columns, scale_rows, unit_rows


@pytest.fixture
def matrix():
    dense = random_array((30, 20), density=0.2, rng=np.random.default_rng(3)).toarray()
    dense[4] = 0
    return csr_array(dense)


def test_scaling_equals_the_product_with_a_diagonal(matrix):
    before = matrix.toarray()
    rows, columns = np.arange(30.0), np.arange(20.0) - 7
    assert np.allclose(scale_rows(matrix, rows).toarray(), np.diag(rows) @ before)
    assert np.allclose(scale_columns(matrix, columns).toarray(), before @ np.diag(columns))
    assert np.array_equal(matrix.toarray(), before)


@pytest.mark.parametrize("scale", [scale_rows, scale_columns])
def test_the_wrong_number_of_factors_is_refused(matrix, scale):
    with pytest.raises(InputError, match="factors"):
        scale(matrix, np.ones(7))


def test_normalised_rows_have_length_one_or_stay_empty(matrix):
    lengths = np.linalg.norm(row_normalise(matrix).toarray(), axis=1)
    empty = np.diff(matrix.indptr) == 0
    assert empty.any()
    assert np.allclose(lengths[~empty], 1)
    assert (lengths[empty] == 0).all()


def test_unit_rows_keep_zero_rows_and_survive_tiny_and_huge_ones():
    rows = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [3e-200, 4e-200], [3e200, 4e200]]))
    assert np.allclose(rows, [[0.6, 0.8], [0, 0], [0.6, 0.8], [0.6, 0.8]])
    assert unit_rows(np.ones((2, 3), np.float32)).dtype == np.float32
    assert unit_rows(np.ones((2, 0))).shape == (2, 0)


def test_idf_by_hand():
    # Three rows; the columns are held by 3, 1 and 0 of them. A stored zero holds nothing.
    matrix = csr_array((np.array([1.0, 1, 1, 5, 0]), ([0, 1, 2, 0, 1], [0, 0, 0, 1, 1])), shape=(3, 3))
    assert idf(matrix) == pytest.approx([0.0, np.log(2), np.log(4)])
