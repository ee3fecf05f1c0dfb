from dataclasses import replace

import numpy as np
import pytest
from model_suite import ModelContract, board

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.errors import InputError, SettingsError
from isthmus.models.neural.emcdr import EMCDR, EMCDRConfig, bridge_loss
from isthmus.models.neural.perceptron import apply_layers, keep_layers, make_layers

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8, "epochs": 12, "learning_rate": 0.05, "batch_size": 1024, "bridge_epochs": 40,
    "bridge_batch_size": 32, "device": "cpu", "ridge": 0.5,
}  # fmt: skip


class TestEMCDR(ModelContract):
    def make(self) -> EMCDR:
        return EMCDR(EMCDRConfig(**SMALL, bridge="linear"))


class TestSampledEMCDR(ModelContract):
    def make(self) -> EMCDR:
        return EMCDR(EMCDRConfig(**SMALL, bridge="linear", loss="logistic"))


def test_the_perceptron_maps_too() -> None:
    dataset = board()
    people = np.arange(32, 40)  # new "there"
    model = EMCDR(EMCDRConfig(**SMALL, bridge="mlp", target="there")).fit(dataset, rng=0)
    lists = model.recommend(dataset.query(people, "there"), 5).item_nums
    parity = np.vectorize(lambda num: int(dataset.items.ids[num][-1]) % 2)(lists)
    np.testing.assert_array_equal(parity, np.repeat(people[:, None] % 2, 5, axis=1))
    with pytest.raises(SettingsError, match="fitted for there only"):
        model.score(dataset.query(people, "here"))


def test_one_platform_is_not_enough() -> None:
    dataset = board()
    alone = replace(dataset, platforms=("here",), item_platform=np.zeros_like(dataset.item_platform))
    with pytest.raises(InputError, match="needs two platforms"):
        EMCDR(EMCDRConfig(**SMALL)).fit(alone)


def test_a_hand_calculation() -> None:
    # A bridge that doubles: (1, 2) leads to (2, 4), which is (1, 1) away from (1, 3): squared distance 2;
    # the second person's end is met exactly.
    bridge = make_layers([2, 2], "tanh")
    with torch.no_grad():
        bridge[0].weight.copy_(2 * torch.eye(2))
        bridge[0].bias.zero_()
        mapped = bridge(torch.tensor([[1.0, 2.0], [0.5, 0.0]]))
    assert float(bridge_loss(mapped, torch.tensor([[1.0, 3.0], [1.0, 0.0]]))) == pytest.approx((2 + 0) / 2)


def test_numpy_applies_what_torch_has_trained() -> None:
    torch.manual_seed(0)
    for activation in ("relu", "tanh", "leaky_relu"):
        layers = make_layers([3, 5, 4, 2], activation)
        x = torch.randn(7, 3)
        with torch.no_grad():
            expected = layers(x).numpy()
        np.testing.assert_allclose(
            apply_layers(keep_layers(layers, "a."), "a.", x.numpy(), activation), expected, atol=1e-6
        )
