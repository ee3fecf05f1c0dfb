"""From a history to interest vectors: clusters of it, or public subjects under noise (level `vectors`).

**What the noise promises.** Each item of the history is told as one of C public subjects: with chance p =
e^epsilon / (e^epsilon + C - 1) as the one nearest to it, otherwise as any other one, all equally likely
(randomised response: warner-1965; kairouz-2014). Whatever two items are, any subject is at most e^epsilon
times as likely to be told for the one as for the other. An item is told once and no item has a say in how
another is told, so exchanging one item of the history for any other changes the chance of all vectors
together by at most that factor: epsilon-differential privacy (dwork-2006) with delta 0, for one item and all
its events. Counting and choosing what was told afterwards costs nothing.

**What it does not promise.** The whole history of n items has only n epsilon. Topics, keywords and counts are
exact and stand outside. Chance is drawn from a secret of the issuer, the item and epsilon: the same passport
made twice tells nothing more, but one with another epsilon adds to it.

There is no clip, since a subject is a name and not a sum. Gaussian noise on vectors was tried on paper and
left: in 512 dimensions it would drown ten items at any epsilon below 30.
"""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from isthmus.errors import SettingsError
from isthmus.numeric import unit_rows
from isthmus.schema import FloatArray, IntArray

__all__ = ["Directions", "cluster", "keep_chance", "tell_subjects"]

_MOST_CLUSTERED = 1_500
"""Heaviest items of a history that are clustered: distances of all pairs are held at once (9 MB)."""


@dataclass(frozen=True)
class Directions:
    """Interest vectors: `vectors` (k, d) unit rows, `weights` (k,) adding up to one, heaviest first.

    `subjects` (k,) are numbers of public subjects, None for clusters.
    """

    vectors: FloatArray
    weights: FloatArray
    subjects: IntArray | None = None


def cluster(vectors: NDArray[Any], weights: FloatArray, n: int = 16) -> Directions:
    """At most `n` clusters of the centred vectors (h, d) of a history by average linkage (sokal-1958).

    Items without a vector are left out. Cost is the square of the history, of which the heaviest 1,500 count.
    """
    usable = np.flatnonzero(vectors.any(axis=1) & (weights > 0))
    usable = np.sort(usable[np.argsort(-weights[usable], kind="stable")[:_MOST_CLUSTERED]])
    rows, heavy = vectors[usable].astype(np.float64), weights[usable]
    member = np.arange(len(usable))
    if len(usable) > n:
        distances = np.clip(1.0 - rows @ rows.T, 0.0, 2.0)[np.triu_indices(len(rows), 1)]
        member = np.asarray(fcluster(linkage(distances, "average"), n, "maxclust"), dtype=np.int64) - 1
    count = int(member.max()) + 1 if len(member) else 0
    sums = np.zeros((count, vectors.shape[1]))
    np.add.at(sums, member, rows * heavy[:, None])
    return _heaviest_first(unit_rows(sums), np.bincount(member, heavy, count).astype(np.float64))


def tell_subjects(
    vectors: NDArray[Any],
    subjects: FloatArray,
    epsilon: float,
    secret: bytes,
    keys: Sequence[str],
    n: int = 32,
) -> Directions:
    """The history (h, d) as counts of public subjects (C, d), each item under noise; see above.

    `keys` (h,) name person and item. An item without text is told as any subject. Of more than `n` subjects
    the most frequent ones stay. Raises SettingsError for an epsilon that is not positive.
    """
    chance = keep_chance(epsilon, len(subjects))
    told = np.zeros(len(subjects))
    for vector, key in zip(vectors, keys, strict=True):
        kept, other = _draw(secret, f"{epsilon!r}\x1f{key}")
        if vector.any():
            nearest = int(np.argmax(subjects @ vector))
            subject = nearest if kept < chance else _another(nearest, other, len(subjects))
        else:
            subject = int(other * len(subjects))
        told[subject] += 1
    chosen = np.flatnonzero(told)
    chosen = chosen[np.argsort(-told[chosen], kind="stable")[:n]]
    found = _heaviest_first(subjects[chosen], told[chosen])
    return Directions(found.vectors, found.weights, chosen)


def keep_chance(epsilon: float, n_subjects: int) -> float:
    """With which chance an item is told as its nearest subject. Raises SettingsError for epsilon <= 0."""
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise SettingsError(
            f"epsilon must be above 0, not {epsilon:g}.", "Smaller tells less; 8 is the default."
        )
    return 1.0 / (1.0 + (n_subjects - 1) * math.exp(-epsilon))


def _draw(secret: bytes, message: str) -> tuple[float, float]:
    """Two numbers in [0, 1) that nobody without the secret can foretell."""
    digest = hmac.digest(secret, message.encode("utf-8", "surrogatepass"), hashlib.sha256)
    first, second = (int.from_bytes(digest[start : start + 8]) >> 11 for start in (0, 8))
    return first / 2**53, second / 2**53


def _another(nearest: int, drawn: float, n: int) -> int:
    """Any of the n - 1 other subjects."""
    other = int(drawn * (n - 1))
    return other + (other >= nearest)


def _heaviest_first(vectors: FloatArray, weights: FloatArray) -> Directions:
    order = np.argsort(-weights, kind="stable")
    total = max(float(weights.sum()), 1e-300)
    return Directions(vectors[order], weights[order] / total)
