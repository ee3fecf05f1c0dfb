from dataclasses import replace

import numpy as np
import pytest
from model_suite import ModelContract, board

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.models.neural.unisrec import UniSRec, UniSRecConfig, _Adaptor, _Examples, in_batch_loss

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 16, "experts": 2, "blocks": 1, "length": 6, "epochs": 4, "learning_rate": 0.02,
    "batch_size": 512, "check_every": 4, "device": "cpu",
}  # fmt: skip


class TestUniSRec(ModelContract):
    def make(self) -> UniSRec:
        return UniSRec(UniSRecConfig(**SMALL))


def test_the_adaptor_by_hand() -> None:
    # Two experts of one number each, with equal gates: (x - 1) . 2 and (x - 3) . 4 at x = 5: (8 + 8) / 2.
    adaptor = _Adaptor(1, UniSRecConfig(embedding_size=1, experts=2, heads=1)).eval()
    with torch.no_grad():
        adaptor.shift.copy_(torch.tensor([[1.0], [3.0]]))
        adaptor.turn.copy_(torch.tensor([[[2.0]], [[4.0]]]))
        assert float(adaptor(torch.tensor([5.0]))) == pytest.approx(8.0)


def test_the_loss_by_hand() -> None:
    # Cosines 1 and 0 of each sequence at a temperature of .5: powers e^2 and e^0.
    found = in_batch_loss(torch.eye(2), torch.eye(2), torch.eye(2, dtype=torch.bool), 0.5)
    assert float(found) == pytest.approx(-np.log(np.e**2 / (np.e**2 + 1)), abs=1e-6)


def test_an_item_is_found_from_what_came_before_and_without_times_from_all_others() -> None:
    dataset = board()
    own = set(dataset.interactions.indices[: dataset.interactions.indptr[1]])
    examples = _Examples.of(dataset, 30)
    first = examples.sequences[: len(own)]
    for item, sequence in zip(examples.items[: len(own)], first, strict=True):
        assert set(sequence[sequence >= 0]) == own - {item}
    dated = replace(dataset, times=np.arange(len(dataset.times))[::-1].copy())
    examples = _Examples.of(dated, 30)
    assert list(examples.sequences[1][-2:]) == sorted(own)[:-3:-1]
    assert (examples.sequences[0][:-1] == -1).all()
