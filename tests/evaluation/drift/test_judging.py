"""Drift is what is both large and no accident."""

import numpy as np
import pytest

from isthmus.errors import SettingsError
from isthmus.evaluation.drift import DriftSettings, Measured, Shift, Windows, judge

WINDOWS = Windows(0, 1000, 4)


def verdict(value, by_chance, p, n=50, beside=0):
    measured = [Measured("films", "kinds", Shift(value, by_chance, p, 50, n), "like 1 % → 2 %")]
    return judge(measured * (1 + beside), WINDOWS).findings[0]


def test_both_size_and_p_are_needed():
    assert verdict(0.2, 0.05, 0.001).drift
    assert not verdict(0.2, 0.05, 0.06).drift
    assert not verdict(0.12, 0.05, 0.001).drift  # above chance by less than .1
    assert not verdict(0.2, 0.05, 0.001, n=19).drift


def test_many_checks_share_the_false_alarms():
    assert verdict(0.2, 0.05, 0.02).drift
    assert verdict(0.2, 0.05, 0.02, beside=1).drift
    assert not verdict(0.2, 0.05, 0.02, beside=2).drift


def test_resamples_suffice_for_the_smallest_p():
    settings = DriftSettings()
    assert settings.resamples_for(3) == 999
    n = settings.resamples_for(60)
    assert 1 / (n + 1) < settings.false_alarms / 60 / 4


def test_as_a_document():
    told = judge([Measured("films", "kinds", Shift(np.nan, np.nan, np.nan, 50, 0), "")], WINDOWS).to_dict()
    assert told["drift"] is False
    assert told["current_from"] == "1970-01-01T00:50:00+00:00"
    assert told["findings"][0]["p"] is None


def test_settings_out_of_range():
    for wrong in ({"kinds": -1}, {"false_alarms": 0}, {"people": 0}, {"resamples": 0}):
        with pytest.raises(SettingsError, match="out of range"):
            DriftSettings(**wrong)
