import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms

from isthmus.dataset import Dataset
from isthmus.models.itemknn import ItemKNN, ItemKNNConfig


class TestItemKNN(ModelContract):
    def make(self) -> ItemKNN:
        return ItemKNN()


class TestWeightedItemKNN(ModelContract):
    def make(self) -> ItemKNN:
        return ItemKNN(ItemKNNConfig(k=3, shrink=0.0, weighted=True))


def _similarity(dataset: Dataset, shrink: float) -> np.ndarray:
    X = (dataset.interactions.toarray() > 0).astype(np.float64)
    length = np.sqrt((X * X).sum(axis=0))
    below = np.outer(length, length) + shrink
    S = np.divide(X.T @ X, below, out=np.zeros_like(below), where=below > 0)
    np.fill_diagonal(S, 0.0)
    return S


def test_with_room_for_all_neighbours_it_is_the_formula() -> None:
    dataset = three_platforms()
    query = dataset.query(np.arange(dataset.n_users), "games")
    scores = ItemKNN(ItemKNNConfig(k=1000, shrink=2.0)).fit(dataset).score(query)
    history = (query.history.toarray() > 0).astype(np.float64)
    np.testing.assert_allclose(scores, (history @ _similarity(dataset, 2.0))[:, query.candidates], atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_each_platform_gives_its_k_nearest(k: int) -> None:
    dataset = three_platforms()
    model = ItemKNN(ItemKNNConfig(k=k, shrink=1.0)).fit(dataset)
    S = _similarity(dataset, 1.0)
    item = int(dataset.query([0], "books").candidates[0])
    for platform in range(3):
        others = np.flatnonzero(dataset.item_platform == platform)
        nearest = others[np.lexsort((others, -S[others, item]))][:k]
        kept = model._neighbours[[item]]
        kept = kept.indices[np.isin(kept.indices, others)]
        np.testing.assert_array_equal(np.sort(nearest[S[nearest, item] > 0]), kept)


def test_blocks_of_items_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    query = board().query(np.arange(10), "there")
    whole = ItemKNN().fit(board()).score(query)
    monkeypatch.setattr("isthmus.models.itemknn._BLOCK", 7)
    np.testing.assert_allclose(ItemKNN().fit(board()).score(query), whole, atol=1e-12)
