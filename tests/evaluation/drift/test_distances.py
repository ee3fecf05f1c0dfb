"""Distances against calculations by hand and against scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from isthmus.evaluation.drift.distances import (
    jensen_shannon,
    kolmogorov_smirnov,
    mean_discrepancy,
    population_stability,
    relative_fall,
)
from isthmus.evaluation.drift.inputs import fourier_features


def test_population_stability_by_hand():
    """Counts 60:40 and 40:60 with half a count added: (.401 - .599) ln(.401 / .599) twice."""
    found = population_stability(np.array([[59.5, 39.5]]), np.array([[39.5, 59.5]]))
    assert found == pytest.approx(2 * 0.2 * np.log(1.5))
    assert population_stability(np.array([[3.0, 0.0]]), np.array([[0.0, 3.0]])) == pytest.approx(
        2 * 0.75 * np.log(7)
    )


def test_jensen_shannon_is_that_of_scipy():
    rng = np.random.default_rng(0)
    p, q = rng.integers(0, 9, (5, 7)).astype(float), rng.integers(0, 9, (5, 7)).astype(float)
    expected = jensenshannon(p, q, axis=1, base=2) ** 2
    np.testing.assert_allclose(jensen_shannon(p, q), expected)
    assert jensen_shannon(np.array([[2.0, 0.0]]), np.array([[0.0, 5.0]])) == pytest.approx(1.0)


def test_kolmogorov_smirnov_is_that_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 40), rng.integers(2, 11, 30)
    counts = [np.bincount(values, minlength=11)[None, :].astype(float) for values in (a, b)]
    assert kolmogorov_smirnov(*counts) == pytest.approx(ks_2samp(a, b).statistic)


def test_relative_fall_by_hand():
    found = relative_fall(np.array([[4.0, 10.0], [0.0, 3.0]]), np.array([[1.0, 5.0], [1.0, 2.0]]))
    assert found.tolist() == [0.5, 0.0]


def test_features_stand_for_a_gaussian_kernel():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 6))
    squares = ((vectors[:, None] - vectors[None, :]) ** 2).sum(axis=2)
    width = np.median(np.sqrt(squares[squares > 0]))
    features = fourier_features(vectors)
    error = features @ features.T - np.exp(-squares / (2 * width**2))
    assert np.abs(error).mean() < 0.07  # 1 / sqrt(128) and less
    np.testing.assert_allclose(np.diag(features @ features.T), 1.0)


def test_mean_discrepancy_is_that_of_the_kernel():
    rng = np.random.default_rng(1)
    features = fourier_features(rng.normal(size=(50, 6)))
    K = features @ features.T
    a, b = np.arange(50) < 20, np.arange(50) >= 20
    expected = K[np.ix_(a, a)].mean() + K[np.ix_(b, b)].mean() - 2 * K[np.ix_(a, b)].mean()
    sums = [np.append(features[part].sum(axis=0), part.sum())[None, :] for part in (a, b)]
    assert mean_discrepancy(*sums) == pytest.approx(expected)
