import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.models.userknn import UserKNN, UserKNNConfig


class TestUserKNN(ModelContract):
    def make(self) -> UserKNN:
        return UserKNN()


class TestWeightedUserKNN(ModelContract):
    def make(self) -> UserKNN:
        return UserKNN(UserKNNConfig(k=7, shrink=0.0, popularity_power=0.5, weighted=True))


class TestUserKNNPerPlatform(ModelContract):
    transfers = False

    def make(self) -> UserKNN:
        return UserKNN(UserKNNConfig(scope="platform"))


def test_a_hand_calculation() -> None:
    # Two people took (0, 1) and (0, 2); asked is one who took 0 alone. Cosines are 1 / sqrt 2 with both, with
    # shrink 1 they are 1 / (sqrt 2 + 1) = 0.41421. Item 0 was taken by both, items 1 and 2 by one each.
    model = UserKNN(UserKNNConfig(shrink=1.0, popularity_power=0.0))
    X = csr_array(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]))
    part = model._fit_part(X, np.zeros(3, dtype=np.int64), np.random.default_rng(0))
    found = part.scores(csr_array(np.array([[1.0, 0.0, 0.0]])), np.arange(3))
    np.testing.assert_allclose(found, [[2 * 0.41421356, 0.41421356, 0.41421356]], rtol=1e-7)


def _by_the_formula(dataset: Dataset, config: UserKNNConfig) -> np.ndarray:
    X = (dataset.interactions.toarray() > 0).astype(np.float64)
    a = X * np.maximum(X.sum(axis=0), 1.0) ** -config.popularity_power
    length = np.sqrt((a * a).sum(axis=1))
    alike = (a @ a.T) / (np.outer(length, length) + config.shrink)
    for row in alike:
        row[np.lexsort((np.arange(len(row)), -row))[config.k :]] = 0.0
    return alike @ X


@pytest.mark.parametrize("k", [1, 4, 1000])
@pytest.mark.parametrize("popularity_power", [0.0, 0.5])
def test_it_is_the_formula(k: int, popularity_power: float) -> None:
    dataset = three_platforms()
    config = UserKNNConfig(k=k, shrink=2.0, popularity_power=popularity_power)
    query = dataset.query(np.arange(dataset.n_users), "games")
    expected = _by_the_formula(dataset, config)[:, query.candidates]
    np.testing.assert_allclose(UserKNN(config).fit(dataset).score(query), expected, atol=1e-12)


def test_likeness_on_other_platforms_counts_only_jointly() -> None:
    dataset = board()
    new_there = dataset.query(np.arange(dataset.n_users - 8, dataset.n_users), "there")
    assert (UserKNN(UserKNNConfig(scope="platform")).fit(dataset).score(new_there) == 0).all()
    assert (UserKNN().fit(dataset).score(new_there).max(axis=1) > 0).all()


def test_blocks_of_people_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    query = board().query(np.arange(10), "there")
    whole = UserKNN().fit(board()).score(query)
    monkeypatch.setattr("isthmus.models.userknn._CELLS", 100)
    np.testing.assert_allclose(UserKNN().fit(board()).score(query), whole, atol=1e-12)
