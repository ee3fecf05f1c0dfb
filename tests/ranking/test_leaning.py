"""Lists asked on a device: every model leans, and says why."""

from functools import cache

import numpy as np
import pytest

from isthmus.dataset import Dataset, household
from isthmus.models import Scorer, load_model
from isthmus.ranking import explain_leaning, rank
from isthmus.schema import Query

CONFIGS = {
    "content": {}, "itemknn": {}, "ease": {"reg": 20.0}, "userknn": {}, "graph_filter": {}, "slim": {},
    "bridge": {"target": "films"},
}  # fmt: skip


@cache
def _world() -> Dataset:
    return Dataset.from_frames(*household(n_people=60, n_items=80, seed=5), encoder="use", devices=True)


@cache
def _model(name: str) -> Scorer:
    return load_model(name, dict(CONFIGS[name])).fit(_world(), rng=0)


def _query(device: str | None, elsewhere: float = 0.3) -> Query:
    return _world().query(np.arange(60), "films", device=device, elsewhere=elsewhere)


def _of_device(model: Scorer, query: Query, device: str) -> float:
    """Part of the lists that is in the category the person was busiest with on the device."""
    world = _world()
    categories = world.features.categories.matrix
    done = world.interactions.multiply(world.here(device)).tocsr() @ categories
    busiest = done.toarray().argmax(axis=1)
    listed = model.recommend(query, 5).item_nums
    return float((categories.indices[listed] == busiest[:, None]).mean())


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("device", ["phone", "tablet"])
def test_lists_lean_to_the_device_that_asks(name: str, device: str) -> None:
    model = _model(name)
    plain, leaning = (_of_device(model, _query(asking), device) for asking in (None, device))
    assert leaning > plain + 0.1


@pytest.mark.parametrize("name", CONFIGS)
def test_shares_add_up_to_the_scores_of_the_list(name: str) -> None:
    model, query = _model(name), _query("phone")
    lists = model.recommend(query, 4)
    found = explain_leaning(model, query, lists.item_nums)
    summed = np.zeros(lists.item_nums.shape)
    np.add.at(summed, (found.query_row, found.position), found.share)
    np.testing.assert_allclose(summed, lists.scores, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(found.scores, lists.scores, rtol=2e-3, atol=1e-4)


def test_for_a_linear_model_it_is_the_weights_of_the_history() -> None:
    model = load_model("ease", {"reg": 20.0, "weighted": True}).fit(_world())
    query = _query("phone", 0.4)
    weighted = Query(query.leaning_history, query.platform, query.candidates)
    np.testing.assert_allclose(
        model.recommend(query, 10).scores, model.recommend(weighted, 10).scores, atol=1e-9
    )


def test_at_one_nothing_leans_and_without_a_device_nothing_changes() -> None:
    model = _model("ease")
    plain = model.recommend(_query(None), 6)
    np.testing.assert_array_equal(plain.item_nums, model.recommend(_query("phone", 1.0), 6).item_nums)
    found = explain_leaning(model, _query(None), plain.item_nums)
    np.testing.assert_array_equal(found.share, model.explain(_query(None), plain.item_nums).share)


def test_what_was_seen_on_another_device_stays_out() -> None:
    query = _query("tablet", 0.0)
    listed = rank(_model("ease"), query, 70).item_nums
    seen = _world().interactions.toarray() > 0
    rows, places = np.nonzero(listed >= 0)
    assert not seen[rows, listed[rows, places]].any()
