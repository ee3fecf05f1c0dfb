"""From models to a report: the figures are those of the metrics, the models given stay as they are."""

import json
import math

import numpy as np
import pytest

from isthmus.dataset import checkerboard
from isthmus.errors import SettingsError, UnknownNameError
from isthmus.evaluation import Lists, TwinSettings, cold_start, evaluate, paired_bootstrap, parse_metric
from isthmus.models import EASE, Popularity

METRICS = ("ndcg@10", "hit_rate@5", "coverage@10", "novelty@10")


@pytest.fixture(scope="module")
def board():
    return checkerboard(60, 20)


@pytest.fixture(scope="module")
def report(board):
    models = {"popular": Popularity(), "ease": EASE()}
    return evaluate(board, models, target="there", metrics=METRICS, seeds=(0, 1), twins=None, resamples=500)


def test_figures_are_those_of_the_metrics(board, report):
    values = []
    for seed in (0, 1):
        split = cold_start(board, "there", seed=seed)
        found = EASE().fit(split.train).recommend(split.test.query(split.train, "there"), 10)
        values.append(parse_metric("ndcg@10")(Lists(found.item_nums, split.test.truth)))
    expected = np.concatenate(values)
    np.testing.assert_allclose(report.per_person["ease", "ndcg@10", "with"], expected)
    figure = report.figure("ease", "ndcg@10")
    assert figure.mean == pytest.approx(expected.mean())
    assert figure.n == len(expected) == 24
    popular = report.figure("popular", "ndcg@10")
    assert popular.low < popular.mean < popular.high
    assert len(report.users) == 24


def test_ease_sees_the_board_and_popularity_does_not(report):
    """Whoever likes even items here likes even items there."""
    assert report.best("ndcg@10") == "ease"
    assert report.figure("ease", "ndcg@10").low > report.figure("popular", "ndcg@10").high
    row = next(row for row in report.comparisons if row.model == "ease" and row.metric == "ndcg@10")
    assert row.low > 0
    assert row.ratio_low > 1


def test_comparisons_are_paired_over_people(report):
    row = next(row for row in report.comparisons if row.model == "ease" and row.metric == "hit_rate@5")
    a, b = (report.per_person[name, "hit_rate@5", "with"] for name in ("ease", "popular"))
    expected = paired_bootstrap(a, b, n=500, groups=report.users)
    assert row.difference == pytest.approx(expected.difference)
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high), abs=0.1)


def test_coverage_is_a_figure_of_all_lists(report):
    figure = report.figure("ease", "coverage@10")
    assert figure.mean == 1.0
    assert math.isnan(figure.low)
    assert ("ease", "coverage@10", "with") not in report.per_person
    assert 0 < report.figure("popular", "coverage@10").mean < 1


def test_models_given_stay_as_they_are(board):
    model = EASE().fit(board)
    query = board.query([0, 1], "there")
    before = model.recommend(query).scores
    evaluate(board, [model], target="there", metrics=("ndcg@5",), resamples=50)
    np.testing.assert_array_equal(model.recommend(query).scores, before)


def test_figures_with_and_without_twins(board):
    """Both sides of the board bear the same titles by the same authors: what leaks can be counted."""
    report = evaluate(board, [EASE()], target="there", metrics=("ndcg@10",), resamples=50)
    test = cold_start(board, "there").test
    n = board.n_items // 2  # item i of "here" is item n + i of "there"
    truth, history = test.truth.toarray() > 0, test.history.toarray() > 0
    leaking = truth[:, n:] & history[:, :n]
    assert leaking.sum() == report.twins["test_rows_with_a_twin"] > 0
    assert truth.sum() == report.twins["test_rows"]
    assert report.figure("ease", "ndcg@10", twins="with").n == truth.any(axis=1).sum()
    assert report.figure("ease", "ndcg@10", twins="without").n == (truth[:, n:] & ~leaking).any(axis=1).sum()


def test_k_shot_has_figures_per_k(board):
    report = evaluate(
        board, [Popularity(), EASE()], target="there", protocol="k-shot", options={"k": (0, 1, 2)},
        metrics=("ndcg@10", "coverage@10"), resamples=50, twins=TwinSettings(creators=1.0, jaccard=1.0),
    )  # fmt: skip
    assert report.ks == (0, 1, 2)
    rows = [report.figure("ease", "ndcg@10", k=k, twins="with") for k in report.ks]
    assert len({row.n for row in rows}) == 1
    whole = report.figure("ease", "ndcg@10", twins="with")
    assert whole.mean == pytest.approx(np.mean([row.mean for row in rows]))
    assert whole.n == 3 * rows[0].n


def test_same_seed_same_report(board, report):
    again = evaluate(
        board,
        {"popular": Popularity(), "ease": EASE()},
        target="there",
        metrics=METRICS,
        seeds=(0, 1),
        twins=None,
        resamples=500,
    )
    without_times = [
        {k: v for k, v in json.loads(r.to_json()).items() if k != "timings"} for r in (report, again)
    ]
    assert without_times[0] == without_times[1]


def test_json_and_table_say_the_same(report):
    found = json.loads(report.to_json())
    assert found["seeds"] == [0, 1]
    assert found["models"]["ease"]["kind"] == "ease"
    assert found["splits"][1]["seed"] == 1
    assert found["dataset"]["platforms"]["there"]["items"] == 20
    row = next(row for row in found["figures"] if row["model"] == "ease" and row["metric"] == "ndcg@10")
    table = {row["model"]: row for row in report.table()}
    assert table["ease"]["ndcg@10"] == f"{row['mean']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
    assert table["ease"]["coverage@10"] == "1.0000"
    coverage = next(row for row in found["figures"] if row["metric"] == "coverage@10")
    assert coverage["low"] is None
    assert all(timing["fit_s"] >= 0 for timing in found["timings"])


def test_names_and_mistakes(board):
    report = evaluate(
        board, [EASE(), EASE()], target="there", metrics=("ndcg@3",), resamples=50, against="ease"
    )
    assert list(report.models) == ["ease", "ease-2"]
    assert {(row.model, row.against) for row in report.comparisons} == {("ease-2", "ease")}
    with pytest.raises(UnknownNameError, match="metric"):
        evaluate(board, [EASE()], target="there", metrics=("ndgc@10",))
    with pytest.raises(UnknownNameError, match="model in this evaluation"):
        evaluate(board, [EASE()], target="there", against="popular")
    with pytest.raises(SettingsError, match="cold-start"):
        evaluate(board, [EASE()], target="there", options={"share": 0.2})
    for nothing in ({"models": []}, {"seeds": ()}, {"metrics": ()}):
        with pytest.raises(SettingsError):
            evaluate(board, **({"models": [EASE()], "target": "there"} | nothing))
    with pytest.raises(UnknownNameError, match="figure"):
        report.figure("ease", "ndcg@10")
