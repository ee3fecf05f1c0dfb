import numpy as np
import pytest
from model_suite import ModelContract, board

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.models.neural.cmf import CMF, CMFConfig
from isthmus.models.neural.factorisation import contrast

pytestmark = pytest.mark.extras

SMALL = {"embedding_size": 16, "epochs": 30, "learning_rate": 0.03, "batch_size": 256, "device": "cpu"}


class TestCMF(ModelContract):
    def make(self) -> CMF:
        return CMF(CMFConfig(**SMALL))


class TestSquaredCMF(ModelContract):
    def make(self) -> CMF:
        return CMF(CMFConfig(**SMALL, loss="squared", balance=1.0, hold_out=0.0))


def test_a_hand_calculation() -> None:
    # p.q = 2 for the item that was taken, ln 3 for the one drawn beside it, which is counted three times:
    # logistic: (ln(1 + e^-2) + ln(1 + 3)) / 2, squared: ((1 - 2)^2 + (ln 3)^2) / 2, bpr: ln(1 + 3 e^-2).
    liked, others = torch.tensor([2.0]), torch.tensor([[np.log(3.0)]])
    found = [float(contrast(liked, others, loss)) for loss in ("logistic", "squared", "bpr")]
    expected = [(0.126928 + 1.386294) / 2, (1 + 1.206949) / 2, 0.340753]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_a_row_counts_weighs_the_mean() -> None:
    liked, others = torch.tensor([0.0, 2.0]), torch.tensor([[0.0], [0.0]])
    found = float(contrast(liked, others, "squared", torch.tensor([1.0, 3.0])))
    assert found == pytest.approx((1 * 0.5 + 3 * 0.5) / 4)


def test_one_set_of_factors_serves_all_platforms() -> None:
    dataset = board()
    arrays = CMF(CMFConfig(**SMALL)).fit(dataset, rng=0)._arrays()
    assert arrays["vectors"].shape == (dataset.n_items, 16)
    assert len(arrays["people"]) == len({row.tobytes() for row in dataset.interactions.toarray()})
