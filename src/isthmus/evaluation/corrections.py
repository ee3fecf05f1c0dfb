"""What is left of p-values when many questions are asked at once: one in twenty is small by chance."""

from collections.abc import Sequence

import numpy as np

from isthmus.errors import InputError
from isthmus.schema import FloatArray, IntArray

__all__ = ["benjamini_hochberg", "holm"]


def holm(p_values: Sequence[float] | FloatArray) -> FloatArray:
    """(m,): p-values that may be compared with the chance of even one false finding among all (holm-1979).

    The smallest is multiplied by m, the next by m - 1, and so on; none is below a smaller one. Holds however
    the questions depend on each other. Raises InputError for what is not a probability.
    """
    p = _checked(p_values)
    order = _smallest_first(p)
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back_in_place(adjusted, order)


def benjamini_hochberg(p_values: Sequence[float] | FloatArray) -> FloatArray:
    """(m,): p-values that may be compared with the share of false ones among all findings (benjamini-1995).

    The i-th smallest is multiplied by m / i; none is above a larger one. Holds for questions that are
    independent or depend positively. Raises InputError for what is not a probability.
    """
    p = _checked(p_values)
    order = _smallest_first(p)
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    return _back_in_place(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _checked(p_values: Sequence[float] | FloatArray) -> FloatArray:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InputError("p-values are numbers from 0 to 1, in a row", "Leave out what could not be tested.")
    return p


def _smallest_first(p: FloatArray) -> IntArray:
    return np.argsort(p, kind="stable").astype(np.int64)


def _back_in_place(ordered: FloatArray, order: IntArray) -> FloatArray:
    adjusted = np.empty(len(ordered))
    adjusted[order] = np.minimum(ordered, 1.0)
    return adjusted
