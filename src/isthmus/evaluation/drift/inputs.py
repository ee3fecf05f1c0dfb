"""Has what comes in changed: kinds of events, popularity of items, what their texts speak of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.evaluation.drift.blocks import Blocks, add_up, measure_shift
from isthmus.evaluation.drift.distances import jensen_shannon, mean_discrepancy, population_stability
from isthmus.evaluation.drift.judging import Measured, describe_mix
from isthmus.evaluation.drift.windows import Windows
from isthmus.schema import FloatArray, IntArray

__all__ = ["Stream", "fourier_features", "measure_inputs"]

_MOST_POPULAR = 99
"""Items that have a bin of their own; all others share one."""
_FREQUENCIES = 128
_SAMPLE = 500
"""Texts of which the typical distance is taken."""


@dataclass(frozen=True)
class Stream:
    """The events of one platform in time, as numbers."""

    platform: str
    person: IntArray
    """(n,)"""
    times: IntArray
    """(n,): seconds since 1970, NO_TIME where unknown."""
    kind: IntArray
    """(n,): places in `kinds`."""
    kinds: tuple[str, ...]
    item: IntArray
    """(n,): rows of `vectors` and places in `titles`; -1 for an event without an item."""
    titles: NDArray[Any]
    vectors: NDArray[np.float32]
    """(items, d): zero where an item has no text; d = 0 without an encoder."""


def measure_inputs(
    stream: Stream, windows: Windows, *, resamples: int = 999, seed: int = 0
) -> Iterator[Measured]:
    """Kinds (PSI), popularity (Jensen-Shannon) and texts (maximum mean discrepancy) of one platform.

    Popularity is the mix of the 99 items with most events, all windows together, and the rest. Where no item
    has a vector the texts are left out.
    """
    window = windows.of(stream.times)
    inside = window >= 0
    person, window = stream.person[inside], window[inside]
    kinds = add_up(person, window, _one_hot(stream.kind[inside], len(stream.kinds)), windows.count)
    shift = measure_shift(kinds, population_stability, resamples=resamples, seed=seed)
    yield Measured(stream.platform, "kinds", shift, describe_mix(kinds, stream.kinds))

    item = stream.item[inside]
    known = item >= 0
    bins, names = _bins(item[known], stream.titles)
    mix = add_up(person[known], window[known], _one_hot(bins, len(names)), windows.count)
    shift = measure_shift(mix, jensen_shannon, resamples=resamples, seed=seed)
    yield Measured(stream.platform, "popularity", shift, describe_mix(mix, names))

    has_text = np.asarray(stream.vectors.any(axis=1))
    known &= has_text[item]  # where there is no item it is not known anyway
    if known.any():
        texts = _features(person[known], window[known], stream.vectors, item[known], windows.count)
        shift = measure_shift(texts, mean_discrepancy, resamples=resamples, seed=seed)
        yield Measured(stream.platform, "texts", shift, "")


def fourier_features(vectors: FloatArray, *, seed: int = 0) -> FloatArray:
    """(n, 256): features whose inner product is, on average, a Gaussian kernel of `vectors` (rahimi-2007).

    The width of the kernel is the median distance of two of the vectors, as gretton-2012 has it.
    """
    rng = np.random.default_rng(seed)
    some = vectors[rng.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False)]
    squares = (some**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * some @ some.T, 0))
    apart = distances[distances > 1e-6]
    width = float(np.median(apart)) if len(apart) else 1.0
    phases = vectors @ (rng.standard_normal((vectors.shape[1], _FREQUENCIES)) / width)
    return np.asarray(np.hstack([np.cos(phases), np.sin(phases)]) / np.sqrt(_FREQUENCIES))


def _one_hot(values: IntArray, size: int) -> csr_array:
    return csr_array((np.ones(len(values)), values, np.arange(len(values) + 1)), shape=(len(values), size))


def _bins(item: IntArray, titles: NDArray[Any]) -> tuple[IntArray, tuple[str, ...]]:
    """(n,): the place of each event's item among the most popular, or the last place; and names of places."""
    counts = np.bincount(item, minlength=len(titles))
    top = np.argsort(-counts, kind="stable")[:_MOST_POPULAR]
    place = np.full(len(titles), len(top))
    place[top] = np.arange(len(top))
    return place[item], (*(str(title) for title in titles[top]), "all others")


def _features(
    person: IntArray, window: IntArray, vectors: NDArray[np.float32], item: IntArray, n_windows: int
) -> Blocks:
    """Blocks of Fourier features of the events' items, and a count in the last column."""
    items, row = np.unique(item, return_inverse=True)
    features = fourier_features(vectors[items].astype(np.float64))
    features = np.hstack([features, np.ones((len(items), 1))])
    events = add_up(person, window, _one_hot(row, len(items)), n_windows)
    return Blocks(np.asarray(events.sums @ features), events.windows, n_windows)
