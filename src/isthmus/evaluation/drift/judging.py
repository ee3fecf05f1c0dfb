"""Which of the shifts are drift: large enough to matter, and no accident."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isthmus.errors import SettingsError
from isthmus.evaluation.drift.blocks import Blocks, Shift
from isthmus.evaluation.drift.windows import Windows

__all__ = ["Drift", "DriftFinding", "DriftSettings", "Measured", "describe_mix", "judge"]


@dataclass(frozen=True)
class DriftSettings:
    """From where on a shift is drift. Thresholds are for what a distance has above that of chance alone."""

    kinds: float = 0.1
    """Population stability index of the kinds of events."""
    popularity: float = 0.1
    """Jensen-Shannon divergence, in bits, of the mix of items."""
    texts: float = 0.005
    """Squared maximum mean discrepancy of the texts' vectors. Real film titles of two months differ by up to
    .0005; a third of all events turning to one narrow topic gives .005 to .016."""
    scores_ks: float = 0.1
    """Kolmogorov-Smirnov distance of the scores."""
    scores_psi: float = 0.1
    """Population stability index of the scores."""
    quality: float = 0.2
    """Part of itself by which the quality has fallen."""
    false_alarms: float = 0.05
    """How often a run may find any drift where there is none; shared out among its checks (Bonferroni)."""
    people: int = 20
    """Fewer in the current window, or in those before it, are too few to say anything."""
    resamples: int = 999
    """Random deals per check; more are taken where many checks need small p values."""

    def __post_init__(self) -> None:
        limits = (self.kinds, self.popularity, self.texts, self.scores_ks, self.scores_psi, self.quality)
        if min(limits) < 0 or not 0 < self.false_alarms < 1 or self.people < 1 or self.resamples < 1:
            raise SettingsError(f"{self} is out of range.", "Thresholds are at least 0, counts at least 1.")

    def resamples_for(self, checks: int) -> int:
        """Random deals per check that let the smallest p value be a fifth of its limit."""
        return max(self.resamples, math.ceil(5 * checks / self.false_alarms))

    def threshold(self, check: str) -> float:
        """Of a check, by its name."""
        return float(getattr(self, check.lower().replace(", ", "_")))


@dataclass(frozen=True)
class Measured:
    """What one check measured on one platform, and what is behind it in words."""

    platform: str
    check: str
    shift: Shift
    words: str


@dataclass(frozen=True)
class DriftFinding:
    """What became of one check."""

    platform: str
    check: str
    drift: bool
    value: float
    by_chance: float
    threshold: float
    """For `value` above `by_chance`."""
    p: float
    n_reference: int
    """People, each counted once per window."""
    n_current: int
    says: str


@dataclass(frozen=True)
class Drift:
    """What all checks found."""

    windows: Windows
    findings: tuple[DriftFinding, ...]

    @property
    def found(self) -> bool:
        """Whether there is any drift."""
        return any(finding.drift for finding in self.findings)

    def to_dict(self) -> Mapping[str, Any]:
        """The same in types that JSON has; what is not a number is null."""
        since, start, stop = self.windows.words
        return {
            "drift": self.found,
            "reference_from": since,
            "current_from": start,
            "current_until": stop,
            "windows": self.windows.count,
            "findings": [
                {
                    name: None if isinstance(value, float) and math.isnan(value) else value
                    for name, value in asdict(one).items()
                }
                for one in self.findings
            ],
        }


def judge(measured: Sequence[Measured], windows: Windows, settings: DriftSettings | None = None) -> Drift:
    """Drift is what lies above chance by the threshold and has a p value below its share of false alarms."""
    settings = settings or DriftSettings()
    limit = settings.false_alarms / max(1, len(measured))
    return Drift(windows, tuple(_finding(one, settings, limit) for one in measured))


def _finding(one: Measured, settings: DriftSettings, limit: float) -> DriftFinding:
    shift, threshold = one.shift, settings.threshold(one.check)
    few = min(shift.n_reference, shift.n_current) < settings.people
    above = shift.value - shift.by_chance
    drift = bool(not few and above >= threshold and shift.p <= limit)
    says = "too few people to say" if few else one.words
    return DriftFinding(
        one.platform, one.check, drift, shift.value, shift.by_chance, threshold, shift.p,
        shift.n_reference, shift.n_current, says,
    )  # fmt: skip


def describe_mix(blocks: Blocks, names: Sequence[str]) -> str:
    """The names whose shares have changed most, in words."""
    sums = blocks.per_window()
    reference, current = sums[:-1].sum(axis=0), sums[-1]
    before, now = reference / max(reference.sum(), 1), current / max(current.sum(), 1)
    most = np.argsort(-np.abs(now - before), kind="stable")[:3]
    changed = [place for place in most if round(100 * before[place]) != round(100 * now[place])]
    parts = [f"{names[place]} {100 * before[place]:.0f} % → {100 * now[place]:.0f} %" for place in changed]
    return ", ".join(parts) or "no share moved by a hundredth"
