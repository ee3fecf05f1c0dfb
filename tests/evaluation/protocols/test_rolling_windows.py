"""Window after window: each learns from its own past, and together they ask for the latest events once."""

from itertools import pairwise

import numpy as np
import pytest

from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.evaluation import evaluate, make_splits, rolling_windows, time_split
from isthmus.evaluation.split import entries
from isthmus.models import Popularity

TARGET = "films"


def pairs(cases):
    return set(zip(cases.users[entries(cases.truth)].tolist(), cases.truth.indices.tolist(), strict=True))


def test_windows_follow_each_other(make_world):
    dataset = make_world(n_people=60)
    splits = rolling_windows(dataset, TARGET, windows=3, test=0.2, validation=0.1)
    assert len(splits) == 3
    for split in splits:
        asked = split.test.truth_times.data
        assert split.train.times.max() < split.validation.truth_times.data.min()
        assert split.validation.truth_times.data.max() < asked.min()
        assert split.test.times.data.max() < asked.min()
    for earlier, later in pairwise(splits):
        assert earlier.test.truth_times.data.max() < later.test.truth_times.data.min()
        assert earlier.facts["test_until"] == later.facts["test_from"]
        assert earlier.train.interactions.nnz < later.train.interactions.nnz
        assert not pairs(earlier.test) & pairs(later.test)


def test_one_window_is_the_time_split(make_world):
    dataset = make_world(n_people=60)
    (one,) = rolling_windows(dataset, TARGET, windows=1, test=0.2, validation=0.1)
    other = time_split(dataset, TARGET, test=0.2, validation=0.1)
    assert pairs(one.test) == pairs(other.test)
    assert pairs(one.validation) == pairs(other.validation)
    assert one.facts == other.facts


def test_an_evaluation_pools_the_windows(make_world):
    dataset = make_world(n_people=60)
    report = evaluate(dataset, [Popularity()], target=TARGET, protocol="rolling-windows", metrics=("ndcg@5",),
                      options={"windows": 2, "test": 0.2}, resamples=50, twins=None)  # fmt: skip
    splits = make_splits(dataset, TARGET, "rolling-windows", options={"windows": 2, "test": 0.2})
    assert len(report.splits) == len(report.timings) == 2
    assert len(report.users) == sum(len(split.test) for split in splits)
    assert report.leaks["others' future"]["share"] == 0.0


def test_what_it_refuses(make_world):
    with pytest.raises(SettingsError, match="nothing to learn from"):
        rolling_windows(make_world(), TARGET, windows=5, test=0.2)
    with pytest.raises(InputError, match="have no time"):
        rolling_windows(make_world(timed=False), TARGET)
    with pytest.raises(SettingsError, match="widows"):
        make_splits(make_world(), TARGET, "rolling-windows", options={"widows": 2})
    with pytest.raises(UnknownNameError, match="rolling-widows") as error:
        make_splits(make_world(), TARGET, "rolling-widows")
    assert "rolling-windows" in error.value.hint


def test_a_series_on_one_moment_has_no_past(make_world):
    from dataclasses import replace

    dataset = make_world()
    frozen = replace(dataset, times=np.full(len(dataset.times), 1_500_000_000))
    with pytest.raises(InputError, match="nothing before it"):
        rolling_windows(frozen, TARGET)
