import numpy as np
import pytest
from model_suite import ModelContract, three_platforms
from scipy.sparse import csr_array

from isthmus.models.graph_filter import GraphFilter, GraphFilterConfig


class TestGraphFilter(ModelContract):
    def make(self) -> GraphFilter:
        return GraphFilter()


class TestGraphFilterOfLowRank(ModelContract):
    def make(self) -> GraphFilter:
        return GraphFilter(GraphFilterConfig(rank=3, ideal=0.3, popularity_power=0.5, weighted=True))


class TestGraphFilterPerPlatform(ModelContract):
    transfers = False

    def make(self) -> GraphFilter:
        return GraphFilter(GraphFilterConfig(scope="platform"))


def test_a_hand_calculation() -> None:
    # One took item 0, the other 0 and 1: degrees of people 1 and 2, of items 2 and 1, so that
    # R = [[1/sqrt 2, 0], [1/2, 1/sqrt 2]] and R'R = [[3/4, 1/sqrt 8], [1/sqrt 8, 1/2]]. Its largest
    # eigenvalue is 1, with the vector (sqrt(2/3), sqrt(1/3)); D^-1/2 V V' D^1/2 = [[2/3, 1/3], [2/3, 1/3]]:
    # who took item 0 has 3/4 + 2 * 2/3 there and 1/sqrt 8 + 2 * 1/3 at item 1.
    X = csr_array(np.array([[1.0, 0.0], [1.0, 1.0]]))
    model = GraphFilter(GraphFilterConfig(rank=1, ideal=2.0, popularity_power=0.5))
    part = model._fit_part(X, np.zeros(2, dtype=np.int64), np.random.default_rng(0))
    found = part.scores(csr_array(np.array([[1.0, 0.0]])), np.arange(2))
    np.testing.assert_allclose(found, [[3 / 4 + 4 / 3, 1 / np.sqrt(8) + 2 / 3]], rtol=1e-12)


@pytest.mark.parametrize("rank", [0, 2, 5, 25, 500])
@pytest.mark.parametrize("power", [0.5, 0.25])
def test_it_is_the_formula(rank: int, power: float) -> None:
    dataset = three_platforms()
    X = (dataset.interactions.toarray() > 0).astype(np.float64)
    rows, columns = X.sum(axis=1), X.sum(axis=0)
    touched = columns > 0
    X = X[:, touched]
    scale = columns[touched] ** power
    R = X / np.outer(np.sqrt(rows), scale)
    V = np.linalg.svd(R, full_matrices=False)[2][:rank].T
    W = R.T @ R + 0.7 * (V / scale[:, None]) @ (V.T * scale)
    query = dataset.query(np.arange(dataset.n_users), "games")
    known = touched[query.candidates]
    scores = (
        GraphFilter(GraphFilterConfig(rank=rank, ideal=0.7, popularity_power=power)).fit(dataset).score(query)
    )
    expected = (X @ W)[:, np.searchsorted(np.flatnonzero(touched), query.candidates[known])]
    np.testing.assert_allclose(scores[:, known], expected, atol=1e-10)
    assert (scores[:, ~known] == 0).all()


def test_all_singular_vectors_at_once_or_only_the_first_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = three_platforms()
    query = dataset.query(np.arange(dataset.n_users), "films")
    config = GraphFilterConfig(rank=4, ideal=1.0)
    whole = GraphFilter(config).fit(dataset).score(query)
    monkeypatch.setattr("isthmus.numeric.spectral._SHORT", 0)
    np.testing.assert_allclose(GraphFilter(config).fit(dataset).score(query), whole, atol=1e-10)
