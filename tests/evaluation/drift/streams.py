"""Simulated streams of events, steady or with one planted change in the last of four windows."""

import numpy as np

from isthmus.evaluation.drift import Stream, Windows

WINDOWS = Windows(0, 1000, 4)


def stream(rng, *, n_people=120, n_items=200, shift="") -> Stream:
    """People have tastes of their own, so the events of one person hang together; half come back.

    Planted: "kinds" (a third of the likes become skips), "popularity" (a new hit takes a quarter of the
    events), "texts" (taste turns to one topic).
    """
    topics = rng.integers(4, size=n_items)
    vectors = np.eye(4, 8)[topics] + rng.normal(0, 0.15, (n_items, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    person, window = np.nonzero(rng.random((n_people, 4)) < 0.5)
    counts = rng.poisson(6, len(person)) + 1
    taste = rng.dirichlet(np.full(4, 0.5), n_people)
    popular = rng.dirichlet(np.full(n_items, 0.5))
    items, kinds = [], []
    likes = rng.beta(2, 2, n_people)
    for who, when, count in zip(person, window, counts, strict=True):
        mine = taste[who]
        if shift == "texts" and when == 3:
            mine = 0.5 * mine + 0.5 * np.eye(4)[0]
        weights = popular * mine[topics]
        if shift == "popularity" and when == 3:
            weights[7] += weights.sum() / 3
        items.append(rng.choice(n_items, count, p=weights / weights.sum()))
        less = 2 / 3 if shift == "kinds" and when == 3 else 1.0
        kinds.append((rng.random(count) >= likes[who] * less).astype(int))
    times = np.repeat(window * 1000, counts) + rng.integers(1000, size=counts.sum())
    return Stream("films", np.repeat(person, counts), times, np.concatenate(kinds), ("like", "skip"),
                  np.concatenate(items), np.array([f"film {n}" for n in range(n_items)], dtype=object),
                  vectors.astype(np.float32))  # fmt: skip
