"""The headline metric of every model for parts of the people and of the items, over the same draws."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from isthmus.evaluation.breakdown import group_by_activity, group_by_platform, split_by_popularity
from isthmus.evaluation.metrics import Lists, Metric
from isthmus.evaluation.results import GroupFigure, WhichTwins
from isthmus.evaluation.rounds import Round, join_users
from isthmus.evaluation.significance import interval_of, resample_means
from isthmus.schema import FloatArray, IntArray

__all__ = ["measure_groups"]

_DRAWS = 2_000
"""Enough for an interval to look at; there are a dozen groups."""

_Group = tuple[Literal["platform", "activity", "items"], str, FloatArray]
"""What it is divided by, the name of the group, and (cases, models) values, nan outside of the group."""


def measure_groups(
    metric: Metric,
    rounds: Sequence[Round],
    models: Sequence[str],
    twins: WhichTwins,
    level: float = 0.95,
    resamples: int = 10_000,
) -> tuple[GroupFigure, ...]:
    """`metric`, which has a value per person, by platform, activity and popularity of items (breakdown.py).

    All rounds are pooled, a person drawn as a whole; at most 2,000 draws. Groups without anybody who can be
    judged are absent.
    """
    lists = [{model: done.judged(model, twins) for model in models} for done in rounds]
    users = join_users(list(rounds))
    found: list[GroupFigure] = []
    for by, name, values in (*_of_people(metric, rounds, lists), *_of_items(metric, rounds, lists)):
        rows = ~np.isnan(values).all(axis=1)
        if rows.any():
            draws = resample_means(values[rows], n=min(resamples, _DRAWS), groups=users[rows])
            for place, model in enumerate(models):
                one = interval_of(values[rows, place], draws[:, place], level)
                found.append(GroupFigure(model, by, name, one.mean, one.low, one.high, one.n))
    return tuple(found)


def _of_people(
    metric: Metric, rounds: Sequence[Round], lists: Sequence[dict[str, Lists]]
) -> Iterator[_Group]:
    values = np.vstack([_values(metric, of) for of in lists])
    train = rounds[0].split.train
    known = [group_by_platform(next(iter(of.values())), train.item_platform, train.platforms) for of in lists]
    for name in train.platforms:
        members = np.concatenate([groups[name] for groups in known])
        yield "platform", name, np.where(members[:, None], values, np.nan)
    for name, members in group_by_activity(np.concatenate([done.split.test.k for done in rounds])).items():
        yield "activity", name, np.where(members[:, None], values, np.nan)


def _of_items(metric: Metric, rounds: Sequence[Round], lists: Sequence[dict[str, Lists]]) -> Iterator[_Group]:
    parts: dict[str, list[FloatArray]] = {}
    for done, of in zip(rounds, lists, strict=True):
        counts = _counts(done)
        asked = {model: split_by_popularity(one, counts) for model, one in of.items()}
        for name in next(iter(asked.values())):
            part = {model: groups[name] for model, groups in asked.items()}
            took = next(iter(part.values())).n_relevant > 0
            parts.setdefault(name, []).append(np.where(took[:, None], _values(metric, part), np.nan))
    for name, values in parts.items():
        yield "items", name, np.vstack(values)


def _values(metric: Metric, lists: dict[str, Lists]) -> FloatArray:
    """(q, models)."""
    return np.column_stack([metric(one) for one in lists.values()])


def _counts(done: Round) -> IntArray:
    """(n_items,): interactions in training, 0 outside of the candidates."""
    train = done.split.train
    counts = np.zeros(train.n_items, dtype=np.int64)
    candidates = done.split.test.candidates(train, done.split.target)
    counts[candidates] = np.bincount(train.interactions.indices, minlength=train.n_items)[candidates]
    return counts
