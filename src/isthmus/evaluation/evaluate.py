"""Fit models on what they may see, ask them about people they may not, and compare what comes back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.dataset import Dataset
from isthmus.engine import Advance, Progress, Silent
from isthmus.errors import SettingsError, UnknownNameError
from isthmus.evaluation.facts import about_dataset, about_machine, about_model, about_twins, kind_of
from isthmus.evaluation.groups import measure_groups
from isthmus.evaluation.leaks import check_leaks, join_leaks
from isthmus.evaluation.metrics import LOWER_IS_BETTER, Metric, parse_metric
from isthmus.evaluation.pairwise import compare_report
from isthmus.evaluation.protocols import find_options, make_splits
from isthmus.evaluation.results import Comparison, Figure, Report, WhichTwins
from isthmus.evaluation.rounds import Round, ask, join_users
from isthmus.evaluation.significance import interval_of, paired_interval_of, resample_means
from isthmus.evaluation.twins import TwinSettings, find_twins
from isthmus.models.base import Recommender
from isthmus.schema import FloatArray

__all__ = ["DEFAULT_METRICS", "evaluate"]

DEFAULT_METRICS = (
    "ndcg@10", "recall@10", "precision@10", "f1@10", "hit_rate@10", "map@10", "mrr@10",
    "coverage@10", "diversity@10", "novelty@10",
)  # fmt: skip


def evaluate(
    dataset: Dataset,
    models: Mapping[str, Recommender] | Sequence[Recommender],
    *,
    target: str,
    protocol: str = "cold-start",
    metrics: Sequence[str] = DEFAULT_METRICS,
    seeds: Sequence[int] = (0,),
    options: Mapping[str, Any] | None = None,
    twins: TwinSettings | None = TwinSettings(),  # noqa: B008 (frozen)
    against: str | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    progress: Progress | None = None,
) -> Report:
    """Test `models` on recommending from `target`, and say how sure the figures are.

    The models given are left as they are: a copy of each is fitted per seed. `options` go to the protocol
    (`test`, `validation`, `k`, ...). With `twins` every figure stands twice, with and without test rows that
    have a twin in the person's history. Each model is compared with the one called `against`, by default
    with the best of the others. Intervals are bootstraps over people, pooled over the seeds, a person drawn
    as a whole; a series of splits (rolling windows) is pooled alike. By the first metric that has a value per
    person, all models are compared with all others, and its figures stand per group of people and items.
    Every split is checked for leaks. Raises UnknownNameError for names, SettingsError for options, InputError
    where nobody can be tested.
    """
    named = _named(models, against)
    parsed = [parse_metric(metric) for metric in dict.fromkeys(metrics)]
    if not parsed or not seeds:
        raise SettingsError("An evaluation needs at least one metric and one seed.")
    pairs = None if twins is None else find_twins(dataset, target, twins)
    splits = [
        made for seed in seeds for made in make_splits(dataset, target, protocol, seed=seed, options=options)
    ]
    rounds = [Round(split, ask(split.test, pairs)) for split in splits]
    with (progress or Silent()).track(f"evaluate on {target}", 2 * len(named) * len(rounds)) as advance:
        _run(rounds, named, max(metric.k for metric in parsed), advance)
    measured = _Measured.of(rounds, list(named), parsed)
    figures, comparisons = measured.judge(level, resamples, against)
    report = Report(
        target=target, protocol=protocol, level=level, resamples=resamples, seeds=tuple(seeds),
        options=find_options(protocol) | dict(options or {}), metrics=tuple(str(one) for one in parsed),
        dataset=about_dataset(dataset), figures=tuple(figures), comparisons=tuple(comparisons),
        models={name: about_model(model) for name, model in named.items()},
        splits=tuple({"seed": done.split.seed} | dict(done.split.facts) for done in rounds),
        twins={} if pairs is None or twins is None else about_twins(pairs, twins, rounds),
        leaks=join_leaks([check_leaks(split, False if pairs is None else pairs) for split in splits]).facts,
        timings=tuple(timing for done in rounds for timing in done.timings),
        users=measured.users, k=measured.k, per_person=measured.values, machine=about_machine(),
    )  # fmt: skip
    return _compared(report, rounds)


def _run(rounds: Sequence[Round], named: Mapping[str, Recommender], longest: int, advance: Advance) -> None:
    """Fit and ask every model in every round, for lists of the `longest` length."""
    for one, (name, model) in product(rounds, named.items()):
        one.run(name, model, longest)
        advance(2)


def _compared(report: Report, rounds: list[Round]) -> Report:
    """The same with all pairs of models compared and figures per group, where a metric allows it."""
    metric = report.headline_metric
    if not any(key[1] == metric for key in report.per_person):
        return report
    groups = measure_groups(
        parse_metric(metric), rounds, list(report.models), report.headline, report.level, report.resamples
    )
    return replace(report, pairs=compare_report(report, metric), groups=groups)


@dataclass(frozen=True)
class _Measured:
    """All values of all models, seeds one after the other."""

    rounds: list[Round]
    models: list[str]
    metrics: list[Metric]
    users: NDArray[np.int64]
    k: NDArray[np.int64]
    values: dict[tuple[str, str, WhichTwins], FloatArray]
    """(model, metric, twins) to (cases,), of the metrics that have a value per person."""

    @classmethod
    def of(cls, rounds: list[Round], models: list[str], metrics: list[Metric]) -> "_Measured":
        values = {}
        for twins in rounds[0].asked:
            for model in models:
                judged = [done.judged(model, twins) for done in rounds]
                for metric in metrics:
                    parts = [metric(lists) for lists in judged]
                    if parts[0].ndim:
                        values[model, str(metric), twins] = np.concatenate(parts)
        k = np.concatenate([done.split.test.k for done in rounds])
        return cls(rounds, models, metrics, join_users(rounds), k, values)

    def judge(
        self, level: float, resamples: int, against: str | None
    ) -> tuple[list[Figure], list[Comparison]]:
        """Means and comparisons with intervals: everybody, then, in k-shot, per number of events left."""
        figures: list[Figure] = []
        comparisons: list[Comparison] = []
        for k in self._ks():
            rows = np.arange(len(self.k)) if k is None else np.flatnonzero(self.k == k)
            for twins in self.rounds[0].asked:
                drawn = self._draw(rows, twins, resamples)
                for (model, metric), column in drawn.items():
                    found = interval_of(column.values, column.draws, level)
                    figures.append(
                        Figure(model, metric, k, twins, found.mean, found.low, found.high, found.n)
                    )
                figures += self._of_all_lists(rows, k, twins)
                comparisons += self._compare(drawn, k, twins, level, against)
        return figures, comparisons

    def _ks(self) -> list[int | None]:
        one_k_each = self.rounds[0].split.protocol == "k-shot"
        return [None, *(int(k) for k in np.unique(self.k))] if one_k_each else [None]

    def _draw(
        self, rows: NDArray[Any], twins: WhichTwins, resamples: int
    ) -> dict[tuple[str, str], "_Column"]:
        """All columns over the same draws; only people on whom all models can be judged enter comparisons."""
        keys = [(model, metric) for model, metric, which in self.values if which == twins]
        if not keys:
            return {}
        alone = np.column_stack([self.values[*key, twins][rows] for key in keys])
        common = alone.copy()
        for metric in {metric for _, metric in keys}:
            columns = [place for place, key in enumerate(keys) if key[1] == metric]
            common[np.ix_(np.isnan(alone[:, columns]).any(axis=1), columns)] = np.nan
        draws = resample_means(np.hstack([alone, common]), n=resamples, groups=self.users[rows])
        n = len(keys)
        return {
            key: _Column(alone[:, place], draws[:, place], common[:, place], draws[:, n + place])
            for place, key in enumerate(keys)
        }

    def _of_all_lists(self, rows: NDArray[Any], k: int | None, twins: WhichTwins) -> Iterator[Figure]:
        """Figures that no single list has (coverage): the mean over seeds, without an interval."""
        for model in self.models:
            for metric in self.metrics:
                if (model, str(metric), twins) not in self.values:
                    means = []
                    for done in self.rounds:
                        of_k = slice(None) if k is None else np.flatnonzero(done.split.test.k == k)
                        means.append(float(metric(done.judged(model, twins, of_k))))
                    yield Figure(
                        model, str(metric), k, twins, float(np.mean(means)), np.nan, np.nan, len(rows)
                    )

    def _compare(
        self,
        drawn: dict[tuple[str, str], "_Column"],
        k: int | None,
        twins: WhichTwins,
        level: float,
        against: str | None,
    ) -> Iterator[Comparison]:
        for model, metric in drawn:
            sign = -1 if metric.partition("@")[0] in LOWER_IS_BETTER else 1
            sums = {
                other: sign * np.nansum(drawn[other, metric].common)
                for other in self.models
                if other != model
            }
            other = against or max(sums, key=lambda name: sums[name], default=model)
            if other != model:
                this, that = drawn[model, metric], drawn[other, metric]
                found = paired_interval_of(
                    this.common, that.common, this.common_draws, that.common_draws, level
                )
                yield Comparison(model, other, metric, k, twins, **asdict(found))


@dataclass(frozen=True)
class _Column:
    """Values (cases,) of a model and metric and their means (draws,), alone and where all models have one."""

    values: FloatArray
    draws: FloatArray
    common: FloatArray
    common_draws: FloatArray


def _named(
    models: Mapping[str, Recommender] | Sequence[Recommender], against: str | None
) -> dict[str, Recommender]:
    """Models by name; a second one of the same kind is called `ease-2`."""
    named: dict[str, Recommender] = {}
    if isinstance(models, Mapping):
        named.update(models)
    else:
        for model in models:
            kind = kind_of(model)
            same = sum(kind_of(other) == kind for other in named.values())
            named[f"{kind}-{same + 1}" if same else kind] = model
    if not named:
        raise SettingsError("An evaluation needs at least one model.")
    if against is not None and against not in named:
        raise UnknownNameError("model in this evaluation", against, named)
    return named
