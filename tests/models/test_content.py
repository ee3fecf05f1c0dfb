from dataclasses import replace

import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array

from isthmus.models.content import Content, ContentConfig


class TestContent(ModelContract):
    tolerance = 1e-5  # float32

    def make(self) -> Content:
        return Content()


class TestContentByMean(ModelContract):
    tolerance = 1e-5

    def make(self) -> Content:
        return Content(ContentConfig(mean_share=1.0))


def _centred() -> np.ndarray:
    vectors = board().features.vectors.astype(np.float64)
    vectors = vectors - vectors.mean(axis=0)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("sharpness", [0.5, 10.0, 60.0])
def test_the_score_is_the_formula(sharpness: float) -> None:
    dataset = board()
    model = Content(ContentConfig(sharpness=sharpness, mean_share=0.25)).fit(dataset)
    query = dataset.query([0], "there")
    query = replace(
        query, times=None, history=csr_array(([3.0, 1.0], ([0, 0], [1, 6])), shape=(1, dataset.n_items))
    )
    cosines = _centred()[[1, 6]] @ _centred()[query.candidates].T
    weights = np.array([0.75, 0.25])
    soft = np.log(weights @ np.exp(sharpness * cosines)) / sharpness
    np.testing.assert_allclose(model.score(query)[0], 0.75 * soft + 0.25 * weights @ cosines, atol=2e-6)


def test_the_soft_maximum_lies_between_the_mean_and_the_maximum() -> None:
    dataset = board()
    query = dataset.query(np.arange(10), "there")
    soft = Content(ContentConfig(sharpness=30.0, mean_share=0.0)).fit(dataset).score(query)
    mean = Content(ContentConfig(mean_share=1.0)).fit(dataset).score(query)
    cosines = _centred() @ _centred()[query.candidates].T
    most = np.vstack([cosines[query.history[[row]].indices].max(axis=0) for row in range(10)])
    assert (soft >= mean - 1e-6).all()
    assert (soft <= most + 1e-6).all()


def test_without_text_on_either_side_the_score_is_zero() -> None:
    dataset = three_platforms()
    model = Content().fit(dataset)
    query = dataset.query(np.arange(dataset.n_users), "films")
    silent = ~dataset.features.has_text
    assert silent.sum() == 3
    scores = model.score(query)
    assert (scores[:, silent[query.candidates]] == 0).all()
    speak = (query.history.toarray()[:, ~silent] > 0).any(axis=1)
    assert 0 < speak.sum() < len(speak)
    assert (scores[speak][:, ~silent[query.candidates]] != 0).all()
    assert (scores[~speak] == 0).all()
    only_silent = csr_array(([1.0], ([0], [int(np.flatnonzero(silent)[0])])), shape=(1, dataset.n_items))
    assert (model.score(replace(query, times=None, history=only_silent)) == 0).all()


def test_nothing_is_kept_of_people() -> None:
    assert Content().fit(board()).forget(np.array([3, 3, 4]), board()).how == "nothing kept"
