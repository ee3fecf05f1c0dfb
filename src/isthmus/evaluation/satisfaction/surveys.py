"""What people say when they are asked: the share who are content (CSAT) and who would recommend (NPS)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from isthmus.errors import InputError
from isthmus.evaluation.significance import bootstrap_interval
from isthmus.schema import FloatArray, IntArray

__all__ = ["Satisfied", "measure_csat", "measure_nps", "wilson_interval"]

_PROMOTER, _PASSIVE, _MOST = 9, 7, 10


@dataclass(frozen=True)
class Satisfied:
    """A figure of answers with its interval; nan where nobody answered."""

    value: float
    low: float
    high: float
    answers: int
    people: int


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share, right also for small `n` and shares near 0 or 1 (wilson-1927).

    It holds the true shares that `successes` of `n` do not speak against. Raises InputError for impossible
    counts or a level outside 0..1.
    """
    if not 0 <= successes <= n or not 0 < level < 1:
        raise InputError(f"{successes} of {n} at level {level} is not a share")
    if n == 0:
        return np.nan, np.nan
    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))


def measure_csat(
    answers: FloatArray, *, content: float = 4.0, level: float = 0.95, person: IntArray | None = None
) -> Satisfied:
    """Share of `answers` (n,) of at least `content` (on 1 to 5: 4 and 5 are content).

    The interval is Wilson's; where `person` (n,) says that some answered more than once it is a bootstrap
    over people (efron-1993), since one person's answers are alike. Raises InputError for a level outside
    0..1.
    """
    happy = np.asarray(answers, dtype=np.float64) >= content
    people = len(happy) if person is None else len(np.unique(person))
    if people < len(happy):
        return _bootstrapped(happy.astype(np.float64), level, person, people)
    low, high = wilson_interval(int(happy.sum()), len(happy), level)
    return Satisfied(float(happy.mean()) if len(happy) else np.nan, low, high, len(happy), people)


def measure_nps(answers: FloatArray, *, level: float = 0.95, person: IntArray | None = None) -> Satisfied:
    """Net promoter score of `answers` (n,) from 0 to 10: percent of 9 and 10 less percent of 0 to 6.

    Source: reichheld-2003. The interval is a bootstrap over people (efron-1993). Raises InputError for an
    answer outside 0..10.
    """
    given = np.asarray(answers, dtype=np.float64)
    if ((given < 0) | (given > _MOST)).any():
        raise InputError(
            "an answer lies outside 0..10", "NPS asks from 0 to 10; for 1 to 5 use CSAT.", field="answers"
        )
    worth = np.where(given >= _PROMOTER, 100.0, np.where(given >= _PASSIVE, 0.0, -100.0))
    return _bootstrapped(worth, level, person, len(given) if person is None else len(np.unique(person)))


def _bootstrapped(values: FloatArray, level: float, person: IntArray | None, people: int) -> Satisfied:
    found = bootstrap_interval(values, level=level, groups=person)
    return Satisfied(found.mean, found.low, found.high, len(values), people)
