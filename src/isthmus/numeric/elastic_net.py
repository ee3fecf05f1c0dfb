"""Sparse item-item weights: each item as a sum of its nearest others, by elastic net."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

__all__ = ["ElasticNet", "descend", "sparse_weights"]

_BLOCK = 512
"""Items solved at once."""
_CELLS = 8_000_000
"""Dot products of neighbours held at once: 64 MB."""


@dataclass(frozen=True)
class ElasticNet:
    """What is solved, and how far."""

    l1: float = 1.0
    """Draws weights to zero: the larger, the fewer remain."""
    l2: float = 50.0
    """Added to the diagonal: the larger, the less is believed of items few people touched."""
    k: int = 50
    """Nearest items per item and group that may have a weight; all others have none."""
    positive: bool = True
    """Only weights above zero."""
    sweeps: int = 50
    """Rounds of coordinate descent at most; it ends before when no weight moves by more than `precision`."""
    precision: float = 1e-4
    """See `sweeps`."""


def sparse_weights(
    interactions: csr_array, group: NDArray[np.int64], columns: NDArray[np.int64], net: ElasticNet
) -> csr_array:
    """(len(columns), items): row j minimises 1/2 |X_j - X w|^2 + l2/2 |w|^2 + l1 |w|_1 with w_jj = 0.

    X is `interactions` (people, items). Only the `net.k` items of each `group` (items,) nearest by cosine
    may have a weight (fsSLIM). Memory beside the result: blocks of 64 MB; no array of items x items is ever
    whole. Source: ning-2011.
    """
    people = interactions.T.tocsr()  # (items, people)
    people.sort_indices()
    size = net.k * max(1, len(np.unique(group)))
    step = max(1, min(_BLOCK, _CELLS // size**2))
    length = np.sqrt(np.asarray(people.multiply(people).sum(axis=1)))
    rows = [csr_array((0, people.shape[0]))]
    for start in range(0, len(columns), step):
        some = columns[start : start + step]
        shared = csr_array(people[some] @ interactions)  # (block, items)
        rows.append(_solve(people, _nearest(shared, some, length, group, net.k), net))
    return csr_array(vstack(rows, format="csr"))


def _solve(people: csr_array, near: csr_array, net: ElasticNet) -> csr_array:
    """Weights (block, items) where `near` (block, items) holds the dot product with a neighbour."""
    held = np.diff(near.indptr)
    size = int(held.max(initial=0))
    dots = np.zeros((len(held), size, size))
    goal = np.zeros((len(held), size))
    for row, (start, stop) in enumerate(zip(near.indptr[:-1], near.indptr[1:], strict=True)):
        theirs = people[near.indices[start:stop]]
        dots[row, : held[row], : held[row]] = (theirs @ theirs.T).toarray()
        goal[row, : held[row]] = near.data[start:stop]
    solved = descend(dots, goal, net)
    rows, places = np.nonzero(solved)
    columns = near.indices[near.indptr[rows] + places]
    return csr_array((solved[rows, places], (rows, columns)), shape=near.shape)


def _nearest(
    shared: csr_array, items: NDArray[np.int64], length: NDArray[Any], group: NDArray[np.int64], k: int
) -> csr_array:
    """Of the dot products `shared` (block, items) those with the k nearest by cosine of each group."""
    row = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    other = shared.indices
    cosine = shared.data / length[other]  # the length of the item itself changes no order
    part = row * (group.max(initial=0) + 1) + group[other]
    order = np.lexsort((other, -cosine, part))
    order = order[items[row[order]] != other[order]]
    first = np.searchsorted(part[order], part[order])  # where the group of each entry begins
    kept = order[np.arange(len(order)) - first < k]
    near = csr_array((shared.data[kept], (row[kept], other[kept])), shape=shared.shape)
    near.sort_indices()
    return near


def descend(dots: NDArray[Any], goal: NDArray[Any], net: ElasticNet) -> NDArray[np.float64]:
    """Elastic-net weights (b, k) of b columns at once, from `dots` (b, k, k) of neighbours and `goal` (b, k).

    One step sets w_i = S(g_i - sum of d_il w_l over l not i) / (d_ii + l2), with S(a) = max(a - l1, 0), or
    sign(a) max(|a| - l1, 0) where weights may be negative. Source: friedman-2010.
    """
    weights, rest = np.zeros_like(goal), goal.T.copy()  # rest (k, b): goal - dots @ weights
    by_place = np.ascontiguousarray(dots.transpose(1, 2, 0))  # (k, k, b): a step reads one block
    square = by_place.diagonal().T  # (k, b)
    weights = weights.T.copy()
    for _ in range(net.sweeps):
        most = 0.0
        for place in range(len(weights)):
            pull = rest[place] + square[place] * weights[place]
            new = np.maximum(np.abs(pull) - net.l1, 0.0) * np.sign(pull) / (square[place] + net.l2)
            new = np.maximum(new, 0.0) if net.positive else new
            move = new - weights[place]
            largest = float(np.abs(move).max(initial=0.0))
            if largest > 0:
                rest -= by_place[place] * move
                weights[place] = new
            most = max(most, largest)
        if most <= net.precision:
            break
    return np.asarray(weights.T)
