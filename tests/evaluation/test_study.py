"""Several evaluations together: who is best how often, and the page that says so."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from isthmus.dataset import checkerboard
from isthmus.evaluation import Skipped, Study, evaluate, measure_transfer, render_report
from isthmus.evaluation.plots.markup import number
from isthmus.models import EASE, Popularity


def _study() -> Study:
    board = checkerboard(80, 20)
    models = {"popular": Popularity(), "ease": EASE(), "ease again": EASE()}
    reports = []
    for target in ("here", "there"):
        for protocol, options in (("cold-start", {}), ("k-shot", {"k": (0, 2)})):
            report = evaluate(board, models, target=target, protocol=protocol, options=options, twins=None,
                              metrics=("ndcg@10", "coverage@10"), resamples=200)  # fmt: skip
            reports.append(replace(report, transfer=measure_transfer(board, report, "ease", EASE())))
    return Study(tuple(reports), (Skipped("there", "time-split", "no <times> at all"),))


@pytest.fixture(scope="module")
def study():
    return _study()


def test_equals_are_tied_and_not_surely_best(study):
    found = {one.model: one for one in study.standings}
    assert [one.model for one in study.standings][-1] == "popular"
    assert (found["ease"].best, found["ease"].clear, found["ease again"].tied) == (4, 0, 4)
    assert (found["popular"].best, found["popular"].tied) == (0, 0)
    without_again = Study(tuple(_without(report, "ease again") for report in study.reports))
    assert without_again.standings[0].clear == 4


def _without(report, name):
    pairs = tuple(pair for pair in report.pairs if name not in (pair.model, pair.against))
    return replace(
        report, pairs=pairs, models={one: about for one, about in report.models.items() if one != name}
    )


def test_json_holds_every_report(study):
    found = json.loads(study.to_json())
    assert [report["target"] for report in found["reports"]] == ["here", "here", "there", "there"]
    assert found["reports"][0] == json.loads(study.reports[0].to_json())
    assert {"pairs", "groups", "transfer", "machine", "leaks"} <= set(found["reports"][0])
    assert found["skipped"][0]["protocol"] == "time-split"
    assert found["reports"][0]["options"] == {"test": 0.2, "validation": 0.1}


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_the_page_shows_every_scenario(study, language):
    page = render_report(study, title="T", language=language, command="isthmus compare ws")
    times = 2 if language == "both" else 1
    assert page.count('class="scenario"') == 4 * times
    assert page.count("isthmus compare ws") == times
    anchors = re.findall(r'href="#([^"]+)"', page)
    assert len(anchors) == 4 * times
    assert all(f'id="{anchor}"' in page for anchor in anchors)
    assert "no &lt;times&gt; at all" in page
    assert "{" not in re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)


def test_the_matrix_holds_what_was_measured(study):
    page = render_report(study, title="T")
    (one,) = [one for one in study.reports[0].transfer if one.k is None]
    assert f"+{number(one.difference, 3)}" in page
    assert re.search(r'class="gain[1-4]"', page), "even or odd is known from the other platform only"
    assert page.count('class="matrix"') == 2
    harmful = replace(one, difference=-0.2, without=one.with_it + 0.2)
    chance = replace(one, real=False)
    shown = render_report(Study((replace(study.reports[0], transfer=(harmful,)),)), title="T")
    assert re.search(r'class="loss[1-4]"', shown)
    assert "harms" in shown
    shown = render_report(Study((replace(study.reports[0], transfer=(chance,)),)), title="T")
    assert not re.search(r'<td class="(gain|loss)[1-4]"', shown)


def test_equals_are_marked(study):
    page = render_report(study, title="T")
    mean = study.reports[0].figure("ease again", "ndcg@10").mean
    assert f"≈ {number(mean)}" in page


def test_a_table_can_be_sorted_by_its_values(study):
    page = render_report(study.reports[0], title="T")
    for model in study.models:
        mean = study.reports[0].figure(model, "ndcg@10").mean
        assert f'data-sort="{mean:.10g}"' in page
    assert np.isfinite([float(value) for value in re.findall(r'data-sort="([^"]+)"', page)]).all()
