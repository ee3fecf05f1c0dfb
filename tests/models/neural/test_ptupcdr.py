import numpy as np
import pytest
from model_suite import ModelContract
from scipy.sparse import csr_array

pytest.importorskip("torch", reason="needs isthmus[torch]")

from isthmus.models.neural.ptupcdr import PTUPCDR, PTUPCDRConfig
from isthmus.models.neural.sequences import latest

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 8, "epochs": 12, "learning_rate": 0.03, "batch_size": 1024, "bridge_epochs": 12,
    "hidden_size": 16, "device": "cpu",
}  # fmt: skip


class TestPTUPCDR(ModelContract):
    def make(self) -> PTUPCDR:
        return PTUPCDR(PTUPCDRConfig(**SMALL))


def test_a_bridge_by_hand() -> None:
    # Factors (1, 0) and (0, 1) of two past items; the attention sees ln 3 and 0, so weighs them 3/4 and 1/4.
    # The maker's matrix is [[3/4, 1/4], [1, 0]]: the person (2, 1) is led to (2 . 3/4 + 1, 2 . 1/4).
    arrays = {
        "source.items": np.array([0, 1]), "source.vectors": np.eye(2, dtype=np.float32),
        "source.people": np.zeros((0, 2), np.float32), "source.prints": np.zeros(0, np.int64),
        "source.solver": np.eye(2),
        "attention.0.weight": np.array([[np.log(3.0), 0.0]]),
        "maker.0.weight": np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]),
        "maker.0.bias": np.array([0.0, 0.0, 1.0, 0.0]),
    }  # fmt: skip
    model = PTUPCDR(PTUPCDRConfig(embedding_size=2))
    mapped = model._mapped(arrays, csr_array([[1.0, 1.0]]), np.array([[2.0, 1.0]]))
    np.testing.assert_allclose(mapped, [[2.5, 0.5]])


def test_the_latest_items_come_last() -> None:
    history = csr_array([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    times = csr_array(([30, 10, 20, 5], history.indices, history.indptr), shape=history.shape)
    np.testing.assert_array_equal(latest(history, times, 2), [[2, 0], [-1, 1], [-1, -1]])
    np.testing.assert_array_equal(latest(history, None, 2), [[1, 2], [-1, 1], [-1, -1]])
