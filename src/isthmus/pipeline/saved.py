"""Fitted models on disk: a pointer names the newest of each method, and changes in one step.

```
models/bridge.json       the pointer: which folder counts, and how it was fitted
models/bridge.4/         config.json, arrays.safetensors, ids.parquet (the items, in their numbers)
models/lock              held by the one process that fits
```

A folder is written under another name, synced, renamed, and never changed. So a process that is killed leaves
the old model in use, and at most folders that no pointer names; the next fit removes them.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.dataset import IdMap
from isthmus.engine import Progress, Silent
from isthmus.errors import NotFittedError, WorkspaceBusyError, WorkspaceError
from isthmus.models import Scorer, load_saved
from isthmus.pipeline.workspace import Workspace
from isthmus.storage import exclusive_lock, make_folder, storage_errors, sync_folder, write_new_file

__all__ = [
    "Saved",
    "changing_models",
    "list_models",
    "models_aside",
    "open_model",
    "save_model",
    "set_aside",
    "tidy_models",
]

_DRAFT = ".new"
_ASIDE = ".aside"


@dataclass(frozen=True)
class Saved:
    """A pointer: one fitted model and how it came about."""

    model: str
    folder: str
    """Below `models`."""
    fitted_at: datetime
    """UTC."""
    about: Mapping[str, Any]
    """config, target, seed, encoder, dataset, version, seconds."""


@contextmanager
def changing_models(workspace: Workspace, progress: Progress | None = None) -> Iterator[Path]:
    """The folder of the models, held alone; waits for another process as an import does."""
    folder, timeout_s = workspace.folder / "models", workspace.settings.importing.lock_timeout_s
    with storage_errors(f"write to {folder}"):
        make_folder(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive_lock(folder / "lock", 0.0))
        except WorkspaceBusyError:
            waiting = f"Another process is fitting here; waiting up to {timeout_s:g} s"
            with (progress or Silent()).track(waiting, 0):
                stack.enter_context(exclusive_lock(folder / "lock", timeout_s))
        yield folder


def save_model(folder: Path, model: Scorer, items: IdMap, about: Mapping[str, Any]) -> Saved:
    """Write `model` beside the old one and let the pointer name it; then remove what no pointer names.

    Call it within `changing_models`. Raises StorageError; the old model stays in use then.
    """
    with storage_errors(f"save the model in {folder}"):
        number = max((_number(path) for path in folder.glob(f"{model.name}.*")), default=0) + 1
        draft = folder / f"{model.name}.{number}{_DRAFT}"
        try:
            model.save(draft)
            pl.DataFrame({"item": pl.Series(items.ids.tolist(), dtype=pl.String)}).write_parquet(
                draft / "ids.parquet"
            )
            for file in draft.iterdir():
                _sync(file)
            sync_folder(draft)
            draft.rename(folder / f"{model.name}.{number}")
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        saved = Saved(model.name, f"{model.name}.{number}", datetime.now(UTC), dict(about))
        _point(folder, saved)
    tidy_models(folder)
    return saved


def list_models(workspace: Workspace) -> list[Saved]:
    """Every fitted model, the one fitted last first. Raises WorkspaceError for a damaged pointer."""
    found = [_read(file) for file in (workspace.folder / "models").glob("*.json")]
    return sorted(found, key=lambda saved: saved.fitted_at, reverse=True)


def open_model(workspace: Workspace, name: str | None = None) -> tuple[Scorer, IdMap, Saved]:
    """The fitted model `name` (None: the one fitted last) and the items in its numbers.

    Raises NotFittedError where there is none.
    """
    while True:
        saved = _choose(workspace, name)
        folder = workspace.folder / "models" / saved.folder
        try:
            with storage_errors(f"read {folder}"):
                ids = pl.read_parquet(folder / "ids.parquet", memory_map=False)["item"]
            return load_saved(folder), IdMap(ids.to_numpy()), saved
        except Exception:
            # A fit that ended just now has replaced it: then look again.
            if _choose(workspace, name).folder == saved.folder:
                raise


def set_aside(folder: Path) -> None:
    """Take all models out of use, but remember how they were fitted until they are fitted again."""
    with storage_errors(f"write to {folder}"):
        for pointer in folder.glob("*.json"):
            pointer.replace(pointer.with_suffix(f".json{_ASIDE}"))
        sync_folder(folder)


def models_aside(folder: Path) -> list[Saved]:
    """Models that were taken out of use and not fitted again since."""
    return [_read(file) for file in sorted(folder.glob(f"*.json{_ASIDE}"))]


def tidy_models(folder: Path) -> None:
    """Remove folders that no pointer names and pointers that were half-written. Raises StorageError."""
    named = {_read(file).folder for file in folder.glob("*.json")}
    with storage_errors(f"tidy {folder}"):
        for path in folder.iterdir():
            if path.is_dir() and path.name not in named:
                shutil.rmtree(path)
            elif path.name.endswith(_DRAFT) or (path.name.endswith(_ASIDE) and path.with_suffix("").exists()):
                path.unlink(missing_ok=True)


def _choose(workspace: Workspace, name: str | None) -> Saved:
    models = list_models(workspace)
    for saved in models:
        if name in (None, saved.model):
            return saved
    what = "No model has" if name is None else f"The model {name!r} has not"
    have = f" Fitted are: {', '.join(sorted(saved.model for saved in models))}." if models else ""
    fit = f"isthmus fit {workspace.folder}" + (f" --model {name}" if name else "")
    raise NotFittedError(f"{what} been fitted in {workspace.folder}.", f"Fit it: {fit}{have and '.'}{have}")


def _point(folder: Path, saved: Saved) -> None:
    about = {"model": saved.model, "folder": saved.folder, "fitted_at": saved.fitted_at.isoformat()}
    text = json.dumps(about | {"about": dict(saved.about)}, indent=2, ensure_ascii=False).encode()
    draft = folder / f"{saved.model}.json.{secrets.token_hex(4)}{_DRAFT}"
    write_new_file(draft, lambda stream: stream.write(text))
    draft.replace(folder / f"{saved.model}.json")
    sync_folder(folder)


def _read(file: Path) -> Saved:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return Saved(said["model"], said["folder"], datetime.fromisoformat(said["fitted_at"]), said["about"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{file} is damaged: {error}", "Delete it and fit the model again.") from error


def _number(path: Path) -> int:
    last = path.name.removesuffix(_DRAFT).rpartition(".")[2]
    return int(last) if last.isdecimal() else 0


def _sync(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
