"""Chance is that of whole blocks: p values are fair where nothing changed, whatever hangs together."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.evaluation.drift.blocks import add_up, measure_shift
from isthmus.evaluation.drift.distances import population_stability, relative_fall


def test_blocks_add_up():
    person, window = np.array([1, 0, 1, 1]), np.array([0, 1, 0, 1])
    values = csr_array(np.array([[1.0, 0], [0, 1], [2, 0], [0, 4]]))
    blocks = add_up(person, window, values, 2)
    assert blocks.sums.toarray().tolist() == [[0, 1], [3, 0], [0, 4]]
    assert blocks.windows.tolist() == [1, 0, 1]
    assert blocks.current.tolist() == [True, False, True]
    assert blocks.per_window().tolist() == [[3, 0], [0, 5]]


def test_all_deals_of_a_small_case():
    """Five blocks, one current: its value is the largest of five, so one deal in five is as far."""
    values = np.array([[0.1, 1], [0.2, 1], [0.3, 1], [0.4, 1], [0.0, 1]])
    blocks = add_up(np.arange(5), np.array([0, 0, 0, 0, 1]), csr_array(values), 2)
    found = measure_shift(blocks, relative_fall, resamples=4999)
    assert found.value == pytest.approx(1.0)
    assert found.p == pytest.approx(0.2, abs=0.02)
    assert (found.n_reference, found.n_current) == (4, 1)


def test_an_empty_sample_has_no_distance():
    blocks = add_up(np.arange(3), np.zeros(3, dtype=np.int64), csr_array(np.ones((3, 2))), 2)
    found = measure_shift(blocks, population_stability)
    assert np.isnan(found.value)
    assert found.n_current == 0


def clustered(rng):
    """80 strangers with 30 events each, all but one or two of the person's own kind; nothing changes."""
    own = rng.integers(0, 3, 80)
    counts = np.eye(3)[own] * 28 + rng.multinomial(2, [1 / 3] * 3, 80)
    return add_up(np.arange(80), rng.integers(0, 4, 80), csr_array(counts), 4)


def test_p_values_are_fair_where_a_persons_events_hang_together():
    p = np.array([
        measure_shift(clustered(np.random.default_rng(seed)), population_stability, resamples=199).p
        for seed in range(300)
    ])  # fmt: skip
    for level in (0.05, 0.2, 0.5):
        # three standard errors of 300 runs
        assert (p <= level).mean() == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / 300))


def test_same_seed_same_p():
    blocks = clustered(np.random.default_rng(5))
    assert measure_shift(blocks, population_stability, seed=3) == measure_shift(
        blocks, population_stability, seed=3
    )


def test_many_blocks_are_dealt_out_in_bundles():
    """25,000 people in three windows: bundles of three keep all sums, and a planted change is found."""
    rng = np.random.default_rng(0)
    window = rng.integers(0, 3, 25_000)
    for change, found in ((0.0, False), (0.05, True)):
        liked = rng.random(25_000) < 0.5 + change * (window == 2)
        blocks = add_up(np.arange(25_000), window, csr_array(np.column_stack([liked, ~liked]) * 1.0), 3)
        shift = measure_shift(blocks, population_stability, resamples=199)
        per_window = blocks.per_window()
        expected = population_stability(per_window[:2].sum(axis=0)[None, :], per_window[2:])
        assert shift.value == pytest.approx(expected[0])
        assert (shift.n_reference, shift.n_current) == ((window < 2).sum(), (window == 2).sum())
        assert (shift.p <= 0.005) is found
