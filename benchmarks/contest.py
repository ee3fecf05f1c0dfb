"""A fair contest on a split of one's own: all methods get the same rows, the same budget and the same judge.

Each configuration of a method is fitted once, on the training rows; the one with the best NDCG@10 on the
validation rows is the one whose test lists count. No test row is looked at to choose anything.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from common import number, say
from isthmus.dataset import Dataset
from isthmus.evaluation import Cases, Lists, Split, paired_bootstrap, parse_metric
from isthmus.evaluation.significance import resample_means
from isthmus.models import load_model
from isthmus.schema import FloatArray, IntArray, Query, Recommendations

METRICS = ("ndcg@10", "hit_rate@10", "mrr@10")
Settings = Mapping[str, Any]


class Listing(Protocol):
    """All that a contest asks of a method; peers from other libraries have no more."""

    def fit(self, dataset: Dataset, *, rng: Any = None) -> Any: ...

    def recommend(self, query: Query, n: int = 10) -> Recommendations: ...


@dataclass(frozen=True)
class Contender:
    """A method by its name in the tables, how it is made, and the settings to choose from."""

    name: str
    make: Callable[[Settings], Listing]
    settings: Sequence[Settings] = ({},)

    @classmethod
    def of(cls, name: str, model: str, settings: Sequence[Settings] = ({},), **fixed: Any) -> "Contender":
        """One of ours, by its name in `isthmus.models.MODELS`; `fixed` goes into all settings."""
        return cls(name, lambda chosen: load_model(model, {**fixed, **chosen}), settings)

    def with_defaults(self) -> "Contender":
        """The same with its first settings only."""
        return Contender(self.name, self.make, self.settings[:1])


@dataclass
class Score:
    """What one method reached, a value per list, over all splits it was tried on."""

    values: dict[str, list[FloatArray]] = field(default_factory=dict)
    users: list[IntArray] = field(default_factory=list)
    chosen: list[Settings] = field(default_factory=list)
    fit_s: list[float] = field(default_factory=list)

    def pooled(self, metric: str = "ndcg@10") -> tuple[FloatArray, IntArray]:
        """All values of `metric` and whose they are."""
        return np.concatenate(self.values[metric]), np.concatenate(self.users)

    def mean(self, metric: str = "ndcg@10") -> float:
        """Mean over all lists that can be judged."""
        return float(np.nanmean(self.pooled(metric)[0]))

    def standard_error(self, metric: str = "ndcg@10") -> float:
        """By bootstrap over people, each drawn with all their lists."""
        values, users = self.pooled(metric)
        return float(resample_means(values[:, None], n=2_000, groups=users).std())


Scores = dict[str, Score]


def compete(
    contenders: Sequence[Contender], split: Split, scores: Scores, label: str, kept: Path | None = None
) -> None:
    """Fit every configuration on `split`, choose by validation, and add the test figures to `scores`.

    In the folder `kept`, figures of a contender with these settings on this split are looked up and left.
    """
    for contender in contenders:
        place = None if kept is None else kept / f"{_about(contender, split, label)}.json"
        if place is not None and place.exists():
            found = json.loads(place.read_text(encoding="utf-8"))
        else:
            found = _choose(contender, split)
            if place is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(found), encoding="utf-8")
        score = scores.setdefault(contender.name, Score())
        score.users.append(split.test.users)
        score.chosen.append(found["settings"])
        score.fit_s.append(found["fit_s"])
        for metric in METRICS:
            score.values.setdefault(metric, []).append(np.array(found["values"][metric], dtype=np.float64))
        written = _written(found["settings"])
        say(f"{label}, seed {split.seed}: {contender.name} {score.mean():.4f} so far, {written}")


def _about(contender: Contender, split: Split, label: str) -> str:
    """A name for what is measured: the method, its settings, and the rows of the split."""
    digest = blake2b(
        json.dumps([label, split.seed, [*map(dict, contender.settings)]]).encode(), digest_size=8
    )
    for cases in (split.validation, split.test):
        digest.update(np.ascontiguousarray(cases.users).tobytes())
        digest.update(np.ascontiguousarray(cases.truth.indices).tobytes())
    return f"{contender.name}-{digest.hexdigest()}"


def _choose(contender: Contender, split: Split) -> dict[str, Any]:
    """The settings that validation likes best, the seconds of their fit, and their values on test rows."""
    best, best_reached = None, -np.inf
    for settings in contender.settings:
        started = time.perf_counter()
        model = contender.make(settings).fit(split.train, rng=split.seed)
        fit_s = time.perf_counter() - started
        alone = len(contender.settings) == 1
        reached = 0.0 if alone else float(np.nanmean(_judge(model, split, split.validation)["ndcg@10"]))
        if reached > best_reached:
            best_reached, best = reached, (settings, fit_s, _judge(model, split, split.test))
    assert best is not None
    settings, fit_s, values = best
    plain = {metric: values[metric].tolist() for metric in METRICS}
    return {"settings": dict(settings), "fit_s": fit_s, "values": plain}


def _judge(model: Listing, split: Split, cases: Cases) -> dict[str, FloatArray]:
    lists = Lists(model.recommend(cases.query(split.train, split.target), 10).item_nums, cases.truth)
    return {metric: parse_metric(metric)(lists) for metric in METRICS}


def rows(scores: Scores) -> list[list[str]]:
    """One row per method for a table with the columns of `COLUMNS`."""
    return [
        [
            name,
            number(score.mean()),
            number(score.standard_error()),
            number(score.mean("hit_rate@10")),
            number(score.mean("mrr@10")),
            f"{np.mean(score.fit_s):.1f}",
            " · ".join(dict.fromkeys(_written(settings) for settings in score.chosen)),
        ]
        for name, score in scores.items()
    ]


COLUMNS = ("model", "ndcg@10", "standard error", "hit_rate@10", "mrr@10", "fit, s", "settings chosen")


def ratio(scores: Scores, name: str, others: Sequence[str]) -> dict[str, Any]:
    """How many times the NDCG@10 of the best of `others` the method `name` has, with its 95 % interval."""
    best = max(others, key=lambda other: scores[other].mean())
    mine, users = scores[name].pooled()
    found = paired_bootstrap(mine, scores[best].pooled()[0], groups=users)
    return {
        "model": name, "against": best,
        "ratio": found.ratio, "low": found.ratio_low, "high": found.ratio_high, "lists": found.n,
    }  # fmt: skip


def tell(found: Mapping[str, Any]) -> str:
    """The ratio in words."""
    return (
        f"{found['model']} has {found['ratio']:.2f} [{found['low']:.2f}, {found['high']:.2f}] times the "
        f"NDCG@10 of {found['against']}, the best of the others ({found['lists']:,} lists)"
    )


def figures(scores: Scores) -> dict[str, Any]:
    """The means and standard errors as numbers, for the JSON."""
    return {
        name: {
            **{metric: score.mean(metric) for metric in METRICS},
            "standard_error": score.standard_error(),
            "chosen": [dict(settings) for settings in score.chosen],
        }
        for name, score in scores.items()
    }


def _written(settings: Settings) -> str:
    parts = (
        f"{name} {value if isinstance(value, str) else f'{value:g}'}" for name, value in settings.items()
    )
    return ", ".join(parts) or "defaults"
