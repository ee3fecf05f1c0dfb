"""Figures per group are those of breakdown.py, whose groups they are, and stand in the report."""

import numpy as np
import pytest

from isthmus.evaluation import by_activity, by_item_popularity, by_platform, evaluate, k_shot, parse_metric
from isthmus.evaluation.rounds import Round, ask
from isthmus.models import EASE, Popularity

TARGET = "films"
METRIC = "ndcg@5"


@pytest.fixture(scope="module")
def world(make_world):
    return make_world(n_people=60, n_items=16)


@pytest.fixture(scope="module")
def report(world):
    models = {"ease": EASE(), "popular": Popularity()}
    options = {"k": (0, 2), "test": 0.5}
    return evaluate(world, models, target=TARGET, protocol="k-shot", options=options, twins=None,
                    metrics=(METRIC,), resamples=200)  # fmt: skip


def test_figures_are_those_of_the_breakdown(world, report):
    split = k_shot(world, TARGET, (0, 2), test=0.5)
    done = Round(split, ask(split.test, None))
    done.run("ease", EASE(), 5)
    lists = done.judged("ease", "with")
    counts = np.bincount(split.train.interactions.indices, minlength=world.n_items)
    counts[world.item_platform != world.platform_num(TARGET)] = 0
    metric, more = parse_metric(METRIC), {"users": split.test.users, "resamples": 20}
    expected = {
        "platform": by_platform(metric, lists, world.item_platform, world.platforms, **more),
        "activity": by_activity(metric, lists, split.test.k, **more),
        "items": by_item_popularity(metric, lists, counts, **more),
    }
    found = {(one.by, one.group): one for one in report.groups if one.model == "ease"}
    assert {by: {group for b, group in found if b == by} for by in expected} == {
        by: set(groups) for by, groups in expected.items()
    }
    for (by, group), one in found.items():
        assert one.mean == pytest.approx(expected[by][group].mean)
        assert one.n == expected[by][group].n
        assert one.low <= one.mean <= one.high


def test_all_models_are_measured_on_the_same_people(report):
    sizes = {}
    for one in report.groups:
        sizes.setdefault((one.by, one.group), set()).add(one.n)
    assert all(len(found) == 1 for found in sizes.values())
    assert {one.model for one in report.groups} == {"ease", "popular"}


def test_a_metric_of_all_lists_has_no_groups(world):
    report = evaluate(world, [Popularity()], target=TARGET, metrics=("coverage@5",), resamples=20)
    assert report.groups == report.pairs == ()
    assert report.headline_metric == "coverage@5"
