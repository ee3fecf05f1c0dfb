"""What an evaluation found: figures with intervals, comparisons, times, and all it takes to run it again."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from isthmus.errors import UnknownNameError
from isthmus.evaluation.metrics import LOWER_IS_BETTER
from isthmus.schema import FloatArray, IntArray

__all__ = [
    "Comparison",
    "Figure",
    "GroupFigure",
    "PairedDifference",
    "Report",
    "Timing",
    "TransferFigure",
    "WhichTwins",
]

WhichTwins = Literal["with", "without"]
"""Whether test rows count whose item has a twin in the person's history."""


@dataclass(frozen=True)
class Figure:
    """One metric of one model: the mean over people and its interval (nan for figures of all lists)."""

    model: str
    metric: str
    k: int | None
    """Events on the target left to the people; None: everybody asked about."""
    twins: WhichTwins
    mean: float
    low: float
    high: float
    n: int
    """How many lists the mean is of."""


@dataclass(frozen=True)
class Comparison:
    """One model against another on the same people: difference and ratio of the means, with intervals."""

    model: str
    against: str
    metric: str
    k: int | None
    twins: WhichTwins
    difference: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    n: int


@dataclass(frozen=True)
class PairedDifference:
    """One method and one whose mean is no higher, on the cases that both could be judged on."""

    model: str
    against: str
    difference: float
    """Mean of `model` minus mean of `against`, at least 0."""
    low: float
    """Bootstrap interval of this pair alone, not widened for the others."""
    high: float
    p_value: float
    """Of the paired permutation test, for this pair alone."""
    adjusted: float
    """The same, corrected for all pairs that were compared."""
    real: bool
    """Whether `adjusted` is at most the error rate that was asked for."""
    n: int


@dataclass(frozen=True)
class GroupFigure:
    """The headline metric of one model over a group of people, or over what they took of a group of items."""

    model: str
    by: Literal["platform", "activity", "items"]
    group: str
    """A platform people are known on, a band of ACTIVITY, or head, tail or cold."""
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class TransferFigure:
    """What a source adds to the lists of a model: the same people asked with it and without it."""

    model: str
    source: str | None
    """The platform that was taken away; None: all but the target at once, so that it stands alone (a single
    source stands under its name)."""
    k: int | None
    """Events on the target left to the people; None: everybody asked about."""
    with_it: float
    """Mean of the headline metric with every platform."""
    without: float
    difference: float
    """`with_it` minus `without`: below 0 where the source does harm."""
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    """Of the paired permutation test, for this source alone."""
    adjusted: float
    """The same, corrected (Holm) for all sources of this target and all k."""
    real: bool
    """Whether `adjusted` is at most .05."""
    known: float
    """Share of the lists whose person is known on the source."""
    n: int


@dataclass(frozen=True)
class Timing:
    """Seconds one model took on one seed, on the machine of the evaluation."""

    model: str
    seed: int
    fit_s: float
    recommend_s: float
    n_lists: int


@dataclass(frozen=True)
class Report:
    """Everything an evaluation found. The clean figures, without twins, are the headline where they exist."""

    target: str
    protocol: str
    options: Mapping[str, Any]
    """What the protocol was told, its defaults included."""
    seeds: tuple[int, ...]
    metrics: tuple[str, ...]
    level: float
    """Of the intervals: .95 covers the true mean 19 times of 20."""
    resamples: int
    models: Mapping[str, Mapping[str, Any]]
    """Name to the kind of model and its settings."""
    dataset: Mapping[str, Any]
    splits: tuple[Mapping[str, Any], ...]
    """What each seed's split was, in counts."""
    twins: Mapping[str, Any]
    """What was found of twins and under which settings; empty where nobody looked."""
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    timings: tuple[Timing, ...]
    users: IntArray = field(repr=False)
    """(cases,): whose lists these are, all seeds one after the other; a person may occur several times."""
    k: IntArray = field(repr=False)
    """(cases,): how many events on the target were left to them."""
    per_person: Mapping[tuple[str, str, WhichTwins], FloatArray] = field(repr=False)
    """(model, metric, twins) to (cases,) values, for further paired tests."""
    leaks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What `check_leaks` found, per check: share, of how many, whether it is a warning, and in words."""
    pairs: tuple[PairedDifference, ...] = ()
    """Every pair of models by the headline metric, corrected for all pairs (Holm)."""
    groups: tuple[GroupFigure, ...] = ()
    """The headline metric per platform, activity, and popularity of items."""
    transfer: tuple[TransferFigure, ...] = ()
    """What each source adds to one model; empty where nobody asked."""
    machine: Mapping[str, Any] = field(default_factory=dict)
    """Versions, and what the seconds were measured on."""

    @property
    def name(self) -> str:
        """Protocol and target in one line."""
        return f"{self.protocol} · {self.target}"

    @property
    def headline_metric(self) -> str:
        """The first metric that has a value per person; the first of all where none has."""
        of_people = {metric for _, metric, _ in self.per_person}
        return next((metric for metric in self.metrics if metric in of_people), self.metrics[0])

    @property
    def headline(self) -> WhichTwins:
        """Which figures to quote: those without twins, unless nobody looked or nothing else is asked for."""
        return (
            "without"
            if self.twins.get("test_rows", 0) > self.twins.get("test_rows_with_a_twin", 0)
            else "with"
        )

    @property
    def ks(self) -> tuple[int, ...]:
        """The numbers of events left that have figures of their own."""
        return tuple(sorted({figure.k for figure in self.figures if figure.k is not None}))

    def figure(
        self, model: str, metric: str, *, k: int | None = None, twins: WhichTwins | None = None
    ) -> Figure:
        """One figure, by default the headline; raises UnknownNameError where there is none."""
        wanted = (model, metric, k, twins or self.headline)
        for found in self.figures:
            if (found.model, found.metric, found.k, found.twins) == wanted:
                return found
        known = {f"{found.model} {found.metric}" for found in self.figures}
        raise UnknownNameError("figure", f"{model} {metric}", known)

    def best(self, metric: str) -> str:
        """The model with the best headline mean of `metric`; the first of equals."""
        sign = -1 if metric.partition("@")[0] in LOWER_IS_BETTER else 1
        return max(self.models, key=lambda model: _or_least(sign * self.figure(model, metric).mean))

    def tied(self, model: str) -> tuple[str, ...]:
        """Other models whose difference from `model` by the headline metric may be chance."""
        of = [pair for pair in self.pairs if model in (pair.model, pair.against) and not pair.real]
        near = {name for pair in of for name in (pair.model, pair.against)} - {model}
        return tuple(name for name in self.models if name in near)

    def seconds(self, model: str) -> tuple[float, float]:
        """Mean seconds of `model` to fit and to make all lists, over the seeds."""
        mine = [timing for timing in self.timings if timing.model == model]
        return sum(t.fit_s for t in mine) / len(mine), sum(t.recommend_s for t in mine) / len(mine)

    def table(self) -> list[dict[str, str]]:
        """One row per model, ready to print: headline means with intervals, people and seconds."""
        rows = []
        for model in self.models:
            row = {"model": model}
            for metric in self.metrics:
                row[metric] = _with_interval(self.figure(model, metric))
            fit_s, recommend_s = self.seconds(model)
            row["lists"] = str(max(self.figure(model, metric).n for metric in self.metrics))
            rows.append(row | {"fit": f"{fit_s:.2f} s", "recommend": f"{recommend_s:.2f} s"})
        return rows

    def facts(self) -> dict[str, Any]:
        """All but the values per person, in types that JSON has; what is not a number is null."""
        about = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("users", "k", "per_person", *_ROWS)
        }
        for name in _ROWS:
            about[name] = [asdict(row) for row in getattr(self, name)]
        found: dict[str, Any] = _plain(about | {"headline": self.headline})
        return found

    def to_json(self, indent: int | None = 2) -> str:
        """`facts` as text."""
        return json.dumps(self.facts(), indent=indent, ensure_ascii=False)


_ROWS = ("figures", "comparisons", "timings", "pairs", "groups", "transfer")


def _with_interval(figure: Figure) -> str:
    if math.isnan(figure.mean):
        return "–"
    if math.isnan(figure.low):
        return f"{figure.mean:.4f}"
    return f"{figure.mean:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _plain(value: Any) -> Any:
    """The same in types that JSON has: not a number and infinite become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else str(value)
