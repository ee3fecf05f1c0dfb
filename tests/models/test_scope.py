from pathlib import Path

import numpy as np
import pytest
from model_suite import board, three_platforms

from isthmus.models import BPR, SLIM, GraphFilter, Scorer, UserKNN
from isthmus.models.bpr import BPRConfig
from isthmus.models.graph_filter import GraphFilterConfig
from isthmus.models.slim import SLIMConfig
from isthmus.models.userknn import UserKNNConfig

ALONE = [
    UserKNN(UserKNNConfig(scope="platform")),
    GraphFilter(GraphFilterConfig(scope="platform")),
    SLIM(SLIMConfig(scope="platform")),
]


def _chance() -> BPR:
    return BPR(BPRConfig(embedding_size=4, epochs=5, learning_rate=1.0))


@pytest.mark.parametrize("model", ALONE, ids=lambda model: model.name)
def test_per_platform_what_is_done_elsewhere_counts_for_nothing(model: Scorer) -> None:
    dataset = three_platforms()
    everybody = np.arange(dataset.n_users)
    whole = model.fit(dataset).score(dataset.query(everybody, "games"))
    elsewhere = dataset.item_platform != dataset.platform_num("games")
    kept = dataset.keeping(~elsewhere[dataset.interactions.indices])
    np.testing.assert_allclose(model.fit(kept).score(kept.query(everybody, "games")), whole, atol=1e-12)
    assert np.abs(whole).max() > 0


def test_jointly_a_past_item_elsewhere_is_a_reason() -> None:
    dataset = board()
    query = dataset.query([dataset.n_users - 1], "there")  # of whom nothing is known there
    found = UserKNN().fit(dataset).explain(query, query.candidates[None])
    assert set(dataset.item_platform[found.past_item]) == {dataset.platform_num("here")}
    assert found.components == ("people like you",)


def test_the_same_seed_gives_the_same_and_none_is_one_of_them() -> None:
    query = board().query(np.arange(5), "there")
    scores = [_chance().fit(board(), rng=rng).score(query) for rng in (3, 3, 4, None, 0)]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[3], scores[4])
    assert np.abs(scores[0] - scores[2]).max() > 1e-3


def test_forgetting_takes_the_same_chance_also_when_loaded(tmp_path: Path) -> None:
    gone = np.array([2, 9])
    _chance().fit(board(), rng=11).save(tmp_path)
    model = BPR.load(tmp_path)
    model.forget(gone, board())
    rest = board().without_users(gone)
    query = rest.query(np.arange(rest.n_users), "there")
    np.testing.assert_array_equal(model.score(query), _chance().fit(rest, rng=11).score(query))
