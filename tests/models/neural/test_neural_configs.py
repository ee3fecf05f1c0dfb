import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs isthmus[torch]")

import isthmus.models as models
from isthmus.models import MODELS, load_model, model_class
from isthmus.models.neural.base import NeuralScorer

pytestmark = pytest.mark.extras

NEURAL = sorted(name for name, place in MODELS.items() if ".neural." in place)
CONFIGS = Path(__file__).parents[3] / "benchmarks" / "configs"


def _read(file: str) -> dict[str, object]:
    return tomllib.loads((CONFIGS / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NEURAL)
def test_a_name_is_a_neural_model_with_that_name(name: str) -> None:
    model = load_model(name)
    assert isinstance(model, NeuralScorer)
    assert model.name == name
    assert getattr(models, type(model).__name__) is model_class(name)


@pytest.mark.parametrize("name", NEURAL)
def test_configs_hold_every_default(name: str) -> None:
    given, defaults = _read(f"{name}.toml"), asdict(load_model(name).config)
    # TOML has no null and no tuples
    plain = {key: list(kept) if isinstance(kept, tuple) else kept for key, kept in defaults.items()}
    assert given == {key: kept for key, kept in plain.items() if kept is not None}
    assert load_model(name, given).config == load_model(name).config
