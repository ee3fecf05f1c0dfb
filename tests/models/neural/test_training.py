import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_suite import board

pytest.importorskip("torch", reason="needs isthmus[torch]")
import torch
from safetensors import safe_open

from isthmus.engine import Advance, Silent
from isthmus.errors import SettingsError
from isthmus.models.neural.alpharec import AlphaRec, AlphaRecConfig
from isthmus.models.neural.training import Run, TrainingConfig, seeded

pytestmark = pytest.mark.extras


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    @contextmanager
    def track(self, label: str, total: int) -> Iterator[Advance]:
        done: list[int] = []
        yield done.append
        self.told.append((label, total, sum(done)))


def _module() -> torch.nn.Linear:
    with seeded(1):
        return torch.nn.Linear(3, 1)


def _losses(module: torch.nn.Module, killed_after: int | None = None):
    steps = [0]

    def losses(rng: np.random.Generator) -> Iterator[torch.Tensor]:
        for _ in range(4):
            if steps[0] == killed_after:
                raise KeyboardInterrupt
            steps[0] += 1
            x = torch.from_numpy(rng.normal(size=(8, 3)).astype(np.float32))
            yield (torch.nn.functional.dropout(module(x), 0.5) - x[:, :1]).square().mean()

    return losses


def _run(folder: Path | None = None, **settings: object) -> Run:
    settings = {"device": "cpu", "checkpoint": str(folder or ""), "learning_rate": 0.05, **settings}
    return Run.of(TrainingConfig(**settings), 5, board(), Silent())


def test_a_run_that_was_killed_and_resumed_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = _module()
    _run(epochs=6).train(whole, _losses(whole), "stage", lambda: -float(whole.weight.square().sum()))
    killed = _module()
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, epochs=6).train(
            killed, _losses(killed, 14), "stage", lambda: -float(killed.weight.square().sum())
        )
    assert (tmp_path / "stage.safetensors").exists()
    resumed = _module()
    _run(tmp_path, epochs=6).train(
        resumed, _losses(resumed), "stage", lambda: -float(resumed.weight.square().sum())
    )
    torch.testing.assert_close(resumed.weight, whole.weight, rtol=0, atol=0)
    assert not list(tmp_path.iterdir())  # nothing is left of a run that is done


def test_a_checkpoint_is_one_whole_file_with_what_it_is_about(tmp_path: Path) -> None:
    module = _module()
    run = _run(tmp_path, epochs=6)
    with pytest.raises(KeyboardInterrupt):
        run.train(module, _losses(module, 9), "stage")
    assert [file.name for file in tmp_path.iterdir()] == ["stage.safetensors"]
    with safe_open(tmp_path / "stage.safetensors", framework="pt") as file:
        state = json.loads(file.metadata()["state"])
    assert state["epoch"] == 2
    assert state["about"] == run.about


@pytest.mark.parametrize("spoil", ["other settings", "not a checkpoint"])
def test_what_belongs_to_another_run_is_not_taken_up(tmp_path: Path, spoil: str) -> None:
    module = _module()
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, epochs=6).train(module, _losses(module, 9), "stage")
    if spoil == "not a checkpoint":
        (tmp_path / "stage.safetensors").write_bytes(b"{}")
    settings = {"epochs": 3} if spoil == "other settings" else {"epochs": 6}
    fresh, alone = _module(), _module()
    _run(tmp_path, **settings).train(fresh, _losses(fresh), "stage")
    _run(**settings).train(alone, _losses(alone), "stage")
    torch.testing.assert_close(fresh.weight, alone.weight, rtol=0, atol=0)


def test_other_data_or_another_seed_is_another_run() -> None:
    first = Run.of(TrainingConfig(), 5, board(), Silent()).about
    assert Run.of(TrainingConfig(device="cpu", checkpoint="x"), 5, board(), Silent()).about == first
    assert Run.of(TrainingConfig(), 6, board(), Silent()).about != first
    assert Run.of(TrainingConfig(), 5, board().without_users(np.array([3])), Silent()).about != first


def test_it_stops_when_the_figure_gets_no_better_and_keeps_the_best() -> None:
    module, figures, seen = _module(), iter([0.1, 0.5, 0.4, 0.5, 0.3, 0.9]), []

    def judge() -> float:
        seen.append(module.weight.detach().clone())
        return next(figures)

    _run(epochs=20, patience=3).train(module, _losses(module), "stage", judge)
    assert len(seen) == 5  # .5, and three that are no better
    torch.testing.assert_close(module.weight, seen[1], rtol=0, atol=0)


def test_torch_draws_on_as_if_nothing_had_happened() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    AlphaRec(AlphaRecConfig(epochs=1, device="cpu")).fit(board(), rng=0)
    torch.testing.assert_close(torch.rand(2), expected, rtol=0, atol=0)


def test_whoever_watches_hears_of_every_epoch() -> None:
    model, watcher = AlphaRec(AlphaRecConfig(epochs=3, device="cpu")), Watcher()
    model.progress = watcher
    model.fit(board(), rng=0)
    assert watcher.told == [("Training alpharec", 3, 3)]


def test_the_log_is_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs isthmus[torch-log]")
    module = _module()
    _run(epochs=2, log=str(tmp_path)).train(module, _losses(module), "stage", lambda: 0.5)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("events.out.tfevents")]


def test_a_gpu_that_is_not_there_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SettingsError, match="no GPU"):
        AlphaRec(AlphaRecConfig(device="cuda")).fit(board())


def test_taking_somebody_out_leaves_everybody_else_held_out_as_they_were() -> None:
    from isthmus.models.neural.validation import hold_out

    dataset = board()
    rest, validation = hold_out(dataset, 0.25)
    assert rest.interactions.nnz == dataset.interactions.nnz - sum(
        len(case.users) for case in validation.cases
    )
    asked = {dataset.users.ids[user] for case in validation.cases for user in case.users}
    other = next(user for user in range(dataset.n_users) if dataset.users.ids[user] not in asked)
    less = dataset.without_users(np.array([other]))
    _, again = hold_out(less, 0.25)
    still = {less.users.ids[user] for case in again.cases for user in case.users}
    assert still <= asked
    case = validation.cases[0]
    wanted = case.query.candidates[case.wanted]
    assert (rest.interactions.toarray()[case.users, wanted] == 0).all()
    assert (dataset.interactions.toarray()[case.users, wanted] > 0).all()


def test_ndcg_by_hand() -> None:
    from isthmus.models.neural.validation import hold_out

    _, validation = hold_out(board(), 0.25)
    case = validation.cases[0]
    one = replace(case, users=case.users[:1], query=case.query.rows(0, 1), wanted=case.wanted[:1])
    scores = np.zeros((1, len(case.query.candidates)))
    unseen = np.setdiff1d(
        np.flatnonzero(case.query.history[[0]].toarray()[0, case.query.candidates] == 0), case.wanted[:1]
    )
    scores[0, case.wanted[0]], scores[0, unseen[:2]] = 1.0, 2.0
    assert one.ndcg(scores) == pytest.approx(1 / np.log2(4))  # two above it
