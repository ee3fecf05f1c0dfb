import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array
from scipy.special import expit

from isthmus.models.bpr import BPR, BPRConfig, _Factors, _Training, gradients

SMALL = {"embedding_size": 8, "batch_size": 64, "epochs": 60, "learning_rate": 0.1, "fold_negatives": 20}


class TestBPR(ModelContract):
    def make(self) -> BPR:
        return BPR(BPRConfig(**SMALL))


class TestWeightedBPR(ModelContract):
    def make(self) -> BPR:
        return BPR(BPRConfig(**SMALL, weighted=True))


class TestBPRPerPlatform(ModelContract):
    transfers = False

    def make(self) -> BPR:
        return BPR(BPRConfig(**SMALL, scope="platform"))


def test_a_hand_calculation() -> None:
    # x = (1, 0), y_i = (1, 1), y_j = (0, 1): x_uij = 1 and sigmoid(-1) = 0.2689414. With reg = 0.1 the person
    # moves by 0.2689414 (1, 0) - 0.1 (1, 0), i by 0.2689414 (1, 0) - 0.1 (1, 1) and j by
    # -0.2689414 (1, 0) - 0.1 (0, 1).
    x, above, below = np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([[0.0, 1.0]])
    found = gradients(x, above, below, 0.1)
    np.testing.assert_allclose(found[0], [[0.1689414, 0.0]], atol=1e-7)
    np.testing.assert_allclose(found[1], [[0.1689414, -0.1]], atol=1e-7)
    np.testing.assert_allclose(found[2], [[-0.2689414, -0.1]], atol=1e-7)


def _loss(x: np.ndarray, above: np.ndarray, below: np.ndarray, reg: float) -> float:
    squares = x @ x + above @ above + below @ below
    return float(-np.log(expit(x @ (above - below))) + reg / 2 * squares)


def test_steps_go_down_the_loss_of_the_paper() -> None:
    rng = np.random.default_rng(3)
    point = [rng.normal(size=4) for _ in range(3)]
    found = gradients(*(part[None] for part in point), 0.2)
    for which in range(3):
        for place in range(4):
            ahead, behind = ([part.copy() for part in point] for _ in range(2))
            ahead[which][place] += 1e-6
            behind[which][place] -= 1e-6
            slope = (_loss(*ahead, 0.2) - _loss(*behind, 0.2)) / 2e-6
            assert found[which][0, place] == pytest.approx(-slope, abs=1e-8)


def test_one_that_was_taken_is_set_against_one_of_its_platform_that_was_not() -> None:
    dataset = three_platforms()
    training = _Training(
        dataset.interactions, dataset.item_platform, BPRConfig(**SMALL), np.random.default_rng(0)
    )
    taken, platform = dataset.interactions.toarray() > 0, dataset.item_platform
    draws = [training._draw() for _ in range(20)]
    u, i, j = (np.concatenate(column) for column in zip(*draws, strict=True))
    assert taken[u, i].all()
    assert not taken[u, j].any()
    assert (platform[i] == platform[j]).all()
    people, items = np.nonzero(taken)
    assert set(zip(u.tolist(), i.tolist(), strict=True)) == set(
        zip(people.tolist(), items.tolist(), strict=True)
    )
    assert set(j.tolist()) == set(range(dataset.n_items))


def _folding(**more: object) -> tuple[_Factors, csr_array]:
    rng = np.random.default_rng(5)
    config = BPRConfig(embedding_size=3, reg=0.1, **more)
    held = _Factors(
        rng.normal(size=(6, 3)), np.array([0, 0, 0, 1, 1, 1]), np.array([[0, 1, 2], [3, 4, 5]]), config
    )
    return held, csr_array(np.array([[1.0, 0.0, 0.0, 3.0, 0.0, 0.0]]))


def _downhill(held: _Factors, x: np.ndarray) -> np.ndarray:
    """The gradient of the loss of somebody who took item 0 once and item 3 three times."""
    Y = held.factors
    pulls = []
    for i, rivals in ((0, (1, 2)), (3, (4, 5))):
        pulls.append(np.mean([expit(-x @ (Y[i] - Y[j])) * (Y[i] - Y[j]) for j in rivals], axis=0))
    return np.asarray(0.25 * pulls[0] + 0.75 * pulls[1] - 0.1 * x)


def test_a_history_becomes_a_person_by_steps_down_the_same_loss() -> None:
    one, history = _folding(fold_steps=1)
    first = one._carried(history).sum(axis=0)
    uphill = _downhill(one, np.zeros(3))
    np.testing.assert_allclose(first / np.linalg.norm(first), uphill / np.linalg.norm(uphill), atol=1e-12)
    many, _ = _folding(fold_steps=3000)
    np.testing.assert_allclose(_downhill(many, many._carried(history).sum(axis=0)), 0.0, atol=1e-9)


def test_blocks_of_people_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    query = board().query(np.arange(10), "there")
    model = BPR(BPRConfig(**SMALL)).fit(board())
    whole = model.score(query)
    monkeypatch.setattr("isthmus.models.bpr._BLOCK", 3)
    np.testing.assert_allclose(model.score(query), whole, atol=1e-12)
