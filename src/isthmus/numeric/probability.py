"""Scores to probabilities, without overflow."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isthmus.errors import InputError

__all__ = ["log_sum_exp", "softmax"]


def softmax(x: ArrayLike, temperature: float = 1.0, axis: int = -1) -> NDArray[Any]:
    """exp(x / temperature), divided by its sum along `axis`.

    Same shape as `x`; each line along `axis` sums to one. A value of -inf has probability zero, and a line
    that holds nothing else is all zero, for there is nothing to choose. float32 stays float32.
    Raises InputError unless 0 < `temperature` < inf, and for NaN or +inf.
    """
    if not 0 < temperature < np.inf:
        raise InputError(f"a temperature must be above 0 and finite, not {temperature}", field="temperature")
    values = _as_float(x)
    if values.size == 0:
        return values.copy()
    powers = np.exp(_below_top(values, axis) / values.dtype.type(temperature))
    total = powers.sum(axis=axis, keepdims=True)
    return np.asarray(powers / np.where(total > 0, total, 1))


def log_sum_exp(x: ArrayLike, axis: int = -1) -> NDArray[Any]:
    """ln of the sum of exp(x) along `axis`, which is removed; a soft maximum. -inf where all are -inf.

    Raises InputError for NaN or +inf, and where there is nothing to sum.
    """
    values = _as_float(x)
    if values.shape[axis] == 0:
        raise InputError("cannot take the soft maximum of nothing")
    total = np.exp(_below_top(values, axis)).sum(axis=axis)
    top = values.max(axis=axis)
    return np.asarray(np.where(total > 0, np.log(np.where(total > 0, total, 1)) + top, -np.inf))


def _as_float(x: ArrayLike) -> NDArray[Any]:
    values = np.asarray(x)
    values = values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)
    if values.size and not values.max() < np.inf:  # also catches NaN, which max passes on
        raise InputError("scores must be numbers below infinity", "Check the model that gave them.")
    return values


def _below_top(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """How far each value lies below the largest of its line: never above 0, so that exp cannot overflow."""
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(values - np.where(np.isfinite(top), top, 0))
