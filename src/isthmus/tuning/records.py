"""Where trials are kept: a study of Optuna in one SQLite file per question, or in memory.

A trial is written when it has ended, in one transaction. So a process that is killed leaves whole trials and
nothing of the one it was at; the next one takes that up from its start. Optuna's dashboard opens the file.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from isthmus.errors import WorkspaceBusyError, WorkspaceError
from isthmus.storage import exclusive_lock, make_folder, storage_errors
from isthmus.tuning.proposals import load_optuna, to_optuna
from isthmus.tuning.question import Question
from isthmus.tuning.trial import State, Trial

__all__ = ["Records", "open_records"]


class Records:
    """The trials of one question, in the order in which they ended."""

    def __init__(self, study: Any, question: Question, file: Path | None) -> None:
        self._study = study
        self._question = question
        self._file = file

    def read(self) -> list[Trial]:
        """All of them. Raises WorkspaceError where the file cannot be read."""
        with _file_errors(self._file):
            return [_from_optuna(trial) for trial in self._study.get_trials(deepcopy=False)]

    def add(self, trial: Trial) -> None:
        """Keep one more; on the disk when this returns. Raises WorkspaceError where it cannot be kept."""
        with _file_errors(self._file):
            self._study.add_trial(to_optuna(trial, self._question.space))


@contextmanager
def open_records(folder: Path | None, question: Question, *, lower: bool) -> Iterator[Records]:
    """What is kept of `question` in `folder`, which is made if absent; in memory where it is None.

    Held alone: raises WorkspaceBusyError where another process is at the same question, WorkspaceError where
    the file is damaged, StorageError where the disk refuses, MissingExtraError without Optuna.
    """
    optuna = load_optuna()
    direction = "minimize" if lower else "maximize"
    if folder is None:
        yield Records(optuna.create_study(direction=direction), question, None)
        return
    with storage_errors(f"write to {folder}"):
        make_folder(folder)
    file = folder / f"{question.model}-{question.code}.sqlite"
    with ExitStack() as stack:
        stack.enter_context(_alone(file.with_suffix(".lock")))
        with _file_errors(file):
            storage = optuna.storages.RDBStorage(_address(file))
            stack.callback(storage.engine.dispose)
            stack.callback(storage.remove_session)
            study = optuna.create_study(
                storage=storage, study_name=file.stem, direction=direction, load_if_exists=True
            )
            study.set_user_attr("question", question.to_json())
        yield Records(study, question, file)


def _address(file: Path) -> str:
    from sqlalchemy import URL

    return str(URL.create("sqlite", database=str(file.absolute())))


def _from_optuna(trial: Any) -> Trial:
    states: dict[str, State] = {"COMPLETE": "finished", "PRUNED": "given up", "FAIL": "failed"}
    about = trial.user_attrs
    return Trial(
        trial.params, tuple(about["folds"]), states[trial.state.name], about["seconds"], about["error"]
    )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive_lock(lock, 0.0))
        except WorkspaceBusyError as error:
            raise WorkspaceBusyError(
                "Another process is searching for the same.", "Wait for it, or ask with another --seed."
            ) from error
        yield


@contextmanager
def _file_errors(file: Path | None) -> Iterator[None]:
    """Turn what Optuna and SQLAlchemy raise over a file into WorkspaceError."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    # Optuna says with a RuntimeError that the file is of another version.
    except (OptunaError, SQLAlchemyError, RuntimeError) as error:
        raise WorkspaceError(
            f"{file} cannot be used: {str(error).splitlines()[0]}",
            "Look whether the disk is full; if not, delete the file: the search then begins anew.",
        ) from error
