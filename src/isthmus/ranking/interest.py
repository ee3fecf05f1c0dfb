"""From scores to probabilities, and from a person's past to their interest in any text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from isthmus.dataset import ItemFeatures
from isthmus.errors import InputError
from isthmus.numeric import log_sum_exp, softmax, unit_rows
from isthmus.schema import FloatArray, IntArray

__all__ = ["TextInterest", "background_vectors", "interest_in_text", "probabilities"]

_SHARPNESS = 1.5
"""Of the soft maximum over past items, per standard deviation of similarity."""
_SAME = 0.999
"""Cosine from which two texts are one."""


def probabilities(interest: ArrayLike, content: ArrayLike, temperature: float = 1.0) -> FloatArray:
    """softmax(interest x content / T) along the last axis: chances that add up to one.

    `interest` says how much a person cares, `content` how much of it an item has, of equal or broadcastable
    shape. A high temperature levels the chances, a low one gives all to the best. Raises InputError for a
    temperature that is not positive.
    """
    return softmax(np.asarray(interest, dtype=np.float64) * np.asarray(content), temperature)


@dataclass(frozen=True)
class TextInterest:
    """How interesting a text is to a person, and which past items say so."""

    value: float
    """0..1; 0.5 is what a text of average interest has, and all that can be said without a past."""
    past: IntArray
    """(k,): rows of the history's vectors that carry it, most important first."""
    share: FloatArray
    """(k,): how much of it each carries; at most one in all."""


def background_vectors(features: ItemFeatures, n: int = 1000) -> NDArray[np.float32]:
    """Vectors of `n` items spread evenly over those that have text (fewer if there are fewer)."""
    rows = np.flatnonzero(features.has_text)
    return features.vectors[rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(np.int64)]]


def interest_in_text(
    history: NDArray[Any],
    weights: FloatArray,
    text: NDArray[Any],
    background: NDArray[Any],
    carriers: int = 3,
) -> TextInterest:
    """A person's interest in a free text, from the vectors (h, d) and weights (h,) of what they did.

    Three steps, with vectors centred by the mean of the `background` (b, d), texts of the catalogue:

    1. The similarity of a text to each past item is counted in standard deviations from what the same text
       reaches with the background. A text in another language, or in another style than the catalogue's, is
       a little further from everything; this takes it out.
    2. Over past items a soft maximum: one close item is enough, many close ones say more.
    3. The result is placed among what the texts of the background reach with the same history, as the normal
       distribution with their mean and spread counts it: 0.5 is a text as interesting as the average one.

    It grows with each similarity. Without a history that has text, 0.5 and no carriers. Raises InputError for
    a text without a vector and for a background of fewer than 2 texts.
    """
    if not np.any(text) or len(background) < 2:
        raise InputError(
            "needs a text with a vector and at least two texts of the catalogue to compare it with"
        )
    usable = (
        np.flatnonzero(np.any(history, axis=1) & (weights > 0)) if len(history) else np.zeros(0, np.int64)
    )
    if len(usable) == 0:
        return TextInterest(0.5, np.zeros(0, dtype=np.int64), np.zeros(0))
    mean = np.asarray(background, dtype=np.float64).mean(axis=0)
    common = unit_rows(background - mean)  # (b, d)
    past = unit_rows(history[usable] - mean)  # (h, d)
    asked = unit_rows((text - mean)[None])  # (1, d)
    distinct = np.hstack([_distinct(past, asked, common), _distinct(past, common, common)])
    logits = np.log(weights[usable] / weights[usable].sum())[:, None] + _SHARPNESS * distinct  # (h, 1 + b)
    reached = log_sum_exp(logits, axis=0)  # (1 + b,)
    usual = reached[1:][_others(past @ common.T)]
    value = float(ndtr((reached[0] - usual.mean()) / max(float(usual.std()), 1e-9)))
    carried = softmax(logits[:, 0])
    best = np.argsort(-carried, kind="stable")[:carriers]
    return TextInterest(value, usable[best], carried[best])


def _distinct(past: FloatArray, texts: FloatArray, common: FloatArray) -> FloatArray:
    """(h, t) cosines in standard deviations from what each text reaches with the background, itself aside."""
    cosines = common @ texts.T  # (b, t)
    counted = np.where(cosines < _SAME, 1.0, 0.0)
    n = np.maximum(counted.sum(axis=0), 1.0)
    mean = (counted * cosines).sum(axis=0) / n
    spread = np.sqrt((counted * (cosines - mean) ** 2).sum(axis=0) / n)
    return np.asarray((past @ texts.T - mean) / np.where(spread > 1e-9, spread, 1.0))


def _others(cosines: FloatArray) -> NDArray[np.bool_]:
    """Which texts of the background are not the history itself; all where hardly any would be left."""
    others = cosines.max(axis=0) < _SAME
    return others if others.sum() > 1 else np.ones_like(others)
