"""Has a workspace drifted: what comes in, what a model makes of it, and how good that is, per platform."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Self

import numpy as np
import polars as pl

from isthmus.dataset import Dataset, IdMap
from isthmus.engine import Progress, Silent
from isthmus.errors import InputError
from isthmus.evaluation import Lists, parse_metric
from isthmus.evaluation.drift import (
    Drift,
    DriftSettings,
    Measured,
    Stream,
    Windows,
    judge,
    measure_inputs,
    measure_quality,
    measure_scores,
    window_cases,
)
from isthmus.pipeline.fitting import make_model
from isthmus.pipeline.reading import WEIGHED, read_dataset
from isthmus.pipeline.workspace import Workspace
from isthmus.schema import NO_TIME

__all__ = ["find_drift"]

_QUALITY = "ndcg@10"
_INPUT_CHECKS, _OUTPUT_CHECKS = 3, 3
_KEY = pl.concat_str("platform", "item_id", separator="\x1f")


def find_drift(
    workspace: Workspace,
    *,
    window: timedelta = timedelta(days=30),
    since: datetime | None = None,
    until: datetime | None = None,
    model: str | None = None,
    settings: DriftSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Drift:
    """Compare the last `window` before `until` with those before it, from `since` on, platform by platform.

    `until` is by default the newest event, `since` three windows before the current one. With `model` (a
    name) such a model is fitted afresh on what came before the first window and asked in every window: its
    scores and its quality (NDCG at 10) are compared too; what is saved in the workspace is not touched.
    Raises InputError where no event has a time or nothing lies before the windows, SettingsError where no
    window fits, UnknownNameError for the model.
    """
    settings = settings or DriftSettings()
    if model is not None:
        make_model(model)  # an unknown name is told before any work
    dataset = read_dataset(workspace, workspace.encoder(progress))
    events = _events(workspace, dataset)
    stop = _newest(events) + 1 if until is None else _seconds(until)
    reference = None if since is None else _seconds(since)
    windows = Windows.until(stop, round(window.total_seconds()), since=reference)
    checks = len(dataset.platforms) * (_INPUT_CHECKS + (_OUTPUT_CHECKS if model else 0))
    resamples = settings.resamples_for(checks)
    asked = None if model is None else _Asked.of(workspace, dataset, windows)
    measured: list[Measured] = []
    with (progress or Silent()).track("Looking for drift", len(dataset.platforms)) as advance:
        for platform in dataset.platforms:
            stream = _stream(events, dataset, platform)
            measured += measure_inputs(stream, windows, resamples=resamples, seed=seed)
            if asked is not None and model is not None:
                measured += _measure_outputs(asked, platform, model, windows, resamples, seed)
            advance(1)
    return judge(measured, windows, settings)


@dataclass(frozen=True)
class _Asked:
    """What a model may learn from, and what was known and done in each window; the items are the same."""

    train: Dataset
    before: list[Dataset]
    within: list[Dataset]
    people: IdMap

    @classmethod
    def of(cls, workspace: Workspace, dataset: Dataset, windows: Windows) -> Self:
        """Histories reach back from each window equally far, namely to the first event of all from the first
        window: otherwise later windows would know more, and scores would differ for that alone."""
        events = workspace.log.read(WEIGHED).collect()
        seconds = pl.col("occurred_at").dt.epoch("s")
        first = events.select(seconds.min()).item()
        if first is None or first >= windows.start:
            raise InputError(
                f"no event lies before {windows.words[0]}, where the first window begins",
                "Without a past there is nothing to fit a model on: choose a later --since.",
            )

        def between(start: int, stop: int) -> Dataset:
            some = events.filter(seconds.is_between(start, stop, closed="left"))
            return _same_items(some, workspace, dataset)

        edges, reach = windows.edges.tolist(), windows.start - first
        before = [between(start - reach, start) for start in edges[:-1]]
        within = [between(start, stop) for start, stop in pairwise(edges)]
        return cls(before[0], before, within, dataset.users)


def _same_items(events: pl.DataFrame, workspace: Workspace, dataset: Dataset) -> Dataset:
    """The people of `events` with the items of `dataset`."""
    made = Dataset.from_frames(
        events, workspace.catalogue.read(), workspace.links.read(), encoder=None,
        weights=workspace.settings.weights, known=dataset.items, with_features=False,
    )  # fmt: skip
    return replace(made, features=dataset.features, hidden=dataset.hidden, same=dataset.same)


def _measure_outputs(
    asked: _Asked, platform: str, name: str, windows: Windows, resamples: int, seed: int
) -> Iterator[Measured]:
    metric = parse_metric(_QUALITY)
    model = make_model(name, target=platform).fit(asked.train, rng=seed)
    cases = [
        window_cases(before, within, platform, asked.people)
        for before, within in zip(asked.before, asked.within, strict=True)
    ]
    lists = [model.recommend(some.query(asked.train, platform), metric.k) for some in cases]
    values = [metric(Lists(found.item_nums, some.truth)) for found, some in zip(lists, cases, strict=True)]
    person = np.concatenate([some.users for some in cases])
    window = np.repeat(np.arange(windows.count), [len(some) for some in cases])
    scores = np.concatenate([found.scores for found in lists]).ravel()
    yield from measure_scores(
        platform, scores, np.repeat(person, metric.k), np.repeat(window, metric.k), windows.count,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    yield measure_quality(
        platform, np.concatenate(values), person, window, windows.count, resamples=resamples, seed=seed
    )


def _events(workspace: Workspace, dataset: Dataset) -> pl.DataFrame:
    """Of each event: platform, kind, person (a number), item (a number of `dataset`, or -1) and seconds."""
    events = workspace.log.read(["platform", "user_id", "item_id", "kind", "occurred_at"]).collect()
    events = events.join(
        workspace.links.read(), on=["platform", "user_id"], how="left", maintain_order="left"
    )
    alone = pl.concat_str("platform", "user_id", separator=":")
    return events.select(
        "platform",
        "kind",
        person=pl.coalesce("person", alone).rank("dense").cast(pl.Int64),
        item=dataset.items.nums_of_column(events.select(_KEY.alias("key"))["key"]),
        seconds=pl.col("occurred_at").dt.epoch("s").fill_null(NO_TIME),
    )


def _stream(events: pl.DataFrame, dataset: Dataset, platform: str) -> Stream:
    mine = events.filter(pl.col("platform") == platform)
    kinds = mine["kind"].unique().sort().to_list()
    return Stream(
        platform=platform,
        person=mine["person"].to_numpy(),
        times=mine["seconds"].to_numpy(),
        kind=np.searchsorted(np.array(kinds, dtype=object), mine["kind"].to_numpy()),
        kinds=tuple(kinds),
        item=mine["item"].to_numpy(),
        titles=dataset.features.titles,
        vectors=dataset.features.vectors,
    )


def _newest(events: pl.DataFrame) -> int:
    newest = events["seconds"].max()
    if not isinstance(newest, int) or newest == NO_TIME:
        raise InputError("no event has a time", "Without times there is no before and after to compare.")
    return newest


def _seconds(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
