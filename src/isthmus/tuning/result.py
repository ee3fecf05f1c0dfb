"""What a search found, and the settings file that says so."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isthmus.tuning.space import Space, Values, as_toml
from isthmus.tuning.trial import Trial, find_best

__all__ = ["TuningResult"]


@dataclass(frozen=True)
class TuningResult:
    """The best settings of a model on validation, and everything needed to find them again."""

    model: str
    target: str
    protocol: str
    options: Mapping[str, Any]
    metric: str
    lower: bool
    """Whether less of the metric is better."""
    seed: int
    folds: int
    space: Space
    fixed: Values
    """Settings that were given and not searched."""
    defaults: Values | None
    """Defaults of the settings that were searched; None where one is outside the space."""
    trials: tuple[Trial, ...]
    """In the order in which they ended, those of earlier calls included."""
    earlier: int
    """How many of them earlier calls made."""
    facts: Mapping[str, Any]
    """people of each fold, test_rows_left_out, the encoder of the texts and the version."""
    stopped: str
    """Why the search ended: trials, timeout, or exhausted (nothing else is in the space)."""

    @property
    def best(self) -> Trial:
        """The trial that won. There is always one: a search does not end before."""
        found = find_best(self.trials, lower=self.lower)
        assert found is not None
        return found

    @property
    def score(self) -> float:
        """Mean of the metric over the folds, with the best settings."""
        return self.best.score

    @property
    def settings(self) -> dict[str, Any]:
        """For `load_model`, `fit_model` and `isthmus fit --config`: those found and those given."""
        return {**self.fixed, **self.best.values}

    @property
    def default_trial(self) -> Trial | None:
        """The trial that had the defaults, None where there was none."""
        finished = [trial for trial in self.trials if trial.state == "finished"]
        return next((trial for trial in finished if trial.values == self.defaults), None)

    @property
    def folds_gained(self) -> int | None:
        """On how many folds the best is better than the defaults; None where those were not tried."""
        default = self.default_trial
        if default is None:
            return None
        gained = np.subtract(self.best.folds, default.folds) * (-1 if self.lower else 1)
        return int(np.count_nonzero(gained > 0))

    def count(self, state: str) -> int:
        """How many trials are finished, given up or failed."""
        return sum(trial.state == state for trial in self.trials)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: everything, with the best settings and the scores on top."""
        default = self.default_trial
        top = {
            "model": self.model,
            "target": self.target,
            "settings": self.settings,
            "score": self.score,
            "score_of_defaults": None if default is None else default.score,
            "folds_gained": self.folds_gained,
            "trials": len(self.trials),
            "trials_of_earlier_calls": self.earlier,
        }
        rest = {
            "protocol": self.protocol, "options": dict(self.options), "metric": self.metric,
            "seed": self.seed, "folds": self.folds, "stopped": self.stopped, **self.facts,
            "space": {setting: asdict(tried) for setting, tried in self.space.items()},
            "history": [_as_json(trial) for trial in self.trials],
        }  # fmt: skip
        return top | rest

    def to_toml(self) -> str:
        """The settings as TOML, with what they reached and how they were found as comments above."""
        head = [f"# {' '.join(line.split())}".rstrip() for line in self._told()]
        body = [f"{setting} = {as_toml(value)}" for setting, value in self.settings.items()]
        return "\n".join([*head, "", *body, ""])

    def _told(self) -> Iterator[str]:
        version = f" {self.facts['version']}" if self.facts["version"] else ""
        given = "".join(f", {name}={value}" for name, value in self.options.items())
        drawn = ", ".join(str(self.seed + number) for number in range(self.folds))
        people = ", ".join(map(str, self.facts["people"]))
        encoder = self.facts["encoder"] or "none"
        counts = f"{self.count('given up')} given up early, {self.count('failed')} failed"
        how = "The whole space." if self.stopped == "exhausted" else f"Sampler: TPE, seed {self.seed}."
        yield f"Settings of {self.model} for lists on {self.target}, found by isthmus tune{version}."
        yield f"isthmus fit WS --model {self.model} --target {self.target} --config FILE"
        yield ""
        yield f"Validation: {self.metric} {_figures(self.best)}"
        if self.default_trial is not None:
            yield f"Defaults:   {self.metric} {_figures(self.default_trial)}"
        yield f"Protocol: {self.protocol}{given}. Folds drawn with seeds {drawn}; people asked: {people}."
        yield f"Trials: {len(self.trials)}, of which {counts}. {how}"
        for setting, tried in self.space.items():
            yield f"Tried: {setting} {tried}"
        yield f"Encoder: {encoder}."
        yield ""
        yield "The best of many on the people it is judged by: on others expect a little less."
        yield f"Nothing of the test of seed {self.seed} was seen. So test it with that seed: the tests of"
        yield "others ask people whom this search has seen."


def _figures(trial: Trial) -> str:
    """The mean, and the folds it is made of."""
    folds = f" (folds {', '.join(f'{value:.4f}' for value in trial.folds)})" if len(trial.folds) > 1 else ""
    return f"{trial.score:.4f}{folds}"


def _as_json(trial: Trial) -> dict[str, Any]:
    score = None if np.isnan(trial.score) else trial.score
    return {**asdict(trial), "score": score}
