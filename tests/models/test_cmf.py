import numpy as np
from model_suite import ModelContract, board, three_platforms
from scipy.sparse import csr_array

from isthmus.models.cmf import CMF, CMFConfig, _Factors
from isthmus.numeric import ColumnFactors

SMALL = {"embedding_size": 4, "reg": 0.5}


class TestCMF(ModelContract):
    def make(self) -> CMF:
        return CMF(CMFConfig(**SMALL))


class TestBalancedWeightedCMF(ModelContract):
    def make(self) -> CMF:
        return CMF(CMFConfig(**SMALL, balance=1.0, weighted=True))


class TestCMFPerPlatform(ModelContract):
    transfers = False

    def make(self) -> CMF:
        return CMF(CMFConfig(**SMALL, scope="platform"))


def test_a_hand_calculation() -> None:
    # One factor, q = (1, 2), unseen 1, reg 1: base 1 + 4 + 1 = 6. Who took item 0, which counts 1 (and item 1
    # nothing): p = 1 / (6 + 1), so the scores are 1/7 and 2/7. Had item 0 counted 2: p = 2 / (6 + 2).
    q = ColumnFactors.of(np.array([[1.0], [2.0]]), 1.0, 1.0)
    history = csr_array(np.array([[1.0, 0.0]]))
    for counts, expected in (([1.0, 1.0], [1 / 7, 2 / 7]), ([2.0, 1.0], [2 / 8, 4 / 8])):
        found = _Factors(q, np.array(counts)).scores(history, np.arange(2))
        np.testing.assert_allclose(found, [expected], rtol=1e-12)


def test_one_set_of_factors_serves_all_platforms() -> None:
    dataset = board()
    arrays = CMF(CMFConfig(**SMALL)).fit(dataset, rng=0)._arrays()
    assert arrays["0.vectors"].shape[0] == dataset.n_items


def test_balanced_platforms_count_alike() -> None:
    dataset = three_platforms()
    arrays = CMF(CMFConfig(**SMALL, balance=1.0)).fit(dataset, rng=0)._arrays()
    rows = np.bincount(dataset.item_platform[dataset.interactions.indices])
    counts = [arrays["0.counts"][dataset.item_platform == number][0] for number in range(len(rows))]
    np.testing.assert_allclose(rows * counts, (rows * counts)[0])
