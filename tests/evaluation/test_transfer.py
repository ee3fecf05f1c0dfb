"""A source that decides everything is told from one that is noise, and the figures are those of a refit."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from isthmus.dataset import Dataset, checkerboard
from isthmus.errors import SettingsError, UnknownNameError
from isthmus.evaluation import (
    Lists,
    choose_model,
    cold_start,
    evaluate,
    measure_transfer,
    parse_metric,
)
from isthmus.models import EASE, Popularity


@pytest.fixture(scope="module")
def world():
    """Whoever likes even items on "near" likes even ones on "there"; "noise" says nothing of it."""
    rng = np.random.default_rng(0)
    rows = []
    for person in range(90):
        for item in range(person % 2, 24, 2):
            if rng.random() < 0.7:
                rows += [(platform, f"p{person}", f"i{item}") for platform in ("near", "there")]
        if person % 3:
            rows += [("noise", f"p{person}", f"i{item}") for item in rng.choice(30, 4, replace=False)]
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id"], orient="row")
    links = events.select("platform", "user_id", person="user_id").unique(maintain_order=True)
    return Dataset.from_frames(events, None, links, encoder=None)


def _report(world, **more):
    named = {"ease": EASE(), "popular": Popularity()}
    settings = {"metrics": ("ndcg@10",), "seeds": (0, 1), "resamples": 500, "twins": None, "target": "there"}
    return evaluate(world, named, **(settings | more))


@pytest.fixture(scope="module")
def report(world):
    return _report(world)


def test_the_source_that_decides_is_told_from_noise(world, report):
    found = {one.source: one for one in measure_transfer(world, report, "ease", EASE())}
    assert list(found) == [None, "near", "noise"]
    assert found["near"].real
    assert found["near"].low > 0.1
    assert abs(found["noise"].difference) < 0.1 * found["near"].difference
    assert found[None].real
    assert found["near"].known == 1.0
    assert 0.5 < found["noise"].known < 0.8
    for one in found.values():
        assert one.difference == pytest.approx(one.with_it - one.without)
        assert one.with_it == pytest.approx(report.figure("ease", "ndcg@10").mean)
        assert one.low <= one.difference <= one.high
        assert one.p_value <= one.adjusted <= 1
        assert one.n == report.figure("ease", "ndcg@10").n


def test_without_a_source_is_a_dataset_without_its_events(world, report):
    (found,) = [one for one in measure_transfer(world, report, "ease", EASE()) if one.source == "near"]
    values = []
    for seed in (0, 1):
        split = cold_start(world, "there", seed=seed)
        away = split.train.item_platform == world.platform_num("near")
        bare = split.train.keeping(~away[split.train.interactions.indices])
        query = bare.query(split.test.users, "there")
        lists = EASE().fit(bare).recommend(query, 10).item_nums
        values.append(parse_metric("ndcg@10")(Lists(lists, split.test.truth)))
    assert found.without == pytest.approx(np.concatenate(values).mean())


def test_a_model_that_looks_at_the_target_alone_gains_nothing(world, report):
    for one in measure_transfer(world, report, "popular", Popularity()):
        assert one.difference == 0
        assert not one.real


def test_per_k_against_the_target_alone(world):
    report = _report(world, protocol="k-shot", options={"k": (0, 4)}, seeds=(0,))
    found = [one for one in measure_transfer(world, report, "ease", EASE()) if one.k is not None]
    assert [(one.source, one.k) for one in found] == [(None, 0), (None, 4)]
    for one in found:
        assert one.with_it == pytest.approx(report.figure("ease", "ndcg@10", k=one.k).mean)
    assert found[0].difference > found[1].difference, "who is known there needs the sources less"


def test_a_single_source_stands_under_its_name():
    board = checkerboard(60, 20)
    report = evaluate(board, {"ease": EASE()}, target="there", metrics=("ndcg@10",), resamples=100)
    (found,) = measure_transfer(board, report, "ease", EASE())
    assert found.source == "here"
    assert found.n == report.figure("ease", "ndcg@10").n, "the rows without twins, as in the headline"


def test_the_best_model_is_chosen_over_all_reports(world, report):
    assert choose_model([report]) == "ease"
    assert choose_model([report, _report(world, target="near")]) == "ease"
    with pytest.raises(SettingsError, match="no report"):
        choose_model([])


def test_what_cannot_be_asked(world, report):
    with pytest.raises(UnknownNameError):
        measure_transfer(world, report, "bridge", EASE())
    with pytest.raises(SettingsError, match="per person"):
        measure_transfer(world, replace(report, per_person={}), "ease", EASE())
