"""Fit a model on the whole workspace and put it in the place of the old one."""

import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from isthmus import __version__
from isthmus.dataset import Dataset
from isthmus.engine import Progress, Silent
from isthmus.errors import SettingsError
from isthmus.models import Scorer, load_model, model_class
from isthmus.pipeline.reading import read_dataset
from isthmus.pipeline.saved import Saved, changing_models, save_model, tidy_models
from isthmus.pipeline.workspace import Workspace

__all__ = ["fit_model", "make_model"]


def fit_model(
    workspace: Workspace,
    name: str = "bridge",
    *,
    target: str | None = None,
    seed: int = 0,
    config: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Saved:
    """Fit the model `name` on everything in the workspace; it replaces the one fitted before.

    `target` is the platform to recommend from, for models that can be fitted for one. Raises
    UnknownNameError, SettingsError, InputError where there is nothing to learn from, EncoderError,
    WorkspaceBusyError, StorageError; the old model stays in use then.
    """
    model = make_model(name, config, target)
    with changing_models(workspace, progress) as folder:
        tidy_models(folder)
        started = time.perf_counter()
        dataset = read_dataset(workspace, workspace.encoder(progress))
        if target is not None:
            dataset.platform_num(target)
        with (progress or Silent()).track(f"Fitting {name}", 0):
            model.progress = progress or Silent()
            model.fit(dataset, rng=seed)
        about = {
            "config": asdict(model.config),
            "target": target,
            "seed": seed,
            "encoder": dataset.features.encoder,
            "dataset": _figures(dataset, workspace),
            "remarks": list(model.remarks(dataset.platforms)),
            "version": __version__,
            "seconds": round(time.perf_counter() - started, 3),
        }
        return save_model(folder, model, dataset.items, about)


def make_model(name: str, config: Mapping[str, Any] | None = None, target: str | None = None) -> Scorer:
    """A model that is not fitted yet; `target` goes to its setting of that name, where it has one.

    Raises UnknownNameError for the name and SettingsError for a setting.
    """
    given = dict(config or {})
    takes_target = "target" in {field.name for field in fields(model_class(name).config_type)}
    if target is not None and takes_target:
        if given.get("target", target) != target:
            raise SettingsError(f"The target is both {target!r} and {given['target']!r}.", "Name it once.")
        given["target"] = target
    return load_model(name, given)


def _figures(dataset: Dataset, workspace: Workspace) -> dict[str, Any]:
    return {
        "people": dataset.n_users,
        "items": dataset.n_items,
        "interactions": int(dataset.interactions.nnz),
        "events": workspace.log.count(),
        "platforms": {
            name: int(np.count_nonzero(dataset.item_platform == number))
            for number, name in enumerate(dataset.platforms)
        },
    }
