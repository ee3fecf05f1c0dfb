"""Two systems in one list: whose items people choose says which they prefer (radlinski-2008)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction.surveys import wilson_interval
from isthmus.schema import NO_ITEM, IntArray, ItemNums

__all__ = ["Interleaved", "Preference", "credit", "find_preference", "team_draft"]

A, B = 0, 1


@dataclass(frozen=True)
class Interleaved:
    """One list of two teams, best first."""

    item_nums: ItemNums
    """(n,)"""
    team: IntArray
    """(n,): 0 where the first system put the item, 1 where the second did."""


@dataclass(frozen=True)
class Preference:
    """How often the first system won, over lists with a winner."""

    wins_a: int
    wins_b: int
    ties: int
    share: float
    """Of lists with a winner, those that the first system won; .5 is no preference, nan no winner."""
    low: float
    high: float
    p: float
    """Of the sign test: how often chance alone is as one-sided as this."""


def team_draft(
    a: Sequence[int] | ItemNums, b: Sequence[int] | ItemNums, n: int, *, rng: np.random.Generator | int
) -> Interleaved:
    """A list of up to `n` items of the rankings `a` and `b`, best first: team draft (radlinski-2008).

    Round after round a coin says who picks first; each picks its best item that is not in the list yet. A
    ranking that has run out lets the other pick. NO_ITEM is passed over. Raises InputError for `n` below 1.
    """
    if n < 1:
        raise InputError(f"a list needs a length of at least 1, not {n}", field="n")
    toss = np.random.default_rng(rng)
    left = [[int(item) for item in ranking if item != NO_ITEM] for ranking in (a, b)]
    chosen: dict[int, int] = {}
    while len(chosen) < n and (left[A] or left[B]):
        first = int(toss.integers(2))
        for team in (first, 1 - first):
            left[team] = [item for item in left[team] if item not in chosen]
            if left[team] and len(chosen) < n:
                chosen[left[team][0]] = team
    return Interleaved(
        np.array(list(chosen), dtype=np.int64), np.array(list(chosen.values()), dtype=np.int64)
    )


def credit(shown: Interleaved, taken: Collection[int]) -> int:
    """Who won this list by the items `taken` of it: 1 the first system, -1 the second, 0 neither."""
    hits = shown.team[np.isin(shown.item_nums, list(taken))]
    return int(np.sign(np.count_nonzero(hits == A) - np.count_nonzero(hits == B)))


def find_preference(outcomes: Sequence[int] | IntArray, *, level: float = 0.95) -> Preference:
    """Which system people prefer, from one outcome of `credit` per person.

    Lists without a winner are left out of the share. The interval is Wilson's, the test the two-sided sign
    test. The people must be different ones: of somebody with many lists give the sign of the sum. Raises
    InputError for a level outside 0..1.
    """
    signs = np.sign(np.asarray(outcomes, dtype=np.int64))
    wins_a, wins_b = int((signs > 0).sum()), int((signs < 0).sum())
    decided = wins_a + wins_b
    low, high = wilson_interval(wins_a, decided, level)
    p = float(binomtest(wins_a, decided).pvalue) if decided else 1.0
    share = wins_a / decided if decided else np.nan
    return Preference(wins_a, wins_b, int((signs == 0).sum()), share, low, high, p)
