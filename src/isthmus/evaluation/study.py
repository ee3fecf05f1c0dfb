"""Several evaluations of the same models, one per target and protocol, and what they say together."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from isthmus.evaluation.results import Report

__all__ = ["Skipped", "Standing", "Study"]


@dataclass(frozen=True)
class Skipped:
    """A target and protocol under which nobody could be tested, and why."""

    target: str
    protocol: str
    why: str


@dataclass(frozen=True)
class Standing:
    """In how many evaluations a model is best by the headline metric, and how surely."""

    model: str
    best: int
    """Has the highest mean."""
    clear: int
    """Has it, and no other model's difference from it may be chance."""
    tied: int
    """Has it not, but its difference from the best may be chance."""
    of: int


@dataclass(frozen=True)
class Study:
    """What evaluations of the same models found, each in full, in the order in which they were asked for."""

    reports: tuple[Report, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Names of all models, in the order of the first report."""
        return tuple(dict.fromkeys(name for report in self.reports for name in report.models))

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Of every model, the most often best or tied with the best first."""
        best = [report.best(report.headline_metric) for report in self.reports]
        near = [report.tied(name) for report, name in zip(self.reports, best, strict=True)]
        clear = [name for name, tied in zip(best, near, strict=True) if not tied]
        found = [
            Standing(
                model,
                best.count(model),
                clear.count(model),
                sum(model in tied for tied in near),
                len(self.reports),
            )
            for model in self.models
        ]
        return tuple(sorted(found, key=lambda one: (-(one.best + one.tied), -one.best)))

    def facts(self) -> Mapping[str, Any]:
        """All but the values per person, in types that JSON has."""
        return {
            "reports": [report.facts() for report in self.reports],
            "standings": [asdict(one) for one in self.standings],
            "skipped": [asdict(one) for one in self.skipped],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """`facts` as text."""
        return json.dumps(self.facts(), indent=indent, ensure_ascii=False)
