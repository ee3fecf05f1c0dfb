import numpy as np
import pytest
from model_suite import ModelContract, board

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.engine import Silent
from isthmus.models.neural.alpharec import AlphaRec, AlphaRecConfig, _Graph, info_nce
from isthmus.models.neural.texts import centred_texts
from isthmus.models.neural.training import Run

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8,
    "epochs": 6,
    "learning_rate": 0.01,
    "batch_size": 512,
    "negatives": 16,
    "device": "cpu",
}


class TestAlphaRec(ModelContract):
    def make(self) -> AlphaRec:
        return AlphaRec(AlphaRecConfig(**SMALL))


def test_the_loss_by_hand() -> None:
    # Cosines .3 of what was taken and .1, 0 of two others, at a temperature of .1: powers e^3, e^1 and e^0.
    found = info_nce(torch.tensor([0.3]), torch.tensor([[0.1, 0.0]]), 0.1)
    assert float(found) == pytest.approx(-np.log(np.e**3 / (np.e**3 + np.e + 1)), abs=1e-6)


def test_people_are_served_what_training_has_of_them() -> None:
    dataset = board()
    model = AlphaRec(AlphaRecConfig(**SMALL))
    graph = _Graph(centred_texts(dataset), dataset, Run.of(model.config, 3, dataset, Silent()), model.config)
    model._state = graph.arrays()
    with torch.no_grad():
        people, layers = graph.features()
    items = torch.nn.functional.normalize(torch.stack(layers).mean(0), dim=1)
    query = dataset.query(np.arange(dataset.n_users), "there")
    expected = torch.nn.functional.normalize(people, dim=1) @ items[query.candidates].T
    np.testing.assert_allclose(model.score(query), expected, atol=1e-5)
