from itertools import pairwise

import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array

from isthmus.models.slim import SLIM, SLIMConfig


class TestSLIM(ModelContract):
    def make(self) -> SLIM:
        return SLIM(SLIMConfig(l1=0.1, l2=5.0))


class TestSLIMOfFewNeighbours(ModelContract):
    def make(self) -> SLIM:
        return SLIM(SLIMConfig(l1=0.0, l2=5.0, k=3, positive=False, weighted=True))


class TestSLIMPerPlatform(ModelContract):
    transfers = False

    def make(self) -> SLIM:
        return SLIM(SLIMConfig(l1=0.1, l2=5.0, scope="platform"))


def test_a_hand_calculation() -> None:
    # Two items, the first taken by both people, the second by one: X'X = [[2, 1], [1, 1]]. With one neighbour
    # w = (x_i . x_j - l1) / (x_i . x_i + l2): with l1 = 1/2, l2 = 1 it is 1/6 for item 1 and 1/4 for item 0.
    model = SLIM(SLIMConfig(l1=0.5, l2=1.0))
    X = csr_array(np.array([[1.0, 1.0], [1.0, 0.0]]))
    part = model._fit_part(X, np.zeros(2, dtype=np.int64), np.random.default_rng(0))
    W = part.terms(np.arange(2), np.ones(2), np.arange(2))
    np.testing.assert_allclose(W, [[0, 1 / 6], [1 / 4, 0]], rtol=1e-12)


def test_l1_leaves_fewer_weights() -> None:
    held = [SLIM(SLIMConfig(l1=l1, l2=1.0)).fit(three_platforms()) for l1 in (0.0, 1.0, 3.0)]
    counts = [np.count_nonzero(model._arrays()["0.weights"]) for model in held]
    assert all(more > fewer > 0 for more, fewer in pairwise(counts))


@pytest.mark.parametrize("k", [1, 3])
def test_each_platform_gives_its_k_nearest(k: int) -> None:
    dataset = three_platforms()
    model = SLIM(SLIMConfig(l1=0.0, l2=0.01, k=k, positive=False)).fit(dataset)
    X = (dataset.interactions.toarray() > 0).astype(np.float64)
    length = np.sqrt((X * X).sum(axis=0))
    item = int(dataset.query([0], "books").candidates[0])
    others = np.arange(dataset.n_items)
    terms = model._terms(others, np.ones(dataset.n_items), np.array([item]))[:, 0]
    for platform in range(3):
        here = others[(dataset.item_platform == platform) & (others != item) & (X.T @ X[:, item] > 0)]
        cosine = (X.T @ X[:, item])[here] / length[here]
        nearest = here[np.lexsort((here, -cosine))][:k]
        spoken = others[(terms != 0) & (dataset.item_platform == platform)]
        np.testing.assert_array_equal(spoken, np.sort(nearest))


def test_blocks_of_items_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    query = board().query(np.arange(10), "there")
    config = SLIMConfig(l1=0.1, l2=5.0, sweeps=300, precision=1e-13)
    whole = SLIM(config).fit(board()).score(query)
    monkeypatch.setattr("isthmus.numeric.elastic_net._BLOCK", 7)
    np.testing.assert_allclose(SLIM(config).fit(board()).score(query), whole, atol=1e-10)
