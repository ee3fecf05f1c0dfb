import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.numeric import ElasticNet, sparse_weights
from isthmus.numeric.elastic_net import descend


def _problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = (rng.random((5, 40, 9)) < 0.4).astype(np.float64)
    dots = np.einsum("bpk,bpl->bkl", X, X)
    return dots[:, :8, :8], dots[:, :8, 8]


def test_without_l1_it_is_ridge() -> None:
    dots, goal = _problem(0)
    net = ElasticNet(l1=0.0, l2=2.0, positive=False, sweeps=500, precision=1e-12)
    exact = np.linalg.solve(dots + 2.0 * np.eye(8), goal[:, :, None])[:, :, 0]
    np.testing.assert_allclose(descend(dots, goal, net), exact, atol=1e-9)


@pytest.mark.parametrize("positive", [True, False])
def test_where_it_ends_nothing_smaller_is_near(positive: bool) -> None:
    # Optimality of the elastic net: the gradient equals l1 times the sign where a weight is not 0, and lies
    # within l1 (or below it, where only positive weights are allowed) where it is 0.
    dots, goal = _problem(1)
    net = ElasticNet(l1=1.5, l2=2.0, positive=positive, sweeps=500, precision=1e-13)
    w = descend(dots, goal, net)
    pull = goal - np.einsum("bkl,bl->bk", dots, w) - 2.0 * w
    zero = w == 0
    assert 0 < zero.sum() < w.size
    np.testing.assert_allclose(pull[~zero], 1.5 * np.sign(w[~zero]), atol=1e-9)
    assert ((pull if positive else np.abs(pull))[zero] <= 1.5 + 1e-9).all()
    assert (w >= 0).all() == positive


def test_some_columns_are_as_in_the_whole() -> None:
    rng = np.random.default_rng(2)
    X = csr_array((rng.random((60, 12)) < 0.3).astype(np.float64))
    group = np.arange(12) % 2
    net = ElasticNet(l2=2.0, k=3)
    whole = sparse_weights(X, group, np.arange(12), net).toarray()
    some = np.array([7, 2, 11])
    np.testing.assert_array_equal(sparse_weights(X, group, some, net).toarray(), whole[some])
    assert (np.diag(whole) == 0).all()
    assert all((whole[:, group == one] > 0).sum(axis=1).max() <= 3 for one in (0, 1))
