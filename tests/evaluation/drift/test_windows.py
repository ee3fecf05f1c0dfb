"""Windows of equal length, and what people are asked in each."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.errors import SettingsError
from isthmus.evaluation.drift import Windows, window_cases
from isthmus.schema import NO_TIME


def test_windows_end_where_they_should():
    windows = Windows.until(1000, 100)
    assert windows.edges.tolist() == [600, 700, 800, 900, 1000]
    times = np.array([NO_TIME, 599, 600, 699, 700, 999, 1000])
    assert windows.of(times).tolist() == [-1, -1, 0, 0, 1, 3, -1]
    assert Windows.until(1000, 100, since=450).edges.tolist()[0] == 500
    assert windows.words[0] == "1970-01-01T00:10:00+00:00"
    for wrong in ({"length": 0}, {"length": 100, "since": 850}):
        with pytest.raises(SettingsError):
            Windows.until(1000, **wrong)


def part(dataset, since, until):
    """The same with only the interactions of some time."""
    return dataset.keeping((dataset.times >= since) & (dataset.times < until))


def test_people_are_asked_for_what_is_new_to_them(make_world):
    dataset = make_world(n_people=60)
    cut = 1_500_000_030
    before, within = part(dataset, 0, cut), part(dataset, cut, cut + 30)
    repeated = replace(within, interactions=dataset.interactions, times=dataset.times)
    without = before.without_users(np.arange(10))
    for now in (within, repeated):
        asked = window_cases(without, now, "films", dataset.users)
        assert asked.users.min() >= 10
        assert asked.history.multiply(asked.truth).nnz == 0
        assert asked.times.data.max() < cut
        np.testing.assert_array_equal(asked.history.toarray(), before.interactions[asked.users].toarray())
        on_films = dataset.item_platform == dataset.platform_num("films")
        expected = within.interactions[asked.users].toarray() * on_films
        np.testing.assert_array_equal(asked.truth.toarray(), expected)
        assert asked.k.tolist() == (asked.history.toarray()[:, on_films] > 0).sum(axis=1).tolist()
        assert (asked.truth.toarray().sum(axis=1) > 0).all()
