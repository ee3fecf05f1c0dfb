"""A planted change is found and named, by the check it belongs to; a steady stream raises no alarm."""

from dataclasses import replace

import numpy as np
import pytest
from streams import WINDOWS, stream

from isthmus.evaluation.drift import DriftSettings, judge, measure_inputs

SETTINGS = DriftSettings(kinds=0.05)


def look(events, seed=0):
    return judge(list(measure_inputs(events, WINDOWS, resamples=399, seed=seed)), WINDOWS, SETTINGS)


def test_a_steady_stream_raises_few_alarms():
    """Without the thresholds on size, by the p values alone, which are shared out over three checks."""
    bare = DriftSettings(kinds=0.0, popularity=0.0, texts=0.0)
    alarms = by_size = 0
    for seed in range(40):
        measured = list(
            measure_inputs(stream(np.random.default_rng(seed)), WINDOWS, resamples=399, seed=seed)
        )
        alarms += judge(measured, WINDOWS, bare).found
        by_size += judge(measured, WINDOWS).found
    assert alarms <= 2  # 5 % of 40
    assert by_size == 0


@pytest.mark.parametrize("shift", ["kinds", "popularity", "texts"])
def test_a_planted_change_is_found(shift):
    for seed in range(5):
        found = {one.check: one for one in look(stream(np.random.default_rng(seed), shift=shift)).findings}
        assert found[shift].drift
        if shift == "kinds":
            assert not found["texts"].drift
            assert found["kinds"].says.startswith(("like", "skip"))
        elif shift == "popularity":
            assert not found["kinds"].drift
            assert found["popularity"].says.startswith("film 7 ")


def test_without_vectors_texts_are_left_out():
    events = stream(np.random.default_rng(0))
    bare = replace(events, vectors=np.zeros((200, 0), dtype=np.float32))
    assert [one.check for one in look(bare).findings] == ["kinds", "popularity"]
    silent = replace(events, vectors=np.zeros((200, 8), dtype=np.float32))
    assert [one.check for one in look(silent).findings] == ["kinds", "popularity"]


def test_events_without_item_count_as_kinds_only():
    events = stream(np.random.default_rng(0))
    item = np.where(events.kind == 1, -1, events.item)
    found = {one.check: one for one in look(replace(events, item=item)).findings}
    assert found["popularity"].n_current <= found["kinds"].n_current
    assert not found["popularity"].drift


def test_few_people_say_nothing():
    found = look(stream(np.random.default_rng(0), n_people=20, shift="kinds"))
    assert not found.found
    assert {one.says for one in found.findings} == {"too few people to say"}


def test_an_empty_window_is_no_drift_but_null():
    events = stream(np.random.default_rng(0))
    found = look(replace(events, times=np.minimum(events.times, 2999)))
    assert not found.found
    assert found.to_dict()["findings"][0]["value"] is None
