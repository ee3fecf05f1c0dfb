"""What an evaluation found: figures with intervals, comparisons, times, and all it takes to run it again."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from isthmus.errors import UnknownNameError
from isthmus.evaluation.metrics import LOWER_IS_BETTER
from isthmus.schema import FloatArray, IntArray

__all__ = ["Comparison", "Figure", "Report", "Timing", "WhichTwins"]

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
    """What the protocol was told."""
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

    def to_json(self, indent: int | None = 2) -> str:
        """All but the values per person, as JSON; what is not a number is null."""
        names = set(self.__dataclass_fields__) - {
            "users",
            "k",
            "per_person",
            "figures",
            "comparisons",
            "timings",
        }
        about = {name: getattr(self, name) for name in self.__dataclass_fields__ if name in names}
        for name in ("figures", "comparisons", "timings"):
            about[name] = [asdict(row) for row in getattr(self, name)]
        return json.dumps(_plain(about | {"headline": self.headline}), indent=indent, ensure_ascii=False)


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
