"""Has what goes out changed: the scores of the lists, and how good they are."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from isthmus.evaluation.drift.blocks import add_up, measure_shift
from isthmus.evaluation.drift.distances import kolmogorov_smirnov, population_stability, relative_fall
from isthmus.evaluation.drift.judging import Measured
from isthmus.schema import FloatArray, IntArray

__all__ = ["measure_quality", "measure_scores"]

_BINS = 20


def measure_scores(
    platform: str, scores: FloatArray, person: IntArray, window: IntArray, n_windows: int, *,
    resamples: int = 999, seed: int = 0,
) -> Iterator[Measured]:  # fmt: skip
    """Scores (n,) of the items listed for `person` (n,) in `window` (n,): Kolmogorov-Smirnov and PSI.

    Both over 20 bins with equally many of all scores, so that they ask about ranks, not about units; what is
    not a finite score (an empty place of a list) is left out.
    """
    told = np.isfinite(scores)
    scores, person, window = scores[told], person[told], window[told]
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(scores) else scores
    bins = np.searchsorted(edges, scores, side="right")
    counts = csr_array(
        (np.ones(len(bins)), bins, np.arange(len(bins) + 1)), shape=(len(bins), len(edges) + 1)
    )
    blocks = add_up(person, window, counts, n_windows)
    for check, statistic in (("scores, KS", kolmogorov_smirnov), ("scores, PSI", population_stability)):
        shift = measure_shift(blocks, statistic, resamples=resamples, seed=seed)
        yield Measured(platform, check, shift, _medians(scores, window, n_windows))


def measure_quality(
    platform: str, values: FloatArray, person: IntArray, window: IntArray, n_windows: int, *,
    resamples: int = 999, seed: int = 0,
) -> Measured:  # fmt: skip
    """By which part the mean of a metric, `values` (n,) with nan left out, has fallen in the last window."""
    told = ~np.isnan(values)
    pairs = np.column_stack([values[told], np.ones(int(told.sum()))])
    blocks = add_up(person[told], window[told], csr_array(pairs), n_windows)
    shift = measure_shift(blocks, relative_fall, resamples=resamples, seed=seed)
    sums = blocks.per_window()
    means = sums[:, 0] / np.maximum(sums[:, 1], 1)
    return Measured(platform, "quality", shift, "per window " + ", ".join(f"{mean:.4f}" for mean in means))


def _medians(scores: FloatArray, window: IntArray, n_windows: int) -> str:
    """The median score of each window, in words."""
    parts = [scores[window == number] for number in range(n_windows)]
    return "median per window " + ", ".join(f"{np.median(part):.4g}" if len(part) else "–" for part in parts)
