import numpy as np
import pytest
from model_suite import ModelContract

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.models.neural.conet import CoNet, CoNetConfig, _Towers

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8, "hidden_sizes": (16, 8), "epochs": 9, "learning_rate": 0.05, "batch_size": 512,
    "check_every": 3, "device": "cpu",
}  # fmt: skip


class TestCoNet(ModelContract):
    def make(self) -> CoNet:
        return CoNet(CoNetConfig(**SMALL))


def _towers() -> _Towers:
    rows = {
        "things": [[0.0]], "people": [[0.0]], "cross0": [[1.0, -1.0]],
        "weight00": [[0.0, 1.0]], "bias00": [1.0], "weight10": [[2.0, 1.0]], "bias10": [-1.0],
        "out0": [5.0], "constant0": [0.0], "out1": [3.0], "constant1": [0.5],
    }  # fmt: skip
    return _Towers({name: torch.tensor(row) for name, row in rows.items()})


def test_a_cross_connection_by_hand() -> None:
    # Person 2, target item 1, source item -1. The target's layer: 2 . 2 + 1 . 1 - 1 = 4, and the source's
    # input (2, -1) crosses as 2 . 1 + -1 . -1 = 3: relu(7), times 3, plus .5. Unfed, relu(4).
    person, item, partner = (
        torch.tensor([[2.0], [2.0]]),
        torch.tensor([[1.0], [1.0]]),
        torch.tensor([[-1.0], [-1.0]]),
    )
    with torch.no_grad():
        found = _towers()(1, person, item, partner, torch.tensor([1.0, 0.0]))
    np.testing.assert_allclose(found, [7 * 3 + 0.5, 4 * 3 + 0.5])


def test_the_cross_connections_can_be_made_sparse() -> None:
    assert float(_towers().crossing().detach()) == 2.0
