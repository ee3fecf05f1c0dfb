"""A set of hashes that grows by parts answers as a plain set does."""

import numpy as np
import pytest

from isthmus.events.hashes import Hashes


@pytest.mark.parametrize("waiting", [0, 40, 10_000])
def test_what_was_added_is_there_and_nothing_else(waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settled at once, now and then, and never."""
    monkeypatch.setattr("isthmus.events.hashes._FRESH", waiting)
    rng = np.random.default_rng(waiting)
    edges = np.array([0, 1, 2**58 - 1, 2**58, 2**63, 2**64 - 1], dtype=np.uint64)
    added, there = Hashes(edges[:1]), {0}
    for _ in range(20):
        more = np.unique(np.append(rng.integers(0, 2**64, 25, dtype=np.uint64), rng.choice(edges)))
        added.add(more)
        there |= set(more.tolist())
        asked = np.concatenate([rng.permutation(np.array(sorted(there), dtype=np.uint64)), edges,
                                rng.integers(0, 2**64, 30, dtype=np.uint64)])  # fmt: skip
        expected = [one in there for one in asked.tolist()]
        assert added.holds(asked).tolist() == expected
        assert added.holds_ordered(np.sort(asked)).sum() == sum(expected)


def test_of_none_none_is_there() -> None:
    empty = Hashes(np.empty(0, np.uint64))
    assert not len(empty)
    assert not empty.holds(np.array([0, 2**64 - 1], dtype=np.uint64)).any()
