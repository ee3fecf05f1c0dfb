import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import special

from isthmus.errors import InputError
from isthmus.numeric import log_sum_exp, softmax

ANY_SCORE = st.floats(-1e300, 1e300)


def test_the_two_worked_values_of_interest_times_content():
    products = np.array([0.8, 0.2]) * np.array([0.6, 0.4])
    assert softmax(products) == pytest.approx([0.5987, 0.4013], abs=5e-5)
    assert softmax(products, temperature=0.1435) == pytest.approx([0.942, 0.058], abs=5e-4)


@given(arrays(np.float64, array_shapes(max_dims=3, max_side=6), elements=ANY_SCORE), st.floats(0.01, 100))
def test_sums_to_one_for_scores_of_any_size(x, temperature):
    result = softmax(x, temperature)
    assert result.shape == x.shape
    assert np.allclose(result.sum(axis=-1), 1)
    assert (result >= 0).all()


@given(arrays(np.float64, array_shapes(max_dims=3, max_side=6), elements=st.floats(-500, 500)))
def test_equals_scipy(x):
    assert np.allclose(softmax(x), special.softmax(x, axis=-1))
    assert np.allclose(softmax(x, axis=0), special.softmax(x, axis=0))
    assert np.allclose(log_sum_exp(x), special.logsumexp(x, axis=-1))
    assert np.allclose(log_sum_exp(x, axis=0), special.logsumexp(x, axis=0))


def test_what_is_excluded_has_no_probability():
    x = np.array([[1.0, -np.inf, 1.0], [-np.inf] * 3])
    assert softmax(x).tolist() == [[0.5, 0, 0.5], [0, 0, 0]]
    assert log_sum_exp(x).tolist() == [pytest.approx(1 + np.log(2)), -np.inf]


def test_float32_stays_float32():
    assert softmax(np.ones((2, 3), np.float32)).dtype == np.float32


def test_an_empty_line_is_empty():
    assert softmax(np.zeros((3, 0))).shape == (3, 0)
    with pytest.raises(InputError):
        log_sum_exp(np.zeros((3, 0)))


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_a_temperature_out_of_range_is_refused(temperature):
    with pytest.raises(InputError, match="temperature"):
        softmax([1.0, 2.0], temperature)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("function", [softmax, log_sum_exp])
def test_nan_and_infinity_are_refused(function, bad):
    with pytest.raises(InputError):
        function([0.0, bad])
