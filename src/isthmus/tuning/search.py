"""The search: ask for settings, judge them fold by fold, keep what came of it, and stop in time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from isthmus.dataset import Dataset
from isthmus.engine import Advance, Progress, Silent
from isthmus.errors import SettingsError
from isthmus.evaluation import LOWER_IS_BETTER, TwinSettings, parse_metric
from isthmus.evaluation.metrics import Metric
from isthmus.models import load_model, model_class
from isthmus.tuning.folds import Folds, count_folds, make_folds
from isthmus.tuning.proposals import load_optuna, propose
from isthmus.tuning.question import Question, fingerprint
from isthmus.tuning.records import Records, open_records
from isthmus.tuning.result import TuningResult
from isthmus.tuning.space import Space, Values, default_values, load_space
from isthmus.tuning.trial import Trial, find_best, lies_behind

__all__ = ["tune"]


def tune(
    dataset: Dataset,
    model: str,
    *,
    target: str,
    protocol: str = "cold-start",
    trials: int = 30,
    timeout_s: float | None = None,
    metric: str = "ndcg@10",
    seed: int = 0,
    folds: int | None = None,
    options: Mapping[str, Any] | None = None,
    fixed: Values | None = None,
    space: Space | None = None,
    twins: TwinSettings | None = TwinSettings(),  # noqa: B008 (frozen)
    folder: Path | None = None,
    version: str = "",
    progress: Progress | None = None,
) -> TuningResult:
    """Search settings of `model` (a name) for lists on `target`, judged on validation people only.

    The split is that of `protocol` with its `options` and `seed`; its test is taken out before all else. A
    trial is judged on `folds` draws of validation people (3; 1 where the protocol draws nobody), and given up
    after a fold where it lies behind the median of the earlier ones. The defaults are tried first. `fixed`
    settings are not searched; `space` is by default the one that comes with the model. With `folder` trials
    outlive the process: a second call with the same question goes on, and `trials` counts those of all calls.
    A question is all that is given here, the data, and the `version` of the program.
    After `timeout_s` no further fold is begun, but one trial is always finished. Settings with which a fit
    fails are passed over, unless it is the first. Raises UnknownNameError, SettingsError, InputError where
    nobody can be asked, MissingExtraError without the extra `tune`, and what `open_records` raises.
    """
    if trials < 1 or seed < 0 or (timeout_s is not None and timeout_s < 0):
        raise SettingsError("A search needs at least one trial, and no negative seed or timeout.")
    load_optuna()
    judge, number = parse_metric(metric), count_folds(folds, protocol)
    given = _given(model, target, fixed or {})
    searched = {name: tried for name, tried in (space or load_space(model)).items() if name not in given}
    if not searched:
        raise SettingsError(f"Nothing is left to search for {model}.", "Fix fewer settings.")
    made = make_folds(
        dataset, target, protocol, seed=seed, n=number, options=options or {}, twins=twins
    )  # fmt: skip
    question = Question(
        model, target, protocol, dict(options or {}), str(judge), seed, number, searched, given, twins,
        fingerprint(made.rest), version,
    )  # fmt: skip
    search = _Search(question, made, judge, default_values(model, searched))
    with _quiet(), open_records(folder, question, lower=search.lower) as records:
        earlier = len(records.read())
        stopped = search.go(records, trials, timeout_s, progress or Silent())
        return search.result(records.read(), earlier, stopped)


Stopped = Literal["trials", "timeout", "exhausted"]


@dataclass(frozen=True)
class _Search:
    question: Question
    made: Folds
    metric: Metric
    defaults: Values | None

    @property
    def lower(self) -> bool:
        return self.metric.name in LOWER_IS_BETTER

    def go(self, records: Records, n: int, timeout_s: float | None, progress: Progress) -> Stopped:
        """Try until there are `n` trials, the time is up, or all is tried."""
        asked, done = self.question, records.read()
        stop_at = None if timeout_s is None else time.monotonic() + timeout_s
        with progress.track(f"Tuning {asked.model} on {asked.target}", n) as advance:
            advance(min(len(done), n))
            while len(done) < n:
                values = propose(
                    done, asked.space, self.defaults, seed=asked.seed, lower=self.lower, budget=n
                )
                if values is None:
                    return "exhausted"
                with progress.track(self._label(done), asked.folds) as fold_done:
                    trial = self._try(values, done, stop_at, fold_done)
                if trial is None:
                    return "timeout"
                records.add(trial)
                done.append(trial)
                advance(1)
        return "trials"

    def result(self, trials: Sequence[Trial], earlier: int, stopped: Stopped) -> TuningResult:
        asked = self.question
        facts = {**self.made.facts, "encoder": self.made.rest.features.encoder, "version": asked.version}
        return TuningResult(
            asked.model, asked.target, asked.protocol, asked.options, asked.metric, self.lower, asked.seed,
            asked.folds, asked.space, asked.fixed, self.defaults, tuple(trials), earlier, facts, stopped,
        )  # fmt: skip

    def _label(self, done: Sequence[Trial]) -> str:
        best = find_best(done, lower=self.lower)
        so_far = "" if best is None else f", best {self.metric} so far {best.score:.4f}"
        return f"Trial {len(done) + 1}{so_far}"

    def _try(
        self, values: Values, done: Sequence[Trial], stop_at: float | None, fold_done: Advance
    ) -> Trial | None:
        """Judge `values` fold by fold; None where the time is up and something is found already."""
        any_finished = find_best(done, lower=self.lower) is not None
        reached: list[float] = []
        started = time.monotonic()

        def ended(state: Literal["finished", "given up", "failed"], error: str = "") -> Trial:
            return Trial(values, tuple(reached), state, round(time.monotonic() - started, 3), error)

        for fold in self.made.folds:
            if any_finished and stop_at is not None and time.monotonic() >= stop_at:
                return None
            try:
                model = load_model(self.question.model, {**self.question.fixed, **values})
                reached.append(fold.judge(model, self.metric))
            except Exception as error:
                if not any_finished:  # then it is hardly the settings' fault
                    raise
                return ended("failed", f"{type(error).__name__}: {error}")
            fold_done(1)
            last = len(reached) == len(self.made.folds)
            if not last and lies_behind(reached, done, lower=self.lower):
                return ended("given up")
        return ended("finished")


def _given(model: str, target: str, fixed: Values) -> dict[str, Any]:
    """`fixed`, with the target where the model has a setting of that name; checked."""
    known = {field.name for field in fields(model_class(model).config_type)}
    given = {**({"target": target} if "target" in known else {}), **fixed}
    if given.get("target", target) != target:
        raise SettingsError(f"The target is both {target!r} and {given['target']!r}.", "Name it once.")
    load_model(model, given)
    return given


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's own messages, which would stand between ours."""
    logging = load_optuna().logging
    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)
