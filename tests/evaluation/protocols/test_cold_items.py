"""New items: nothing in training and no history touches them, and they are all that is asked for."""

import numpy as np
import pytest

from isthmus.errors import InputError, SettingsError
from isthmus.evaluation import cold_items, evaluate
from isthmus.models import Popularity

TARGET = "films"


def test_new_items_are_unknown_to_everybody(make_world):
    dataset = make_world(n_people=60, n_items=20)
    split = cold_items(dataset, TARGET, test=0.2, validation=0.1)
    new, other = (np.unique(cases.truth.indices) for cases in (split.test, split.validation))
    assert len(new) == split.facts["cold_items"] == 4
    assert len(other) == split.facts["cold_items_of_validation"] == 2
    assert not set(new) & set(other)
    for matrix in (split.train.interactions, split.test.history, split.validation.history):
        assert not set(matrix.indices.tolist()) & {*new.tolist(), *other.tolist()}
    touched = dataset.interactions[:, new].sum()
    assert split.test.truth.sum() == pytest.approx(touched)
    assert split.facts["held_out"] == split.test.truth.nnz + split.validation.truth.nnz


def test_they_compete_with_all_or_with_each_other(make_world):
    dataset = make_world(n_people=60, n_items=20)
    for among, n in (("all", 20), ("cold", 4)):
        split = cold_items(dataset, TARGET, among=among)
        query = split.test.query(split.train, TARGET)
        assert len(query.candidates) == n
        assert set(split.test.truth.indices.tolist()) <= set(query.candidates.tolist())
        validation = split.validation.query(split.train, TARGET)
        assert set(split.validation.truth.indices.tolist()) <= set(validation.candidates.tolist())
    report = evaluate(dataset, [Popularity()], target=TARGET, protocol="cold-items",
                      metrics=("hit_rate@4", "coverage@4"), options={"among": "cold"},
                      resamples=50)  # fmt: skip
    assert report.figure("popularity", "hit_rate@4").mean == 1.0  # all four new items are in the list
    assert report.figure("popularity", "coverage@4").mean == 1.0


def test_a_popular_list_never_holds_a_new_item(make_world):
    dataset = make_world(n_people=60, n_items=20)
    report = evaluate(dataset, [Popularity()], target=TARGET, protocol="cold-items", metrics=("recall@3",),
                      resamples=50)  # fmt: skip
    assert report.figure("popularity", "recall@3").mean == 0.0


def test_what_it_refuses(make_world):
    with pytest.raises(SettingsError, match="among"):
        cold_items(make_world(), TARGET, among="some")
    with pytest.raises(InputError, match="0 new items"):
        cold_items(make_world(), TARGET, test=0.01)
