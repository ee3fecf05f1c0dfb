"""Test models on the people of a workspace; what is saved there is not touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.engine import Progress
from isthmus.evaluation import DEFAULT_METRICS, Report, evaluate
from isthmus.pipeline.fitting import make_model
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
    progress: Progress | None = None,
) -> Report:
    """Fit and test each of `models` (names) on recommending from `target`.

    `options` go to the protocol. Raises UnknownNameError, SettingsError, and InputError where nobody can be
    tested.
    """
    made = {name: make_model(name, target=target) for name in dict.fromkeys(models)}
    dataset = read_dataset(workspace, workspace.encoder(progress))
    return evaluate(
        dataset,
        made,
        target=target,
        protocol=protocol,
        metrics=metrics,
        seeds=seeds,
        options=options,
        progress=progress,
    )
