import numpy as np
import pytest
from model_suite import ModelContract, board
from scipy.sparse import csr_array

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.dataset import Dataset
from isthmus.engine import Silent
from isthmus.models.neural.bitgcf import BiTGCF, BiTGCFConfig, _Graph, transfer
from isthmus.models.neural.graph import edges, propagate
from isthmus.models.neural.pairs import Pair
from isthmus.models.neural.training import Run

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8, "epochs": 12, "learning_rate": 0.05, "batch_size": 1024, "negatives": 1,
    "device": "cpu",
}  # fmt: skip


class TestBiTGCF(ModelContract):
    def make(self) -> BiTGCF:
        return BiTGCF(BiTGCFConfig(**SMALL))


def test_one_layer_of_propagation_by_hand() -> None:
    # Person 0 has touched both items, person 1 the second only: |N| = 2, 1 for people and 1, 2 for items.
    # The features (2,), (6,) of the items reach person 0 as 2 / sqrt(2 . 1) + 6 / sqrt(2 . 2).
    there, back = edges(csr_array([[1.0, 1.0], [0.0, 1.0]]), np.arange(2), torch.device("cpu"))
    things = torch.tensor([[2.0], [6.0]], requires_grad=True)
    got = propagate(there, back, things)
    np.testing.assert_allclose(got.detach(), [[2 / 2**0.5 + 3], [6 / 2**0.5]], rtol=1e-6)
    got.sum().backward()  # what each item passes on to both
    np.testing.assert_allclose(things.grad, [[1 / 2**0.5], [0.5 + 1 / 2**0.5]], rtol=1e-6)


def test_transfer_by_hand() -> None:
    # Three interactions with features 4 on the source, one with 8 on the target: by degree
    # (3 . 4 + 8) / 4 = 5; with lambda .75 the source keeps 3 + 2 = 5, the target 6 + 1 = 7.
    source, target = transfer(np.array([4.0]), np.array([8.0]), 3, 1, 0.75)
    assert (source.item(), target.item()) == ((5 + 5) / 2, (5 + 7) / 2)


def untrained() -> tuple[Dataset, BiTGCF, Pair, _Graph]:
    """People and items with the features that they start with."""
    dataset = board()
    model = BiTGCF(BiTGCFConfig(**SMALL, target="there", hold_out=0.0))
    run = Run.of(model.config, 3, dataset, Silent())
    pair = Pair.of(dataset, dataset.platform_num("there"))
    return dataset, model, pair, _Graph(dataset, pair, run, "bitgcf", model.config).eval()


def test_people_are_served_what_training_has_of_them() -> None:
    dataset, model, pair, graph = untrained()
    model._state = {f"{pair.platform}:{name}": array for name, array in graph.arrays(dataset).items()}
    with torch.no_grad():
        people, items = graph.whole()
    expected = people[dataset.n_users :] @ items[len(pair.source) :].T
    found = model.score(dataset.query(np.arange(dataset.n_users), "there"))
    first = np.unique(dataset.interactions.toarray()[:32], axis=0, return_index=True)[
        1
    ]  # whose factors are kept
    np.testing.assert_allclose(found[first], expected[first], atol=1e-5)


def test_who_is_new_is_served_as_those_whose_first_features_the_map_finds() -> None:
    dataset, model, pair, graph = untrained()
    with torch.no_grad():  # everybody's features are what their items send, turned and stretched
        for people, things, (to_people, _) in zip(graph.people, graph.vectors, graph.edges, strict=True):
            people.copy_(
                torch.sparse.mm(to_people, things) @ torch.randn(8, 8, generator=torch.manual_seed(1))
            )
        people, items = graph.whole()
    arrays = graph.arrays(dataset) | graph.maps(1e-12)
    for side in ("source", "target"):
        arrays[f"{side}.prints"] = np.arange(len(arrays[f"{side}.prints"]))  # nobody is known
    model._state = {f"{pair.platform}:{name}": array for name, array in arrays.items()}
    found = model.score(dataset.query(np.arange(dataset.n_users), "there"))
    expected = people[dataset.n_users :] @ items[len(pair.source) :].T
    np.testing.assert_allclose(found, expected, atol=1e-4)
