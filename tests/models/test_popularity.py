import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms

from isthmus.errors import InputError
from isthmus.models.popularity import Popularity, PopularityConfig


class TestPopularity(ModelContract):
    transfers = False

    def make(self) -> Popularity:
        return Popularity()


class TestWeightedPopularity(ModelContract):
    transfers = False

    def make(self) -> Popularity:
        return Popularity(PopularityConfig(weighted=True))


def test_the_score_is_the_log_of_one_plus_the_people() -> None:
    dataset = three_platforms()
    query = dataset.query([0], "films")
    people = (dataset.interactions.toarray() > 0).sum(axis=0)
    np.testing.assert_allclose(Popularity().fit(dataset).score(query)[0], np.log1p(people[query.candidates]))


def test_parts_add_up_and_people_are_subtracted_bit_for_bit() -> None:
    dataset, model = three_platforms(), Popularity()
    left, right = np.arange(10), np.arange(10, dataset.n_users)
    whole = model.summarise(dataset)
    parts = model.summarise(dataset.without_users(right)) + model.summarise(dataset.without_users(left))
    np.testing.assert_array_equal(parts.counts, whole.counts)
    model.finish(whole)
    assert model.forget(left, dataset).how == "subtracted"
    rest = Popularity().fit(dataset.without_users(left))
    query = dataset.query([0], "games")
    np.testing.assert_array_equal(model.score(query), rest.score(query))


def test_people_who_were_never_counted_cannot_be_subtracted() -> None:
    model = Popularity()
    summary = model.summarise(board())
    with pytest.raises(InputError, match="never counted"):
        model.finish(summary - summary - summary)
