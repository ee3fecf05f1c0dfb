"""How often chance alone would part two methods as far: the paired permutation test (fisher-1935).

If two methods were equally good, it would be a matter of chance which of the two figures of a person came
from which. So the difference of each person keeps its size and is given a random sign, many times over. A
person who is measured several times (over several seeds, or with several numbers of events left) has one sign
for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from isthmus.errors import InputError
from isthmus.schema import FloatArray, IntArray

__all__ = ["PermutationTest", "flip_signs", "paired_permutation"]

RNG = np.random.Generator | int | None

_CELLS = 4_000_000
"""Signs held at once (32 MB)."""

_ROUNDING = 1e-12
"""Sums that differ by less, of the largest there can be, are equal: rounding depends on the order."""


@dataclass(frozen=True)
class PermutationTest:
    """The difference of two means on the same people, and how likely chance alone makes one as large."""

    difference: float
    p_value: float
    """Two-sided; 1 where nobody was measured by both."""
    n: int
    """How many pairs of values."""
    n_groups: int
    """How many people they are of."""


def paired_permutation(
    a: FloatArray, b: FloatArray, *, n: int = 10_000, rng: RNG = 0, groups: IntArray | None = None
) -> PermutationTest:
    """Whether the means of (q,) `a` and `b`, values of the same people in the same order, differ by chance.

    Pairs with nan in either are left out. `groups` (q,) says which values belong to the same person; without
    it each is a person of its own. With at most log2 `n` people all sign patterns are tried and the p-value
    is exact; otherwise `n` random ones, the observed one counted in, so that it is never 0 (phipson-2010).
    Raises InputError where lengths differ.
    """
    if np.shape(a) != np.shape(b):
        raise InputError(f"values of {np.shape(a)} and {np.shape(b)} people cannot be paired")
    differences = np.subtract(a, b, dtype=np.float64)
    known = ~np.isnan(differences)
    owners = np.arange(len(known)) if groups is None else np.asarray(groups)
    if len(owners) != len(known):
        raise InputError(f"{len(known)} values need as many groups, not {len(owners)}", field="groups")
    if not known.any():
        return PermutationTest(np.nan, 1.0, 0, 0)
    p_value = flip_signs(differences[:, None], n=n, rng=rng, groups=owners)[0]
    n_groups = len(np.unique(owners[known]))
    return PermutationTest(float(differences[known].mean()), float(p_value), int(known.sum()), n_groups)


def flip_signs(
    differences: FloatArray, *, n: int = 10_000, rng: RNG = 0, groups: IntArray | None = None
) -> FloatArray:
    """(m,): two-sided p-values of the means of the columns of `differences` (q, m), over the same sign flips.

    nan entries are left out; a column of nothing else has 1. Cost is n q m. Raises InputError for groups of
    another length.
    """
    owners = np.arange(len(differences)) if groups is None else np.asarray(groups)
    if len(owners) != len(differences):
        raise InputError(f"{len(differences)} values need as many groups, not {len(owners)}", field="groups")
    people, owner = np.unique(owners[~np.isnan(differences).all(axis=1)], return_inverse=True)
    sums = np.zeros((len(people), differences.shape[1]))
    np.add.at(sums, owner, np.nan_to_num(differences[~np.isnan(differences).all(axis=1)]))
    # A mean divides its sum by a number that no flip changes, so sums are compared.
    bound = np.abs(sums.sum(axis=0)) - _ROUNDING * np.abs(sums).sum(axis=0)
    as_large, tried = np.zeros(differences.shape[1]), 0
    exact = len(people) <= np.log2(max(n, 1))
    for signs in _all_signs(len(people)) if exact else _random_signs(len(people), n, rng):
        as_large += (np.abs(signs @ sums) >= bound).sum(axis=0)
        tried += len(signs)
    return as_large / tried if exact else (1 + as_large) / (1 + tried)


def _all_signs(n_people: int) -> Iterator[FloatArray]:
    """All 2^n patterns, (2^n, n_people), in one piece."""
    patterns = np.arange(2**n_people)[:, None] >> np.arange(n_people)
    yield 1.0 - 2.0 * (patterns & 1).astype(np.float64)


def _random_signs(n_people: int, n: int, rng: RNG) -> Iterator[FloatArray]:
    """Pieces (rows, n_people) of `n` patterns; one random bit per sign."""
    drawn = np.random.default_rng(rng)
    width = -(-n_people // 8)
    step = max(1, min(n, _CELLS // n_people))
    for start in range(0, n, step):
        rows = min(step, n - start)
        bits = np.frombuffer(drawn.bytes(rows * width), dtype=np.uint8).reshape(rows, width)
        yield 1.0 - 2.0 * np.unpackbits(bits, axis=1, count=n_people).astype(np.float64)
