"""What each source adds to the lists of a target: the same model and people, with the source and without it.

Taking a source away takes its interactions out of training and out of the histories of the people asked;
its items and their texts stay known. Nothing else changes: split, seeds, what is asked for, and the settings
of the model are those of the evaluation, so the difference is the source's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.engine import Progress, Silent
from isthmus.errors import SettingsError, UnknownNameError
from isthmus.evaluation.corrections import holm
from isthmus.evaluation.metrics import parse_metric
from isthmus.evaluation.permutation import flip_signs
from isthmus.evaluation.protocols import make_splits
from isthmus.evaluation.results import Report, TransferFigure
from isthmus.evaluation.rounds import Round, ask
from isthmus.evaluation.significance import paired_interval_of, resample_means
from isthmus.evaluation.split import Split, entries, select_entries
from isthmus.evaluation.twins import TwinSettings, find_twins
from isthmus.models.base import Recommender
from isthmus.schema import FloatArray

__all__ = ["choose_model", "measure_transfer"]

_ERROR_RATE = 0.05


def choose_model(reports: Sequence[Report]) -> str:
    """The model with the highest mean, over the reports, of its share of the best headline figure.

    The first of equals. Raises SettingsError where there is no report.
    """
    if not reports:
        raise SettingsError("There is no report to choose a model from.")
    names = [name for name in reports[0].models if all(name in report.models for report in reports)]
    shares = [_shares(report, names) for report in reports]
    return names[int(np.argmax(np.mean(shares, axis=0)))]


def measure_transfer(
    dataset: Dataset, report: Report, name: str, model: Recommender, *, progress: Progress | None = None
) -> tuple[TransferFigure, ...]:
    """What every source adds to the lists of `model`, one of the report's, which was made of `dataset`.

    First without all sources at once (`source` None), then without each; a single source is both, and has
    one figure under its name. With several k also per k, without all sources. Figures are the report's
    headline metric on its headline rows, paired over people, with a permutation test each, corrected for all
    (holm-1979). Cost is one fit per source and one more, times the splits. Raises UnknownNameError for the
    model, SettingsError where no metric has a value per person or the target is the only platform, and what
    the protocol and the model raise.
    """
    found = report.per_person.get((name, report.headline_metric, report.headline))
    if name not in report.models:
        raise UnknownNameError("model in this evaluation", name, report.models)
    sources = [platform for platform in dataset.platforms if platform != report.target]
    if found is None or not sources:
        raise SettingsError("Transfer needs a second platform, and a metric with a value per person.")
    rounds = _rounds(dataset, report)
    asked = [None, *sources] if len(sources) > 1 else sources
    columns = []
    with (progress or Silent()).track(f"transfer to {report.target}", len(asked) * len(rounds)) as advance:
        for source in asked:
            away = tuple(sources) if source is None else (source,)
            columns.append(_Column(source, None, _values(rounds, name, model, away, report)))
            advance(len(rounds))
    alone = columns[0].without
    if len(report.ks) > 1:
        columns += [_Column(None, k, np.where(report.k == k, alone, np.nan)) for k in report.ks]
    return _judge(report, name, found, columns, _reach(rounds, sources))


@dataclass(frozen=True)
class _Column:
    source: str | None
    k: int | None
    without: FloatArray
    """(cases,), nan where somebody is not of this k."""


def _shares(report: Report, names: Sequence[str]) -> FloatArray:
    means = np.nan_to_num([report.figure(name, report.headline_metric).mean for name in names])
    return np.asarray(means / max(float(means.max()), 1e-300))


def _rounds(dataset: Dataset, report: Report) -> list[Round]:
    """The splits of the report, made again."""
    settings = report.twins.get("settings")
    pairs = None if settings is None else find_twins(dataset, report.target, TwinSettings(**settings))
    return [
        Round(split, ask(split.test, pairs))
        for seed in report.seeds
        for split in make_splits(dataset, report.target, report.protocol, seed=seed, options=report.options)
    ]


def _values(
    rounds: list[Round], name: str, model: Recommender, away: tuple[str, ...], report: Report
) -> FloatArray:
    """(cases,): the headline metric without the platforms `away`."""
    metric = parse_metric(report.headline_metric)
    parts = []
    for done in rounds:
        bare = Round(_without(done.split, away), done.asked)
        bare.run(name, model, metric.k)
        parts.append(metric(bare.judged(name, report.headline)))
    return np.concatenate(parts)


def _without(split: Split, platforms: tuple[str, ...]) -> Split:
    """The same split, in which nobody ever did anything on `platforms`."""
    train = split.train
    away = np.isin(train.item_platform, [train.platform_num(name) for name in platforms])
    everybody = np.arange(train.n_users)
    blocked = select_entries(train.blocked, ~away[train.blocked.indices], everybody)
    bare = replace(train.keeping(~away[train.interactions.indices]), blocked=blocked)
    stays = ~away[split.test.history.indices]
    history, times = (_only(matrix, stays) for matrix in (split.test.history, split.test.times))
    return replace(split, train=bare, test=replace(split.test, history=history, times=times))


def _only(matrix: csr_array, marked: NDArray[np.bool_]) -> csr_array:
    return select_entries(matrix, marked, np.arange(matrix.shape[0]))


def _reach(rounds: list[Round], sources: list[str]) -> Mapping[str | None, NDArray[np.bool_]]:
    """Per source (cases,): whether the person is known there; None: anywhere but on the target."""
    reach: dict[str | None, NDArray[np.bool_]] = {}
    for source in sources:
        parts = []
        for done in rounds:
            history, train = done.split.test.history, done.split.train
            there = train.item_platform[history.indices] == train.platform_num(source)
            parts.append(np.bincount(entries(history)[there], minlength=history.shape[0]) > 0)
        reach[source] = np.concatenate(parts)
    reach[None] = np.any(list(reach.values()), axis=0)
    return reach


def _judge(
    report: Report,
    name: str,
    found: FloatArray,
    columns: list[_Column],
    reach: Mapping[str | None, NDArray[np.bool_]],
) -> tuple[TransferFigure, ...]:
    bare = np.column_stack([column.without for column in columns])
    full = np.where(np.isnan(bare), np.nan, found[:, None])
    bare = np.where(np.isnan(full), np.nan, bare)
    p_values = flip_signs(full - bare, n=report.resamples, groups=report.users)
    adjusted = holm(p_values)
    draws = resample_means(np.hstack([full, bare]), n=report.resamples, groups=report.users)
    figures = []
    for place, column in enumerate(columns):
        mine, theirs = full[:, place], bare[:, place]
        with_draws, without_draws = draws[:, place], draws[:, len(columns) + place]
        of = paired_interval_of(mine, theirs, with_draws, without_draws, level=report.level)
        judged = ~np.isnan(mine)
        figures.append(
            TransferFigure(
                model=name,
                source=column.source,
                k=column.k,
                with_it=_mean(mine, judged),
                without=_mean(theirs, judged),
                p_value=float(p_values[place]),
                adjusted=float(adjusted[place]),
                real=bool(adjusted[place] <= _ERROR_RATE),
                known=_mean(reach[column.source].astype(np.float64), judged),
                **asdict(of),
            )
        )
    return tuple(figures)


def _mean(values: FloatArray, judged: NDArray[np.bool_]) -> float:
    return float(values[judged].mean()) if judged.any() else np.nan
