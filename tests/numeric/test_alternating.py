import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from isthmus.numeric import ColumnFactors


def _matrix(seed: int = 0, shape: tuple[int, int] = (50, 40)) -> csr_array:
    rng = np.random.default_rng(seed)
    matrix = csr_array(random_array(shape, density=0.2, rng=rng))
    matrix.data[:] = rng.uniform(0.5, 2.0, matrix.nnz)
    return matrix


def _loss(matrix: csr_array, people: np.ndarray, items: np.ndarray, unseen: float, ridge: float) -> float:
    seen, product = matrix.toarray(), people @ items.T
    squares = (people**2).sum() + (items**2).sum()
    return float((seen * (1 - product) ** 2).sum() + unseen * (product**2).sum() + ridge * squares)


def test_a_row_is_the_ridge_regression_written_out() -> None:
    # Rows of fewer cells than factors, of more, and of none at all take different ways to the same place.
    matrix = _matrix()
    matrix = csr_array(np.vstack([matrix.toarray(), np.zeros((1, 40)), np.ones((1, 40))]))
    Q = np.random.default_rng(1).normal(size=(40, 8))
    found = ColumnFactors.of(Q.astype(np.float32), 0.1, 0.3)
    people = found.of_rows(matrix)
    for row, weights in enumerate(matrix.toarray()):
        system = (Q.T * (weights + 0.1)) @ Q + 0.3 * np.eye(8)
        np.testing.assert_allclose(people[row], np.linalg.solve(system, Q.T @ weights), atol=1e-5)


def test_parts_of_past_items_add_up_to_the_row() -> None:
    matrix = _matrix()
    found = ColumnFactors.of(np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32), 0.1, 0.3)
    past = matrix.indices[matrix.indptr[3] : matrix.indptr[4]]
    weights = matrix.data[matrix.indptr[3] : matrix.indptr[4]]
    np.testing.assert_allclose(found.parts(past, weights).sum(axis=0), found.of_rows(matrix)[3], atol=1e-5)


def test_every_round_lowers_the_loss() -> None:
    matrix, losses = _matrix(), []
    for rounds in (1, 2, 4, 8):
        rng = np.random.default_rng(0)
        found = ColumnFactors.learn(matrix, 6, unseen=0.1, ridge=0.5, rounds=rounds, rng=rng)
        losses.append(_loss(matrix, found.of_rows(matrix), found.vectors, 0.1, 0.5))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_what_a_column_counts_multiplies_all_its_cells() -> None:
    # At the optimum the gradient is zero: of column j  c_j (P'W(Pq - 1) + unseen P'Pq) + ridge q.
    matrix, counts = _matrix(2, (30, 12)), np.repeat([1.0, 4.0], 6)
    rng = np.random.default_rng(0)
    found = ColumnFactors.learn(matrix, 3, unseen=0.1, ridge=0.5, rounds=400, rng=rng, counts=counts)
    seen, Q = matrix.toarray(), found.vectors.astype(np.float64)
    P = found.of_rows(csr_array(seen * counts)).astype(np.float64)
    pull = counts[:, None] * ((seen * (1 - P @ Q.T)).T @ P - 0.1 * Q @ (P.T @ P)) - 0.5 * Q
    np.testing.assert_allclose(pull, 0.0, atol=2e-3)


@pytest.mark.parametrize(("ridge", "size"), [(1e-3, 4), (30.0, 1)])
def test_the_ridge_leaves_out_what_is_noise(ridge: float, size: int) -> None:
    rng = np.random.default_rng(0)
    found = ColumnFactors.learn(_matrix(), 4, unseen=0.1, ridge=ridge, rounds=20, rng=rng)
    assert found.vectors.shape == (40, size)
