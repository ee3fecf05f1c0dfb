"""Several targets and protocols of one workspace; what cannot be measured is said."""

import pytest

from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.pipeline import compare_models, evaluate_models

HALF = {"test": 0.5, "validation": 0.0}


def test_every_target_and_protocol(workspace):
    study = compare_models(
        workspace, ["popularity", "ease"], protocols=["cold-start", "k-shot"], options=HALF | {"k": 1},
        settings={"ease": {"reg": 7.0}},
    )  # fmt: skip
    done = {(report.target, report.protocol) for report in study.reports}
    missed = {(one.target, one.protocol) for one in study.skipped}
    assert done | missed == {(on, by) for on in ("books", "films") for by in ("cold-start", "k-shot")}
    assert ("films", "cold-start") in done
    report = study.reports[0]
    assert report.models["ease"]["config"]["reg"] == 7.0
    assert report.options == {"test": 0.5, "validation": 0.0}
    assert [one.source for one in report.transfer] == [{"books": "films", "films": "books"}[report.target]]
    assert not (workspace.folder / "models").exists()


def test_what_cannot_be_tested_is_said(workspace):
    study = compare_models(
        workspace, ["popularity"], targets=["films"], protocols=["cold-start", "time-split"], options=HALF,
        transfer=None,
    )  # fmt: skip
    assert [one.protocol for one in study.skipped] == ["time-split"]
    assert study.skipped[0].why
    assert study.reports[0].transfer == ()
    with pytest.raises(InputError):
        compare_models(workspace, ["popularity"], targets=["films"], protocols=["time-split"])


def test_transfer_of_one_evaluation(workspace):
    report = evaluate_models(
        workspace, ["popularity", "ease"], target="films", options=HALF, transfer="popularity"
    )
    assert [(one.model, one.source, one.difference) for one in report.transfer] == [
        ("popularity", "books", 0)
    ]


def test_names_that_are_not_there(workspace):
    with pytest.raises(UnknownNameError):
        compare_models(workspace, ["popularity"], targets=["games"])
    with pytest.raises(UnknownNameError):
        compare_models(workspace, ["popularity"], protocols=["cold"])
    mistakes = {"options": {"left": 1}, "transfer": "ease", "settings": {"ease": {}}, "protocols": []}
    for name, wrong in mistakes.items():
        with pytest.raises(SettingsError):
            compare_models(workspace, ["popularity"], **{name: wrong})
    with pytest.raises(SettingsError):
        evaluate_models(workspace, ["popularity"], target="films", transfer="ease")
