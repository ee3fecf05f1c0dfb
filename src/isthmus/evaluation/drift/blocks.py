"""How far two samples of events lie apart, and how far they would by chance.

What a person does in a window hangs together: ten plays of one listener are not ten listeners. So the unit of
chance is a block, all that one person did in one window. Under no drift blocks could have fallen into either
sample: they are dealt out again at random, many times, and the distance is compared with those that come of
it (permutation test, fisher-1935). A distance has a value above zero by chance alone, the more so the smaller
the samples are; what counts is how far it lies above that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.schema import FloatArray, IntArray

__all__ = ["Blocks", "Shift", "Statistic", "add_up", "measure_shift"]

Statistic = Callable[[FloatArray, FloatArray], FloatArray]
"""Sums over the reference and over the current sample, both (r, m), to r distances."""

_CELLS = 4_000_000
_MOST_BLOCKS = 10_000
"""More are dealt out in bundles."""


@dataclass(frozen=True)
class Blocks:
    """What each person did in each window, in sums."""

    sums: csr_array | FloatArray
    """(b, m): what a block adds up to (counts per kind, sums of features, ...)."""
    windows: IntArray
    """(b,): the window of a block; the highest one is current, the others are the reference."""
    n_windows: int

    @property
    def current(self) -> NDArray[np.bool_]:
        """(b,): whether a block is of the newest window."""
        return np.asarray(self.windows == self.n_windows - 1)

    def per_window(self) -> FloatArray:
        """(w, m): the sums of each window."""
        blocks = np.arange(len(self.windows))
        ones = (np.ones(len(blocks)), (self.windows, blocks))
        sums = csr_array(ones, shape=(self.n_windows, len(blocks))) @ self.sums
        return np.asarray(sums.toarray() if isinstance(sums, csr_array) else sums)


@dataclass(frozen=True)
class Shift:
    """One distance between reference and current sample."""

    value: float
    """nan where one of the samples is empty."""
    by_chance: float
    """Mean distance of samples dealt out at random: what no drift at all looks like here."""
    p: float
    """Share of random deals with at least this distance, this one included."""
    n_reference: int
    """Blocks."""
    n_current: int


def add_up(person: IntArray, window: IntArray, values: csr_array | FloatArray, n_windows: int) -> Blocks:
    """Blocks of events: `person` (n,), `window` (n,) from 0 on, and `values` (n, m) to be added up."""
    keys, block = np.unique(person * n_windows + window, return_inverse=True)
    member = csr_array((np.ones(len(block)), (block, np.arange(len(block)))), shape=(len(keys), len(block)))
    sums: Any = member @ values  # as sparse as the values are
    return Blocks(sums, keys % n_windows, n_windows)


def measure_shift(blocks: Blocks, statistic: Statistic, *, resamples: int = 999, seed: int = 0) -> Shift:
    """The distance of the two samples and its place among `resamples` random deals of the blocks.

    Many blocks are dealt out in at most about 10,000 bundles of equally many blocks of one window: with so
    many people it makes no difference. Cost is resamples x (bundles + their non-zero sums), a few million
    numbers at a time.
    """
    n_current = int(blocks.current.sum())
    n_reference = len(blocks.windows) - n_current
    if n_current == 0 or n_reference == 0:
        return Shift(np.nan, np.nan, np.nan, n_reference, n_current)
    rng = np.random.default_rng(seed)
    blocks = _bundled(blocks, rng)
    total = np.asarray(blocks.sums.sum(axis=0))
    found = []
    for dealt in _deals(blocks.current, resamples, rng):
        current = np.asarray(dealt @ blocks.sums)
        found.append(statistic(total - current, current))
    distances = np.concatenate(found)
    value, random = distances[0], distances[1:]
    # equal deals give equal distances only up to rounding
    as_far = np.count_nonzero(random >= value - 1e-12 * abs(value))
    p = float((1 + as_far) / (1 + resamples))
    return Shift(float(value), float(random.mean()), p, n_reference, n_current)


def _bundled(blocks: Blocks, rng: np.random.Generator) -> Blocks:
    """Random bundles of blocks of one window, each of as many; the same where there are few blocks."""
    n = len(blocks.windows)
    size = -(-n // _MOST_BLOCKS)
    if size == 1:
        return blocks
    order = np.lexsort((rng.random(n), blocks.windows))
    window = blocks.windows[order]
    bundle = np.empty(n, dtype=np.int64)
    bundle[order] = (np.arange(n) - np.searchsorted(window, window)) // size
    return add_up(bundle, blocks.windows, blocks.sums, blocks.n_windows)


def _deals(current: NDArray[np.bool_], resamples: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Pieces (r, b) of the deals, one where a block is current; the first deal is the real one."""
    yield current[None, :].astype(np.float64)
    step = max(1, _CELLS // len(current))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        yield rng.permuted(np.tile(current.astype(np.float64), (rows, 1)), axis=1)
