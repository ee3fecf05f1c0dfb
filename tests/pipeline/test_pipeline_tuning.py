"""Searching in a workspace: trials are kept in it, and what is found fits there."""

import pytest

from isthmus.pipeline import fit_model, list_models, tune_model, tuning_folder

pytestmark = pytest.mark.extras
pytest.importorskip("optuna", reason="needs isthmus[tune]")

SHARES = {"test": 0.4, "validation": 0.5}


def test_settings_found_are_settings_of_a_fit(workspace):
    found = tune_model(workspace, "ease", target="films", trials=3, options=SHARES)
    assert len(found.trials) == 3
    assert list_models(workspace) == []
    saved = fit_model(workspace, "ease", config=found.settings)
    assert saved.about["config"]["reg"] == found.settings["reg"]
    assert len(list(tuning_folder(workspace).glob("ease-*.sqlite"))) == 1


def test_new_events_make_a_new_question(workspace, take_in):
    tune_model(workspace, "ease", target="films", trials=2, options=SHARES)
    assert tune_model(workspace, "ease", target="films", trials=3, options=SHARES).earlier == 2
    take_in(workspace, "platform,user_id,item_id,kind\nbooks,dan,b1,read\nbooks,dan,b2,read\n")
    assert tune_model(workspace, "ease", target="films", trials=1, options=SHARES).earlier == 0
