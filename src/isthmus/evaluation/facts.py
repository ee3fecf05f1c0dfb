"""What an evaluation was made of, in plain values: data, models, twins, and the machine it ran on."""

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np
import scipy

from isthmus.dataset import Dataset
from isthmus.evaluation.rounds import Round
from isthmus.evaluation.twins import Twins, TwinSettings
from isthmus.models.base import Recommender, Scorer

__all__ = ["about_dataset", "about_machine", "about_model", "about_twins", "kind_of"]


def kind_of(model: Recommender) -> str:
    """The name of a method, or of its class."""
    return model.name if isinstance(model, Scorer) else type(model).__name__


def about_model(model: Recommender) -> dict[str, Any]:
    """The kind of model and all its settings, defaults too."""
    config = model.config if isinstance(model, Scorer) else None
    return {"kind": kind_of(model), "config": {} if config is None else asdict(config)}


def about_dataset(dataset: Dataset) -> dict[str, Any]:
    """Counts per platform, the encoder, and a fingerprint of who touched what, when and how much."""
    items = np.bincount(dataset.item_platform, minlength=len(dataset.platforms))
    of = dataset.item_platform[dataset.interactions.indices]
    interactions = np.bincount(of, minlength=len(dataset.platforms))
    platforms = {
        name: {
            "people": int(np.count_nonzero(dataset.counts(name))),
            "items": int(items[number]),
            "interactions": int(interactions[number]),
        }
        for number, name in enumerate(dataset.platforms)
    }
    return {
        "people": dataset.n_users,
        "encoder": dataset.features.encoder,
        "platforms": platforms,
        "fingerprint": _fingerprint(dataset),
    }


def about_twins(pairs: Twins, settings: TwinSettings, rounds: Sequence[Round]) -> dict[str, Any]:
    """How many pairs there are, how many test rows they reach, and what counts as a pair."""
    rows = sum(done.asked["with"].truth.nnz for done in rounds)
    clean = sum(done.asked["without"].truth.nnz for done in rounds)
    return {
        **pairs.facts,
        "test_rows": rows,
        "test_rows_with_a_twin": rows - clean,
        "settings": asdict(settings),
    }


def about_machine() -> dict[str, Any]:
    """Versions and machine: seconds mean nothing without them."""
    return {
        # Asked at run time: the package names every room, and no import of this one may reach them all.
        "isthmus": import_module("isthmus").__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }


def _fingerprint(dataset: Dataset) -> str:
    """Sixteen hex digits that change with any interaction, weight, time or id."""
    digest = hashlib.sha256()
    for ids in (dataset.users.ids, dataset.items.ids):
        digest.update("\n".join(map(str, ids.tolist())).encode())
    matrix = dataset.interactions
    for array in (matrix.indptr, matrix.indices, dataset.times):
        digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    # Nine digits of a weight: the last bits of a logarithm differ between machines.
    digest.update(np.char.mod("%.9g", matrix.data).astype("S").tobytes() if matrix.nnz else b"")
    return digest.hexdigest()[:16]
