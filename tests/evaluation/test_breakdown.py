"""Breakdowns: who is in which group, what counts there, and that groups of nobody say nothing."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.evaluation.breakdown import ACTIVITY, by_activity, by_item_popularity, by_platform, find_head
from isthmus.evaluation.metrics import Lists, parse_metric
from isthmus.evaluation.significance import bootstrap_interval

HIT = parse_metric("hit_rate@2")
RECALL = parse_metric("recall@2")


def matrix(rows, n_items=8):
    dense = np.zeros((len(rows), n_items))
    for row, items in enumerate(rows):
        dense[row, list(items)] = 1
    return csr_array(dense)


@pytest.fixture
def lists():
    """Items 0..2 are books, 3 and 4 music, the rest films; hits are had by the first, second and fourth."""
    return Lists(
        np.array([[5, 6], [5, 6], [5, 6], [7, 6], [5, 6]]),
        matrix([{5}, {6, 7}, {7}, {7}, set()]),
        n_candidates=3,
        history=matrix([{0}, {1, 3}, {4}, {2, 5}, {0}]),
    )


def test_per_platform_of_the_history(lists):
    platform = np.array([0, 0, 0, 2, 2, 1, 1, 1])
    found = by_platform(HIT, lists, platform, ("books", "films", "music", "games"), resamples=200)
    assert list(found) == ["books", "films", "music"]  # nobody plays
    assert found["books"].mean == 1  # the first, second, fourth; the fifth took nothing
    assert found["books"].n == 3
    assert (found["music"].mean, found["music"].n) == (0.5, 2)
    assert found["films"].n == 1


def test_per_number_of_events(lists):
    found = by_activity(HIT, lists, np.array([0, 4, 3, 12, 2]), resamples=200)
    assert list(found) == ["0", "3-4", "9+"]  # the only one with 2 took nothing
    assert (found["3-4"].mean, found["3-4"].n) == (0.5, 2)
    assert (found["3-4"].low, found["3-4"].high) == (0, 1)


def test_every_number_of_events_is_in_one_band():
    for k in range(40):
        assert sum(first <= k and (last is None or k <= last) for first, last in ACTIVITY.values()) == 1


def test_head_tail_and_cold_items(lists):
    counts = np.array([0, 0, 0, 0, 0, 10, 4, 0])
    found = by_item_popularity(RECALL, lists, counts, resamples=200)
    assert {name: (figure.mean, figure.n) for name, figure in found.items()} == {
        "head": (1.0, 1),  # item 5 for the first
        "tail": (1.0, 1),  # item 6 for the second, whose 7 does not count here
        "cold": (pytest.approx(1 / 3), 3),  # item 7 for the second, third and fourth
    }
    assert list(by_item_popularity(RECALL, lists, np.ones(8, int), resamples=9)) == ["tail"]


def test_the_head_carries_half():
    assert np.flatnonzero(find_head(np.array([1, 5, 2, 2]))).tolist() == [1]
    assert np.flatnonzero(find_head(np.array([1, 5, 2, 3]))).tolist() == [1, 3]
    assert np.flatnonzero(find_head(np.array([1, 1, 1, 1]))).tolist() == [0, 1]
    assert find_head(np.zeros(3, int)).tolist() == [False] * 3


def test_intervals_are_those_of_the_members(lists):
    k = np.array([3, 4, 3, 4, 9])
    users = np.array([7, 7, 8, 9, 9])
    found = by_activity(HIT, lists, k, users=users, resamples=500, level=0.8)["3-4"]
    values = HIT(lists)[:4]
    assert found == bootstrap_interval(values, groups=users[:4], n=500, level=0.8)
    assert found != bootstrap_interval(values, n=500, level=0.8)


def test_figures_of_all_lists_have_no_interval(lists):
    found = by_activity(parse_metric("coverage@2"), lists, np.array([0, 0, 0, 1, 1]))
    assert {name: figure.mean for name, figure in found.items()} == {"0": 2 / 3, "1": 1.0}
    assert np.isnan(found["0"].low)
    assert found["0"].n == 3


def test_refuses(lists):
    bare = Lists(lists.item_nums, lists.truth)
    with pytest.raises(InputError, match="history"):
        by_platform(HIT, bare, np.zeros(8, int), ("books",))
    with pytest.raises(InputError, match="numbers of events"):
        by_activity(HIT, lists, np.zeros(3, int))
    with pytest.raises(InputError, match="counts"):
        by_item_popularity(HIT, lists, np.zeros(3, int))
    with pytest.raises(InputError, match="owners"):
        by_activity(HIT, lists, np.zeros(5, int), users=np.zeros(3, int))
