import sys
from pathlib import Path

import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array

from isthmus.errors import MissingExtraError
from isthmus.models.als import ALS, ALSConfig, _Factors

SMALL = {"embedding_size": 4, "reg": 3.0, "alpha": 5.0}


@pytest.mark.extras
class TestALS(ModelContract):
    def make(self) -> ALS:
        return ALS(ALSConfig(**SMALL))


@pytest.mark.extras
class TestWeightedALS(ModelContract):
    def make(self) -> ALS:
        return ALS(ALSConfig(**SMALL | {"alpha": 2.0}, weighted=True))


@pytest.mark.extras
class TestALSPerPlatform(ModelContract):
    transfers = False

    def make(self) -> ALS:
        return ALS(ALSConfig(**SMALL, scope="platform"))


def test_a_hand_calculation() -> None:
    # One factor, y = (1, 2), reg = alpha = 1: Y'Y + reg = 6. Who took item 0 once has confidence 2 in it:
    # Y'CY + reg = 7, Y'C p = 2, so x = 2/7 and the scores are 2/7 and 4/7.
    held = _Factors(np.array([[1.0], [2.0]]), ALSConfig(embedding_size=1, reg=1.0, alpha=1.0))
    found = held.scores(csr_array(np.array([[1.0, 0.0]])), np.arange(2))
    np.testing.assert_allclose(found, [[2 / 7, 4 / 7]], rtol=1e-14)


def test_score_and_shares_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(2)
    Y, r = rng.normal(size=(7, 3)), np.array([2.0, 0.0, 0.5, 0.0, 0.0, 1.0, 0.0])
    held = _Factors(Y, ALSConfig(embedding_size=3, reg=0.3, alpha=4.0))
    C = np.diag(1.0 + 4.0 * r)
    W = np.linalg.inv(Y.T @ C @ Y + 0.3 * np.eye(3))
    np.testing.assert_allclose(held.scores(csr_array(r[None]), np.arange(7))[0], Y @ W @ Y.T @ C @ (r > 0))
    past = np.flatnonzero(r)
    shares = (Y @ W @ Y.T @ C)[:, past].T  # s_ij c_i of section 5 of the paper
    np.testing.assert_allclose(held.terms(past, r[past], np.arange(7)), shares)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'isthmus\[als\]'"):
        ALS().fit(board())


@pytest.mark.extras
def test_a_saved_model_answers_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    query = board().query(np.arange(5), "there")
    model = ALS(ALSConfig(**SMALL)).fit(board())
    model.save(tmp_path)
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    np.testing.assert_array_equal(ALS.load(tmp_path).score(query), model.score(query))


@pytest.mark.extras
def test_people_are_solved_as_the_library_solves_them() -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    dataset, config = three_platforms(), ALSConfig(embedding_size=4, reg=2.0, alpha=3.0)
    ours = ALS(config).fit(dataset)
    theirs = AlternatingLeastSquares(factors=4, regularization=2.0, use_cg=False)
    theirs.item_factors = ours._arrays()["0.factors"].astype(np.float32)
    confidence = csr_matrix((dataset.interactions > 0) * 4.0, dtype=np.float32)
    people = theirs.recalculate_user(np.arange(dataset.n_users), confidence)
    query = dataset.query(np.arange(dataset.n_users), "films")
    expected = people @ theirs.item_factors[query.candidates].T
    np.testing.assert_allclose(ours.score(query), expected, atol=1e-5)
