"""Validation people only: no fold holds a row of the test, and none changes when the test does."""

import numpy as np
import pytest
from tuning_world import TARGET, make_world, with_other_tests

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation import PROTOCOLS, SERIES, Cases, make_splits, parse_metric
from isthmus.evaluation.split import entries
from isthmus.models import load_model
from isthmus.tuning.folds import REDRAWN, Folds, count_folds, make_folds
from isthmus.tuning.question import fingerprint


def folds_of(dataset: Dataset, protocol: str, n: int = 3, seed: int = 0, **options: object) -> Folds:
    return make_folds(dataset, TARGET, protocol, seed=seed, n=n, options=options, twins=None)


def pairs(cases: Cases, name: str) -> set[tuple[int, int]]:
    matrix = getattr(cases, name)
    return set(zip(cases.users[entries(matrix)].tolist(), matrix.indices.tolist(), strict=True))


def known(dataset: Dataset) -> set[tuple[str, int]]:
    """Whoever the protocol parted in two is one person again."""
    ids = [str(id_).removesuffix(f" on {TARGET}") for id_ in dataset.users.ids]
    rows = entries(dataset.interactions)
    return {
        (ids[row], column)
        for row, column in zip(rows.tolist(), dataset.interactions.indices.tolist(), strict=True)
    }


@pytest.mark.parametrize("protocol", [*PROTOCOLS, *SERIES])
def test_no_fold_holds_a_row_of_any_test(world: Dataset, protocol: str) -> None:
    n = count_folds(None, protocol)
    made = folds_of(world, protocol, n)
    tests: set[tuple[int, int]] = set()
    for split in make_splits(world, TARGET, protocol, seed=0):
        tests |= pairs(split.test, "truth")
    named = {(str(world.users.ids[user]), item) for user, item in tests}
    assert len(made.folds) == n
    assert len(tests) == made.facts["test_rows_left_out"] > 20
    assert not known(made.rest) & named
    for fold in made.folds:
        assert not known(fold.train) & named
        assert not pairs(fold.cases, "history") & tests
        assert not pairs(fold.cases, "truth") & tests
        assert fold.cases.truth.nnz > 5


@pytest.mark.parametrize("protocol", ["cold-start", "k-shot", "leave-platform-out"])
def test_other_tests_leave_all_folds_as_they_are(world: Dataset, protocol: str) -> None:
    changed = with_other_tests(world, protocol, seed=0)
    again = with_other_tests(changed, protocol, seed=0)
    one, other = folds_of(changed, protocol), folds_of(again, protocol)
    assert (changed.interactions != again.interactions).nnz > 20
    for this, that in zip(one.folds, other.folds, strict=True):
        for name in ("truth", "history"):
            assert pairs(this.cases, name) == pairs(that.cases, name)
        assert known(this.train) == known(that.train)
        assert fingerprint(this.train) == fingerprint(that.train)


def test_k_events_that_a_test_leaves_in_histories_are_not_seen_either(world: Dataset) -> None:
    split = make_splits(world, TARGET, "k-shot", seed=0, options={"k": [0, 2]})[0]
    films = set(world.candidates(TARGET).tolist())
    left = {pair for pair in pairs(split.test, "history") if pair[1] in films}
    named = {(str(world.users.ids[user]), item) for user, item in left}
    made = folds_of(world, "k-shot", k=[0, 2])
    assert named
    assert not known(made.rest) & named


def test_folds_are_the_validation_and_further_draws_of_the_same_size(world: Dataset) -> None:
    split = make_splits(world, TARGET, "cold-start", seed=0)[0]
    made = folds_of(world, "cold-start")
    first, *further = (fold.cases.users.tolist() for fold in made.folds)
    assert first == split.validation.users.tolist()
    assert known(made.folds[0].train) == known(split.train)
    for users in further:
        assert len(users) == len(first)
        assert users != first
        assert not set(users) & set(split.test.users.tolist())
    assert made.facts["people"] == [len(first)] * 3


def test_in_a_series_the_validation_lies_before_every_test(world: Dataset) -> None:
    made = folds_of(world, "rolling-windows", 1)
    first_test = min(
        split.test.truth_times.data.min()
        for split in make_splits(world, TARGET, "rolling-windows", seed=0)
        if split.test.truth_times is not None
    )
    asked = made.folds[0].cases.truth_times
    assert asked is not None
    assert asked.data.max() < first_test
    assert made.folds[0].train.times.max() < asked.data.min()


def test_a_fold_judges_as_the_metric_does(world: Dataset) -> None:
    """Popularity, recall@10, by hand."""
    fold = folds_of(world, "cold-start", 1).folds[0]
    films = world.candidates(TARGET)
    people = np.bincount(fold.train.interactions.indices, minlength=world.n_items)[films]
    best = films[np.argsort(-people, kind="stable")[:10]]
    truth = fold.cases.truth.toarray() > 0
    expected = np.mean([row[best].sum() / row.sum() for row in truth])
    assert fold.judge(load_model("popularity"), parse_metric("recall@10")) == pytest.approx(expected)


def test_no_validation_is_told(world: Dataset) -> None:
    with pytest.raises(InputError, match="the validation of cold-start on films with seed 0 asks nobody"):
        folds_of(world, "cold-start", validation=0.0)
    with pytest.raises(InputError, match="asks nobody"):
        folds_of(make_world(6), "cold-start", validation=0.01)


def test_how_many_folds() -> None:
    assert all(count_folds(None, protocol) == 3 for protocol in REDRAWN)
    assert count_folds(None, "time-split") == 1
    assert count_folds(7, "cold-start") == 7
    with pytest.raises(SettingsError, match="time-split cannot be divided into 2 folds"):
        count_folds(2, "time-split")
    with pytest.raises(SettingsError, match="0 folds"):
        count_folds(0, "cold-start")


def test_a_fingerprint_is_of_everything(world: Dataset) -> None:
    assert fingerprint(world) == fingerprint(make_world())
    one_less = np.ones(world.interactions.nnz, dtype=bool)
    one_less[7] = False
    assert fingerprint(world.keeping(one_less)) != fingerprint(world)
