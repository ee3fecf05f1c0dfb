"""Lists that keep all of a person's interests, each in proportion: Steck's calibration."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import ItemFeatures
from isthmus.errors import InputError
from isthmus.numeric import scale_rows, unit_rows
from isthmus.ranking.diversify import scale_relevance
from isthmus.schema import FloatArray, IntArray, ItemNums, Recommendations

__all__ = ["calibrate", "item_topics"]

_ALPHA = 0.01
"""Share of the person's mix that is added to the list's, so that no topic of it has probability 0."""
_ROUNDS = 20
"""Of k-means: texts settle well before."""


def calibrate(
    pool: Recommendations, history: csr_array, topics: csr_array, calibration: float, n: int
) -> Recommendations:
    """The `n` items of each pool (q, p) that are good and share out the list as the person's past is.

    Greedily, each step takes the item with the largest (1 - calibration) S - calibration C, S the sum of
    relevances (0 for the last of the pool, 1 for the first), C the Kullback-Leibler divergence of the topic
    mix of the list from that of `history` (q, n_items), as the metric `calibration` measures it. `topics`
    (n_items, n_topics) are rows that add up to one, or zero: such an item changes no mix. Calibration 0
    leaves the order as it is, and so does a history without topics. Items keep the scores they had.
    Source: steck-2018.
    """
    n = min(n, pool.item_nums.shape[1])
    if calibration == 0:
        return Recommendations(pool.item_nums[:, :n], pool.scores[:, :n])
    relevance = scale_relevance(pool.scores)
    wanted = csr_array(history @ topics)
    wanted.eliminate_zeros()
    has_topic = np.asarray(topics.sum(axis=1)).ravel() > 0
    chosen = np.tile(np.arange(n), (len(relevance), 1))
    for row, nums in enumerate(pool.item_nums):
        found = np.flatnonzero(relevance[row] > -np.inf)
        mine, mix = wanted[[row]].indices, wanted[[row]].data
        if len(mix):
            items = nums[found]
            bodies = topics[items][:, mine].toarray()
            places = _choose(relevance[row, found], bodies, has_topic[items], mix / mix.sum(), calibration, n)
            chosen[row, : len(places)] = found[places]
    item_nums = np.take_along_axis(pool.item_nums, chosen, axis=1)
    return Recommendations(item_nums, np.take_along_axis(pool.scores, chosen, axis=1))


def _choose(
    relevance: FloatArray,
    bodies: FloatArray,
    has_topic: NDArray[np.bool_],
    mix: FloatArray,
    calibration: float,
    n: int,
) -> IntArray:
    """Up to `n` places among the items (p,), whose parts of the person's topics are `bodies` (p, t)."""
    listed, mass = np.zeros(len(mix)), 0.0
    left = np.ones(len(relevance), dtype=bool)
    chosen = np.empty(min(n, len(relevance)), dtype=np.int64)
    for step in range(len(chosen)):
        shares = (listed + bodies) / np.maximum(mass + has_topic, 1)[:, None]  # (p, t): the mix with each
        divergence = mix @ np.log(mix) - np.log((1 - _ALPHA) * shares + _ALPHA * mix) @ mix
        gain = (1 - calibration) * relevance - calibration * divergence
        place = int(np.where(left, gain, -np.inf).argmax())
        chosen[step], left[place] = place, False
        listed, mass = listed + bodies[place], mass + float(has_topic[place])
    return chosen


def item_topics(
    features: ItemFeatures,
    history: csr_array | None = None,
    candidates: ItemNums | None = None,
    *,
    n_clusters: int = 24,
) -> csr_array:
    """What items are about, (n_items, n_topics), rows adding up to one; zero where nothing is known.

    Categories, each item shared out evenly over its own. Where at least half of the weight of `history` (any
    rows) lies on items without a category that `candidates` bear too, as between platforms that name them
    differently, clusters of the text vectors instead: k-means over cosines, the same every time. Raises
    InputError where there are neither.
    """
    categories = features.categories.matrix
    texts = np.flatnonzero(features.has_text)
    if _speak(categories, history, candidates) or (categories.nnz and len(texts) == 0):
        return scale_rows(categories, 1 / np.maximum(np.diff(categories.indptr), 1))
    if len(texts) == 0:
        raise InputError(
            "calibration needs categories or text vectors of the items, and there are none",
            "Import categories, or set an encoder.",
        )
    cluster = _cluster(features.vectors[texts], min(n_clusters, len(texts)))
    shape = (len(features.titles), n_clusters)
    return csr_array((np.ones(len(texts)), (texts, cluster)), shape=shape)


def _speak(categories: csr_array, history: csr_array | None, candidates: ItemNums | None) -> bool:
    """Whether most of the history is in categories that the candidates bear."""
    if categories.nnz == 0:
        return False
    borne = np.ones(categories.shape[1], dtype=bool)
    if candidates is not None:
        borne = np.bincount(categories[candidates].indices, minlength=len(borne)) > 0
    spoken = np.asarray(categories @ borne.astype(np.float64)).ravel() > 0  # (n_items,)
    if history is None or history.nnz == 0:
        return bool(spoken.mean() >= 0.5)
    return bool(history.data[spoken[history.indices]].sum() >= 0.5 * history.data.sum())


def _cluster(vectors: NDArray[Any], k: int) -> IntArray:
    """(m,): the cluster of each unit row, by k-means over cosines from the most different rows on."""
    bodies = unit_rows(vectors - vectors.mean(axis=0))
    hearts = [bodies[0]]
    nearest = bodies @ hearts[0]
    for _ in range(k - 1):
        hearts.append(bodies[int(nearest.argmin())])
        nearest = np.maximum(nearest, bodies @ hearts[-1])
    centres = np.array(hearts)
    member = np.zeros(len(bodies), dtype=np.int64)
    for _ in range(_ROUNDS):
        before, member = member, (bodies @ centres.T).argmax(axis=1)
        if (before == member).all():
            break
        ones = csr_array((np.ones(len(member)), (member, np.arange(len(member)))), shape=(k, len(member)))
        sums = unit_rows(ones @ bodies)
        filled = np.asarray(sums.any(axis=1))[:, None]
        centres = np.where(filled, sums, centres)
    return member.astype(np.int64)
