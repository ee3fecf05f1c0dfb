import numpy as np
import pytest

from isthmus.items import nearest
from isthmus.items.nearest import mutual_nearest


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("cells", [1, 10, 16_000_000])
def test_pairs_are_those_of_all_cosines(monkeypatch, cells):
    monkeypatch.setattr(nearest, "_CELLS", cells)
    rng = np.random.default_rng(0)
    left, right = unit(rng.standard_normal((40, 6))), unit(rng.standard_normal((30, 6)))
    found = mutual_nearest(left, right, 0.5, 0.05)
    cosines = left @ right.T
    expected = []
    for row, column in np.ndindex(cosines.shape):
        value = cosines[row, column]
        rest = max(np.delete(cosines[row], column).max(), np.delete(cosines[:, column], row).max())
        if value >= 0.5 and value - rest >= 0.05:
            expected.append((row, column, value, value - rest))
    assert len(expected) > 3
    np.testing.assert_array_equal(found.left, [one[0] for one in expected])
    np.testing.assert_array_equal(found.right, [one[1] for one in expected])
    np.testing.assert_allclose(found.cosine, [one[2] for one in expected], rtol=1e-6)
    np.testing.assert_allclose(found.lead, [one[3] for one in expected], rtol=1e-4, atol=1e-6)


def test_whom_two_choose_chooses_one():
    found = mutual_nearest(unit([[1, 0], [1, 0.2]]), unit([[1, 0.02]]), 0.5, 0.001)
    assert (found.left.tolist(), found.right.tolist()) == ([0], [0])


def test_two_equally_near_are_none():
    assert len(mutual_nearest(unit([[1, 0]]), unit([[1, 0.1], [1, 0.1]]), 0.5, 0.001).left) == 0


def test_nothing_is_near_nothing():
    none = np.zeros((0, 2), dtype=np.float32)
    for left, right in ((none, unit([[1, 0]])), (unit([[1, 0]]), none), (none, none)):
        assert len(mutual_nearest(left, right, 0.5, 0.1).left) == 0
