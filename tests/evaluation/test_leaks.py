"""Every leak is found where it was planted, and none where there is none."""

import re
from dataclasses import replace

import numpy as np
import pytest

from isthmus.dataset import checkerboard
from isthmus.errors import SettingsError
from isthmus.evaluation import (
    LeakSettings,
    check_leaks,
    cold_start,
    evaluate,
    leave_last_out,
    make_splits,
    render_report,
    time_split,
)
from isthmus.models import Popularity

TARGET = "films"


def test_a_time_split_is_clean(make_world):
    split = time_split(make_world(n_people=200, density=0.15), TARGET)
    leaks = check_leaks(split, settings=LeakSettings(popularity=1.0))
    assert leaks.warnings == ()
    assert [finding.check for finding in leaks.findings] == [
        "twins", "others' future", "own future", "popularity", "duplicates",
    ]  # fmt: skip
    assert leaks["others' future"].share == leaks["own future"].share == leaks["duplicates"].share == 0


def test_leave_last_out_leaks_the_future_of_others(make_world):
    split = leave_last_out(make_world(n_people=60), TARGET)
    found = check_leaks(split)["others' future"]
    asked, known = split.test.truth_times.data, split.train.times
    assert found.share == pytest.approx((known[None, :] > asked[:, None]).mean())
    assert found.of == len(asked)
    assert found.warning
    assert "%" in found.says


def test_the_future_of_a_persons_own(make_world):
    """A cold start does not ask what came first, on the target or elsewhere."""
    split = cold_start(make_world(n_people=60), TARGET)
    found = check_leaks(split)["own future"]
    later = pairs = 0
    for row in range(len(split.test)):
        known = split.test.times[[row]].data
        for moment in split.test.truth_times[[row]].data:
            later, pairs = later + (known > moment).sum(), pairs + len(known)
    assert found.of == pairs
    assert found.share == pytest.approx(later / pairs)
    assert found.warning


def test_without_times_nothing_is_said(make_world):
    leaks = check_leaks(cold_start(make_world(timed=False), TARGET))
    for check in ("others' future", "own future"):
        assert np.isnan(leaks[check].share)
        assert not leaks[check].warning
        assert "nothing to check" in leaks[check].says


def test_twins_on_the_board():
    """Both sides of the board bear the same titles by the same authors."""
    split = cold_start(checkerboard(60, 20), "there")
    found = check_leaks(split)["twins"]
    assert found.share > 0.5
    assert found.warning
    with pytest.raises(StopIteration):
        check_leaks(split, twins=False)["twins"]


def test_popular_test_rows(make_world):
    split = cold_start(make_world(n_people=60), TARGET)
    candidates = split.train.candidates(TARGET)
    people = np.bincount(split.train.interactions.indices, minlength=split.train.n_items)[candidates]
    top = candidates[people.argmax()]
    found = check_leaks(split)["popularity"]
    assert found.share == pytest.approx((split.test.truth.indices == top).mean())
    assert check_leaks(split, settings=LeakSettings(popularity=0.0))["popularity"].warning


@pytest.mark.parametrize("where", ["training", "history", "validation"])
def test_planted_duplicates(make_world, where):
    dataset = make_world(n_people=60)
    split = cold_start(dataset, TARGET)
    if where == "training":
        split = replace(split, train=dataset)
    elif where == "history":
        split = replace(split, test=replace(split.test, history=split.test.truth))
    else:
        split = replace(split, validation=split.test)
    found = check_leaks(split, twins=False)["duplicates"]
    assert found.share == 1.0
    assert found.warning


@pytest.mark.parametrize("protocol", ["cold-start", "k-shot", "leave-last-out", "time-split", "cold-items",
                                      "leave-platform-out", "rolling-windows"])  # fmt: skip
def test_no_protocol_asks_for_what_it_tells(make_world, protocol):
    for split in make_splits(make_world(n_people=80, density=0.8), TARGET, protocol):
        assert check_leaks(split)["duplicates"].share == 0


def test_a_report_says_what_was_found(make_world):
    report = evaluate(make_world(n_people=60), [Popularity()], target=TARGET, protocol="leave-last-out",
                      metrics=("ndcg@5",), resamples=50)  # fmt: skip
    assert report.leaks["others' future"]["warning"]
    pooled = report.twins["test_rows_with_a_twin"] / report.twins["test_rows"]
    assert report.leaks["twins"]["share"] == pytest.approx(pooled)
    assert '"others\' future"' in report.to_json()
    said = {"en": "Training events later than the test row", "zh": "训练事件晚于它所帮助的测试行"}
    for language, other in (("en", "zh"), ("zh", "en")):
        page = render_report(report, title="Test", language=language)
        assert said[language] in page
        assert said[other] not in page


def test_a_finding_says_the_same_in_both_languages(make_world):
    leaks = check_leaks(leave_last_out(make_world(n_people=60), TARGET))
    for found in leaks.findings:
        numbers = [set(re.findall(r"[\d.,]*\d", found.tell(language))) for language in ("en", "zh")]
        assert numbers[0] == numbers[1]
    assert "films" in leaks["popularity"].tell("zh")
    assert leaks.facts["popularity"]["says_zh"] == leaks["popularity"].tell("zh")
    unknown = check_leaks(cold_start(make_world(timed=False), TARGET))["own future"]
    assert "没有可供检查" in unknown.tell("zh")


def test_shares_are_shares():
    with pytest.raises(SettingsError, match="out of range"):
        LeakSettings(head=2.0)
