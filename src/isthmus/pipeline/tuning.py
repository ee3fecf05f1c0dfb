"""Search settings of a model on the people of a workspace; a search that was killed goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isthmus import __version__
from isthmus.engine import Progress
from isthmus.pipeline.reading import read_dataset
from isthmus.pipeline.workspace import Workspace
from isthmus.tuning import Space, TuningResult, load_space, tune

__all__ = ["tune_model", "tuning_folder"]


def tuning_folder(workspace: Workspace) -> Path:
    """Where the trials of a workspace are kept: one SQLite file of Optuna per question."""
    return workspace.folder / "tuning"


def tune_model(
    workspace: Workspace,
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
    fixed: Mapping[str, Any] | None = None,
    space: Space | None = None,
    progress: Progress | None = None,
) -> TuningResult:
    """Search as `isthmus.tuning.tune` does; a second call with the same question and data goes on.

    Fitted models are not touched. Raises what `tune` and `read_dataset` raise.
    """
    space = load_space(model) if space is None else space  # what is wrong with it is told before any work
    dataset = read_dataset(workspace, workspace.encoder(progress))
    return tune(
        dataset,
        model,
        target=target,
        protocol=protocol,
        trials=trials,
        timeout_s=timeout_s,
        metric=metric,
        seed=seed,
        folds=folds,
        options=options,
        fixed=fixed,
        space=space,
        folder=tuning_folder(workspace),
        version=__version__,
        progress=progress,
    )
