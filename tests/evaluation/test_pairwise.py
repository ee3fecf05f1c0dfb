"""All against all: what is planted is found, what is not is left alone, a person counts once."""

import numpy as np
import pytest

from isthmus.dataset.worlds import checkerboard
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation import evaluate
from isthmus.evaluation.corrections import benjamini_hochberg, holm
from isthmus.evaluation.pairwise import compare_all, compare_report
from isthmus.evaluation.permutation import paired_permutation
from isthmus.evaluation.significance import paired_bootstrap
from isthmus.models.ease import EASE
from isthmus.models.itemknn import ItemKNN
from isthmus.models.popularity import Popularity


@pytest.fixture(scope="module")
def measured():
    """Two methods that are one in truth, and one that is better by .3 for everybody, over two seeds."""
    rng = np.random.default_rng(0)
    people = np.tile(np.arange(150), 2)
    lean = np.tile(rng.normal(0, 3, 150), 2)
    values = {name: lean + rng.normal(0, 1, 300) for name in ("one", "same", "better")}
    values["better"] += 0.3
    return values, people


def test_what_is_planted_is_found(measured):
    values, people = measured
    found = {(row.model, row.against): row for row in compare_all(values, groups=people)}
    assert {pair for pair, row in found.items() if row.real} == {("better", "one"), ("better", "same")}
    assert len(found) == 3
    for (model, against), row in found.items():
        test = paired_permutation(values[model], values[against], groups=people)
        interval = paired_bootstrap(values[model], values[against], groups=people)
        assert (row.p_value, row.difference) == pytest.approx((test.p_value, test.difference))
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
        assert row.n == 300


@pytest.mark.parametrize(
    ("correction", "correct"), [("holm", holm), ("benjamini-hochberg", benjamini_hochberg)]
)
def test_all_pairs_are_corrected_together(measured, correction, correct):
    values, people = measured
    found = compare_all(values, groups=people, correction=correction, resamples=500)
    np.testing.assert_allclose([row.adjusted for row in found], correct([row.p_value for row in found]))
    assert [row.adjusted for row in found] == sorted(row.adjusted for row in found)
    assert all(row.difference >= 0 for row in found)


def test_the_same_people_asked_again_prove_nothing_more(measured):
    values, people = measured
    thrice = {name: np.tile(column, 3) for name, column in values.items()}
    once = compare_all(values, groups=people, resamples=2000)
    again = compare_all(thrice, groups=np.tile(people, 3), resamples=2000)
    assert [row.p_value for row in again] == [row.p_value for row in once]
    assert [(row.low, row.high) for row in again] == [pytest.approx((row.low, row.high)) for row in once]


def test_one_false_finding_in_twenty_families():
    """150 worlds of five equal methods, ten pairs each: any difference called real is false.

    Without correction a quarter of the families has one; with Holm's, one in twenty at most.
    """
    rng = np.random.default_rng(1)
    holm_wrong, naive_wrong = [], []
    for _ in range(150):
        values = {str(number): rng.exponential(size=40) for number in range(5)}
        found = compare_all(values, resamples=300, rng=rng)
        holm_wrong.append(any(row.real for row in found))
        naive_wrong.append(any(row.p_value <= 0.05 for row in found))
    assert np.mean(holm_wrong) <= 0.09  # 5 % + 2.2 standard errors
    assert np.mean(naive_wrong) >= 0.17


def test_pairs_without_common_cases_are_left_out():
    values = {"a": np.array([1.0, 2, np.nan]), "b": np.array([np.nan, np.nan, 1.0]), "c": np.arange(3.0)}
    assert {(row.model, row.against) for row in compare_all(values)} == {("a", "c"), ("c", "b")}
    assert compare_all({"a": np.ones(3)}) == ()


def test_of_a_report():
    board = checkerboard(60, 20)
    models = {"popular": Popularity(), "ease": EASE(), "knn": ItemKNN()}
    report = evaluate(
        board, models, target="there", metrics=("ndcg@10", "coverage@10"), seeds=(0, 1, 2), twins=None,
        resamples=999,
    )  # fmt: skip
    found = compare_report(report, "ndcg@10")
    assert {frozenset((row.model, row.against)) for row in found if row.real} >= {
        frozenset(("ease", "popular")),
        frozenset(("knn", "popular")),
    }
    values = {model: report.per_person[model, "ndcg@10", "with"] for model in models}
    assert found == compare_all(values, groups=report.users, resamples=999)
    with pytest.raises(InputError, match="coverage@10"):
        compare_report(report, "coverage@10")
    with pytest.raises(InputError, match="k=7"):
        compare_report(report, "ndcg@10", k=7)


def test_refuses(measured):
    values, _ = measured
    with pytest.raises(SettingsError, match="error_rate"):
        compare_all(values, error_rate=0)
    with pytest.raises(SettingsError, match="correction"):
        compare_all(values, correction="bonferoni")
    with pytest.raises(InputError, match="same cases"):
        compare_all({"a": np.ones(3), "b": np.ones(4)})
