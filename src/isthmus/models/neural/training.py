"""Mini-batch training that can be repeated, watched, stopped early, killed and taken up again.

Chance in epoch e comes from (seed, stage, e) alone, so that a run that was killed and resumed gives the same
parameters as one that was not. A checkpoint is one safetensors file with a JSON header, written beside the
old one and renamed; it names the settings, the seed and the data it belongs to, is never used for others, and
is removed when the run is done.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass as value
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from isthmus.dataset import Dataset
from isthmus.engine import Progress, Silent
from isthmus.errors import MissingExtraError, SettingsError

__all__ = ["Losses", "Run", "TrainingConfig", "seeded"]

_STRICT: Any = {"extra": "forbid"}
_NOT_WHAT_IS_LEARNT = ("device", "log", "checkpoint")

Losses = Callable[[np.random.Generator], Iterator[torch.Tensor]]
"""One epoch: the loss of each mini-batch, a scalar that can be differentiated."""
Judge = Callable[[], float]
"""How good the model is now on people held out, higher is better."""


@dataclass(frozen=True, config=_STRICT)
class TrainingConfig:
    """How a model is trained; every neural method has these settings and some of its own."""

    learning_rate: float = Field(default=0.001, gt=0)
    """Step size of Adam."""
    batch_size: int = Field(default=2048, ge=1)
    """Interactions, or people where a method learns person by person, in a mini-batch."""
    epochs: int = Field(default=200, ge=1)
    """Passes over the interactions at most."""
    patience: int = Field(default=15, ge=1)
    """Checks in a row without a better figure after which training stops."""
    check_every: int = Field(default=1, ge=1)
    """Epochs between checks."""
    hold_out: float = Field(default=0.2, ge=0, le=0.5)
    """Share of the people, chosen by a hash, of whom one interaction per platform is kept back to check on.
    """
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU where there is one."""
    log: str = ""
    """Folder for a TensorBoard log of losses and checks; "" for none."""
    checkpoint: str = ""
    """Folder for checkpoints, from which a fit that was killed goes on; "" for none."""


@contextmanager
def seeded(*keys: int) -> Iterator[None]:
    """Torch's chance on all devices comes from `keys` within, and is as before afterwards."""
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(np.random.SeedSequence(keys).generate_state(1, np.uint64)[0]))
        yield


@value(frozen=True)
class Run:
    """One fit: its settings, its seed, who watches, and which data it is about."""

    config: TrainingConfig
    seed: int
    about: str
    """Stands for settings, seed and data: what a checkpoint must agree with."""
    progress: Progress = Silent()  # noqa: RUF009 (stateless)

    @classmethod
    def of(cls, config: TrainingConfig, seed: int, dataset: Dataset, progress: Progress) -> Self:
        """The run that fits `config` to `dataset`; raises SettingsError where the device is not there."""
        if config.device == "cuda" and not torch.cuda.is_available():
            raise SettingsError("device: there is no GPU that torch can use.", "Set device to auto or cpu.")
        settings = {name: kept for name, kept in asdict(config).items() if name not in _NOT_WHAT_IS_LEARNT}
        digest = blake2b(json.dumps([settings, seed], sort_keys=True).encode(), digest_size=16)
        rows = dataset.interactions
        for part in (rows.indptr, rows.indices, rows.data, dataset.times, dataset.features.vectors):
            digest.update(np.ascontiguousarray(part).tobytes())
        return cls(config, seed, digest.hexdigest(), progress)

    @property
    def device(self) -> torch.device:
        """Where tensors live while training."""
        auto = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.device(auto if self.config.device == "auto" else self.config.device)

    def start(self, stage: str) -> Any:
        """A context in which first parameters are drawn, from the seed and the name of the stage."""
        return seeded(self.seed, zlib.crc32(stage.encode()))

    def train(
        self,
        module: torch.nn.Module,
        losses: Losses,
        stage: str,
        judge: Judge | None = None,
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        """Adam on `losses`, in place; with a `judge` the parameters end as they were when it was content
        most.

        A `stage` is trained on its own and has its own checkpoint and its own lines in the log.
        """
        config = self.config
        last = config.epochs if epochs is None else epochs
        optimiser = torch.optim.Adam(module.parameters(), lr=learning_rate or config.learning_rate)
        state = _State(module, optimiser)
        place = Path(config.checkpoint) / f"{stage}.safetensors" if config.checkpoint else None
        if place is not None:
            state.resume(place, self.about)
        with _log(config.log, stage) as note, self.progress.track(f"Training {stage}", last) as advance:
            advance(state.epoch)
            while state.epoch < last and state.waited < config.patience:
                loss = self._one_epoch(module, optimiser, losses, stage, state.epoch)
                state.epoch += 1
                note("loss", loss, state.epoch)
                if judge is not None and state.epoch % config.check_every == 0:
                    module.eval()
                    with torch.no_grad():
                        note("check", state.judged(judge()), state.epoch)
                if place is not None:
                    state.write(place, self.about)
                advance(1)
        state.restore_best()
        module.eval()
        if place is not None:
            place.unlink(missing_ok=True)

    def _one_epoch(
        self, module: torch.nn.Module, optimiser: Any, losses: Losses, stage: str, epoch: int
    ) -> float:
        key = (self.seed, zlib.crc32(stage.encode()), epoch)
        module.train()
        total, steps = 0.0, 0
        with seeded(*key):
            for loss in losses(np.random.default_rng(key)):
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                total, steps = total + float(loss.detach()), steps + 1
        return total / max(1, steps)


class _State:
    """Everything that changes while training: parameters, optimiser, and the best so far."""

    def __init__(self, module: torch.nn.Module, optimiser: torch.optim.Optimizer) -> None:
        self.module, self.optimiser = module, optimiser
        self.epoch, self.waited = 0, 0
        self.best = -np.inf
        self._best: dict[str, torch.Tensor] = {}

    def judged(self, figure: float) -> float:
        """Remember the parameters if `figure` is the best so far, which it gives back."""
        better = figure > self.best
        self.waited = 0 if better else self.waited + 1
        if better:
            self.best = figure
            self._best = {name: kept.detach().clone() for name, kept in self.module.state_dict().items()}
        return figure

    def restore_best(self) -> None:
        if self._best:
            self.module.load_state_dict(self._best)

    def write(self, place: Path, about: str) -> None:
        tensors = {f"now.{name}": kept for name, kept in self.module.state_dict().items()}
        tensors |= {f"best.{name}": kept for name, kept in self._best.items()}
        for number, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": kept for name, kept in moments.items()}
        numbers = {"epoch": self.epoch, "waited": self.waited, "best": self.best, "about": about}
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        save_file(
            {name: kept.contiguous() for name, kept in tensors.items()}, draft, {"state": json.dumps(numbers)}
        )
        draft.replace(place)

    def resume(self, place: Path, about: str) -> None:
        """Take up what `write` left; what belongs to another run, or is damaged, is removed."""
        found = _read(place)
        if found is None or found[0].get("about") != about:
            place.unlink(missing_ok=True)
            return
        numbers, tensors = found
        self.epoch, self.waited, self.best = numbers["epoch"], numbers["waited"], numbers["best"]
        self.module.load_state_dict(_below(tensors, "now."))
        self._best = _below(tensors, "best.")
        moments: dict[int, dict[str, Any]] = {}
        for name, kept in _below(tensors, "adam.").items():
            number, _, which = name.partition(".")
            moments.setdefault(int(number), {})[which] = kept
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})


def _read(place: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
    try:
        with safe_open(place, framework="pt") as file:
            numbers = json.loads(file.metadata()["state"])
            return numbers, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): kept for name, kept in tensors.items() if name.startswith(prefix)}


@contextmanager
def _log(folder: str, stage: str) -> Iterator[Callable[[str, float, int], None]]:
    """Called with what, how much and in which epoch; writes for TensorBoard where a folder is named."""
    if not folder:
        yield lambda what, figure, epoch: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise MissingExtraError("A TensorBoard log", "torch-log") from error
    with SummaryWriter(folder) as writer:
        yield lambda what, figure, epoch: writer.add_scalar(f"{stage}/{what}", figure, epoch)
