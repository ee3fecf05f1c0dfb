"""Test models on the people of a workspace; what is saved there is not touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.engine import Progress
from isthmus.errors import SettingsError
from isthmus.evaluation import DEFAULT_METRICS, Report, choose_model, evaluate
from isthmus.pipeline.comparing import BEST, make_models, with_transfer
from isthmus.pipeline.reading import read_dataset
from isthmus.pipeline.workspace import Workspace

__all__ = ["evaluate_models"]


def evaluate_models(
    workspace: Workspace,
    models: Sequence[str],
    *,
    target: str,
    protocol: str = "cold-start",
    metrics: Sequence[str] = DEFAULT_METRICS,
    seeds: Sequence[int] = (0,),
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    transfer: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Fit and test each of `models` (names) on recommending from `target`.

    `options` go to the protocol, `settings` are those of a model by its name. With `transfer`, the name of a
    model or BEST, that model is fitted again without each other platform. Raises UnknownNameError,
    SettingsError, and InputError where nobody can be tested.
    """
    made = make_models(models, settings, target)
    if transfer not in (None, BEST, *made):
        raise SettingsError(f"{transfer!r} is none of the models compared.", f"Models: {', '.join(made)}.")
    dataset = read_dataset(workspace, workspace.encoder(progress))
    report = evaluate(
        dataset,
        made,
        target=target,
        protocol=protocol,
        metrics=metrics,
        seeds=seeds,
        options=options,
        progress=progress,
    )
    if transfer is None or len(dataset.platforms) == 1:
        return report
    name = choose_model([report]) if transfer == BEST else transfer
    return with_transfer(dataset, report, name, made[name], progress)
