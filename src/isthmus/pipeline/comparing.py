"""Several targets and protocols in one study, and what each source adds to one of the models."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from isthmus.dataset import Dataset
from isthmus.engine import Progress
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation import (
    DEFAULT_METRICS,
    Report,
    Skipped,
    Study,
    choose_model,
    evaluate,
    find_options,
    measure_transfer,
)
from isthmus.models import Scorer
from isthmus.pipeline.fitting import make_model
from isthmus.pipeline.reading import read_dataset
from isthmus.pipeline.workspace import Workspace

__all__ = ["BEST", "compare_models", "make_models", "with_transfer"]

BEST = "best"
"""In place of a model's name: the one whose headline figures are the best."""


def compare_models(
    workspace: Workspace,
    models: Sequence[str],
    *,
    targets: Sequence[str] | None = None,
    protocols: Sequence[str] = ("cold-start",),
    metrics: Sequence[str] = DEFAULT_METRICS,
    seeds: Sequence[int] = (0,),
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    transfer: str | None = BEST,
    progress: Progress | None = None,
) -> Study:
    """Fit and test `models` (names) on every pair of `targets` (by default all platforms) and `protocols`.

    Each of `options` goes to the protocols that have it, `settings` are those of a model by its name. With
    `transfer`, the name of a model or BEST, that model is fitted again without each source. Where nobody can
    be tested under a target and protocol, the study says so and goes on. Raises UnknownNameError,
    SettingsError for an option that no protocol has, and InputError where nobody can be tested at all.
    """
    told = _shared_out(protocols, options or {})
    if transfer not in (None, BEST, *models):
        raise SettingsError(f"{transfer!r} is none of the models compared.", f"Models: {', '.join(models)}.")
    make_models(models, settings, targets[0] if targets else None)
    dataset = read_dataset(workspace, workspace.encoder(progress))
    reports, skipped = [], []
    for target in dict.fromkeys(targets or dataset.platforms):
        dataset.platform_num(target)
        made = make_models(models, settings, target)
        for protocol, given in told.items():
            try:
                report = evaluate(
                    dataset, made, target=target, protocol=protocol, metrics=metrics, seeds=seeds,
                    options=given, progress=progress,
                )  # fmt: skip
                reports.append(report)
            except InputError as error:
                skipped.append((Skipped(target, protocol, error.message), error))
    if not reports:
        raise skipped[0][1]
    if transfer is not None and len(dataset.platforms) > 1:
        name = choose_model(reports) if transfer == BEST else transfer
        reports = [
            with_transfer(dataset, report, name, make_models(models, settings, report.target)[name], progress)
            for report in reports
        ]
    return Study(tuple(reports), tuple(one for one, _ in skipped))


def make_models(
    names: Sequence[str], settings: Mapping[str, Mapping[str, Any]] | None, target: str | None
) -> dict[str, Scorer]:
    """Models that are not fitted yet, each with its `settings`; raises SettingsError."""
    unused = sorted(set(settings or {}) - set(names))
    if unused:
        raise SettingsError(
            f"There are settings of {unused[0]!r}, which is not compared.", "Name it in --models."
        )
    return {
        name: make_model(name, (settings or {}).get(name), target=target) for name in dict.fromkeys(names)
    }


def with_transfer(
    dataset: Dataset, report: Report, name: str, model: Scorer, progress: Progress | None = None
) -> Report:
    """The same report with what each source adds to the lists of `model`."""
    return replace(report, transfer=measure_transfer(dataset, report, name, model, progress=progress))


def _shared_out(protocols: Sequence[str], options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Per protocol the options that it has."""
    known = {protocol: find_options(protocol) for protocol in dict.fromkeys(protocols)}
    if not known:
        raise SettingsError("A comparison needs at least one protocol.", "For example cold-start.")
    for name in options:
        if not any(name in of for of in known.values()):
            have = sorted({one for of in known.values() for one in of})
            raise SettingsError(
                f"None of the protocols has an option {name!r}.", f"Options: {', '.join(have)}."
            )
    return {
        protocol: {name: value for name, value in options.items() if name in of}
        for protocol, of in known.items()
    }
