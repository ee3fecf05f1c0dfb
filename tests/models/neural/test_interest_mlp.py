import numpy as np
import pytest
from model_suite import ModelContract, board
from scipy.sparse import csr_array

pytest.importorskip("torch", reason="needs isthmus[torch]")

from isthmus.models.neural.interest_mlp import InterestMLP, InterestMLPConfig, _logits, logistic
from isthmus.models.neural.texts import mean_texts
from isthmus.schema import Query

pytestmark = pytest.mark.extras

SMALL = {"hidden_size": 16, "epochs": 8, "learning_rate": 0.01, "batch_size": 512, "device": "cpu"}


class TestInterestMLP(ModelContract):
    def make(self) -> InterestMLP:
        return InterestMLP(InterestMLPConfig(**SMALL))


def test_a_hand_calculation() -> None:
    # The history's texts (1, 0) and (0, 1) have the mean (.5, .5). W1 doubles, and the ReLU cuts the second
    # unit, -1: hidden (1, 0). W2 gives the interest (.8, .2), held against the content (.6, .4): .56.
    arrays = {
        "texts": np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.4]], dtype=np.float32),
        "bias": np.array([0.1]),
        "layer.0.weight": np.array([[1.0, 1.0], [-1.0, -1.0]]), "layer.0.bias": np.zeros(2),
        "layer.1.weight": np.array([[0.8, 7.0], [0.2, 7.0]]), "layer.1.bias": np.zeros(2),
    }  # fmt: skip
    query = Query(csr_array([[1.0, 2.0, 0.0]]), 0, np.array([2]))
    np.testing.assert_allclose(_logits(arrays, query), [[0.56 + 0.1]], rtol=1e-6)
    np.testing.assert_allclose(
        logistic(np.array([0.66, -0.66, 800.0, -800.0])), [0.659260, 0.340740, 1, 0], atol=1e-6
    )


def test_items_without_text_do_not_thin_the_mean() -> None:
    texts = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    history = csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(mean_texts(history, texts), [[1, 0], [0, 0], [0, 0]])


@pytest.mark.parametrize("fine_tune", ["none", "last"])
def test_what_the_sources_taught_passes_to_the_target(fine_tune: str) -> None:
    dataset = board()
    first, second = (
        InterestMLP(InterestMLPConfig(**SMALL, target="there", fine_tune=kind)).fit(dataset, rng=0)._arrays()
        for kind in ("none", fine_tune)
    )
    np.testing.assert_array_equal(first["1:layer.0.weight"], second["1:layer.0.weight"])
    assert (fine_tune == "none") == np.array_equal(first["1:layer.1.weight"], second["1:layer.1.weight"])
