"""Interest vectors: clusters that are those of the history, and noise that keeps its promise."""

import math

import numpy as np
import pytest

from isthmus.errors import SettingsError
from isthmus.numeric import unit_rows
from isthmus.passport import cluster, keep_chance, tell_subjects

SUBJECTS = np.eye(5)


def keys(n):
    return [f"person\x1fplatform\x1f{number}" for number in range(n)]


def test_clusters_are_the_groups_of_the_history():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(3, 8), [6, 3, 1], axis=0)
    history = unit_rows(groups + 0.05 * rng.normal(size=groups.shape))
    found = cluster(history, np.ones(10), n=3)
    assert found.weights == pytest.approx([0.6, 0.3, 0.1])
    assert (found.vectors @ np.eye(3, 8).T).argmax(axis=1).tolist() == [0, 1, 2]
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1)


def test_a_short_history_is_kept_as_it_is_and_what_has_no_text_is_left_out():
    history = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    found = cluster(history, np.array([1.0, 5.0, 3.0]))
    assert found.vectors.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert found.weights.tolist() == [0.75, 0.25]
    assert len(cluster(np.zeros((2, 4)), np.ones(2)).weights) == 0


def test_of_a_long_history_the_heaviest_count():
    history = np.tile(np.eye(2, 4), (1_000, 1))
    weights = np.tile([1.0, 0.1], 1_000)
    weights[0] = 10.0
    assert cluster(history, weights, n=4).vectors[0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("n", [2, 5, 955])
def test_no_answer_is_likelier_than_epsilon_allows(epsilon, n):
    keep = keep_chance(epsilon, n)
    other = (1 - keep) / (n - 1)
    assert keep / other == pytest.approx(math.exp(epsilon))
    assert keep + (n - 1) * other == pytest.approx(1)


def test_the_draws_have_these_chances():
    n = 20_000
    told = tell_subjects(np.tile(SUBJECTS[2], (n, 1)), SUBJECTS, 1.0, b"secret", keys(n))
    expected = np.full(5, (1 - keep_chance(1.0, 5)) / 4)
    expected[2] = keep_chance(1.0, 5)
    counted = np.zeros(5)
    counted[told.subjects] = told.weights
    assert np.abs(counted - expected).max() < 4 * 0.5 / math.sqrt(n)
    assert np.abs(counted - expected)[2] > 0  # it is chance


def test_without_text_every_subject_is_as_likely():
    n = 20_000
    told = tell_subjects(np.zeros((n, 5)), SUBJECTS, 8.0, b"secret", keys(n))
    assert np.abs(told.weights - 0.2).max() < 4 * 0.5 / math.sqrt(n)


def test_one_item_has_no_say_in_how_another_is_told():
    history = SUBJECTS[[0, 1, 2, 3, 4, 0, 1]]
    changed = history.copy()
    changed[0] = SUBJECTS[3]
    for epsilon in (0.5, 1.0, 3.0):
        both = [
            [
                tell_subjects(row[None], SUBJECTS, epsilon, b"secret", [key]).subjects[0]
                for row, key in zip(one, keys(7), strict=True)
            ]
            for one in (history, changed)
        ]
        assert both[0][1:] == both[1][1:]
        whole = tell_subjects(history, SUBJECTS, epsilon, b"secret", keys(7))
        counts = np.bincount(both[0], minlength=5)
        assert whole.weights.tolist() == pytest.approx(np.sort(counts[counts > 0])[::-1] / 7)


def test_asking_twice_tells_nothing_more_and_another_secret_tells_otherwise():
    history = SUBJECTS[np.arange(200) % 5]
    one, again, other = (
        tell_subjects(history, SUBJECTS, 0.5, secret, keys(200)) for secret in (b"a", b"a", b"b")
    )
    assert np.array_equal(one.weights, again.weights)
    assert not np.array_equal(one.weights, other.weights)


def test_little_noise_tells_the_truth():
    history = SUBJECTS[[3, 3, 1]]
    told = tell_subjects(history, SUBJECTS, 50.0, b"secret", keys(3))
    assert told.subjects.tolist() == [3, 1]
    assert told.weights == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.inf, math.nan])
def test_an_epsilon_that_is_none_is_refused(epsilon):
    with pytest.raises(SettingsError, match="epsilon"):
        keep_chance(epsilon, 5)
