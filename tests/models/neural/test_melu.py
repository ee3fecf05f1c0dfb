import numpy as np
import pytest
from model_suite import ModelContract

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch

from isthmus.models.neural.melu import MeLU, MeLUConfig, _gradient, adapt, preference, support_loss

pytestmark = pytest.mark.extras

SMALL = {
    "embedding_size": 16, "hidden_size": 8, "epochs": 10, "learning_rate": 0.02, "support": 6, "asked": 2,
    "reference": 16, "batch_size": 64, "device": "cpu",
}  # fmt: skip


class TestMeLU(ModelContract):
    def make(self) -> MeLU:
        return MeLU(MeLUConfig(**SMALL))


def _world() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    weights = tuple(
        torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((3, 4), (3,), (3,), ())
    )
    return (
        weights,
        torch.rand(5, 4, dtype=torch.float64),
        torch.ones(5),
        torch.rand(6, 4, dtype=torch.float64),
    )


def test_one_local_step_by_hand() -> None:
    # One unit with W = w = 1, b = c = 0; the event e = 1 and the other e = 0: y = 1 and 0. The slopes of the
    # loss (ln(1 + e^-1) + ln 2) / 2 are -s(-1) / 2 = -.134471 and s(0) / 2 = .25. With a step of 1: W, b and
    # w each gain .134471; c gains .134471 - .25; b gains no more, as ReLU is flat at 0 for the other.
    weights = tuple(torch.tensor(value) for value in ([[1.0]], [0.0], [1.0], 0.0))
    event, other = torch.tensor([[1.0]]), torch.tensor([[0.0]])
    found = adapt(weights, event, torch.ones(1), other, MeLUConfig(local_learning_rate=1.0, local_steps=1))
    expected = [1.134471, 0.134471, 1.134471, 0.134471 - 0.25]
    np.testing.assert_allclose([float(one.reshape(())) for one in found], expected, atol=1e-6)


def test_serving_takes_the_steps_of_training() -> None:
    weights, liked, mask, others = _world()
    steps = torch.func.grad(support_loss)(weights, liked, mask, others)
    arrays = tuple(one.detach().numpy() for one in weights)
    for mine, theirs in zip(_gradient(liked.numpy(), others.numpy(), arrays), steps, strict=True):
        np.testing.assert_allclose(np.reshape(mine, theirs.shape), theirs.detach(), atol=1e-12)


def test_first_order_leaves_the_second_out() -> None:
    gradients = {}
    for order in ("second", "first"):
        weights, liked, mask, others = _world()
        config = MeLUConfig(order=order, local_steps=1)
        preference(others, adapt(weights, liked, mask, others, config)).sum().backward()
        gradients[order] = weights[0].grad.numpy()
    weights, liked, mask, others = _world()
    with torch.no_grad():
        adapted = tuple(one.clone() for one in adapt(weights, liked, mask, others, MeLUConfig(local_steps=1)))
    for one in adapted:
        one.requires_grad_()
    preference(others, adapted).sum().backward()
    np.testing.assert_allclose(gradients["first"], adapted[0].grad, atol=1e-12)  # as if the steps were given
    assert np.abs(gradients["first"] - gradients["second"]).max() > 1e-3
