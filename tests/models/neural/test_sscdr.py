import numpy as np
import pytest
from model_suite import ModelContract

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.models.neural.sscdr import SSCDR, SSCDRConfig, as_product, triplet, within

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8, "epochs": 15, "learning_rate": 0.05, "batch_size": 1024, "bridge_epochs": 20,
    "bridge_batch_size": 64, "device": "cpu",
}  # fmt: skip


class TestSSCDR(ModelContract):
    def make(self) -> SSCDR:
        return SSCDR(SSCDRConfig(**SMALL))


def test_the_loss_of_one_triple_by_hand() -> None:
    # (0, 0) is 1 away, squared, from (1, 0) and .25 and 4 from the others: [.5 + 1 - .25]+ and [.5 + 1 - 4]+.
    anchor, near, far = (
        torch.zeros(1, 2),
        torch.tensor([[1.0, 0.0]]),
        torch.tensor([[[0.5, 0.0], [0.0, 2.0]]]),
    )
    assert float(triplet(anchor, near, far, 0.5)) == pytest.approx((1.25 + 0) / 2)


def test_a_product_orders_as_distances_do() -> None:
    people, items = torch.tensor([[0.5, 0.1]]), torch.tensor([[1.0, 0.0], [0.3, 0.3]])
    found = as_product(people)[0] @ as_product(items)[1].T
    expected = 0.26 - (people[:, None] - items).square().sum(-1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_everything_is_within_the_unit_ball() -> None:
    np.testing.assert_allclose(
        within(torch.tensor([[3.0, 4.0], [0.3, 0.4]])), [[0.6, 0.8], [0.3, 0.4]], atol=1e-6
    )
