import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest
from model_suite import board

import isthmus.models as models
from isthmus.errors import InputError, NotFittedError, SettingsError, UnknownNameError
from isthmus.models import MODELS, Scorer, load_model, load_saved, model_class

SIMPLE = ("popularity", "content", "itemknn", "ease", "userknn", "graph_filter", "slim", "bpr")
CONFIGS = Path(__file__).parents[2] / "benchmarks" / "configs"


@pytest.mark.parametrize("name", SIMPLE)
def test_a_name_is_a_model_with_that_name(name: str) -> None:
    model = load_model(name)
    assert isinstance(model, Scorer)
    assert model.name == name
    assert model.config == model.config_type()
    assert getattr(models, type(model).__name__) is model_class(name)


def test_every_public_class_is_in_the_table() -> None:
    public = {place.split(":")[1] for place in MODELS.values()}
    assert public <= set(models.__all__)


def test_settings_come_from_a_table() -> None:
    assert load_model("ease", {"reg": 7, "scope": "platform"}).config.reg == 7.0


@pytest.mark.parametrize(("config", "complaint"), [
    ({"rge": 1.0}, r"ease\.rge"),
    ({"reg": -1.0}, r"ease\.reg: .*greater than 0"),
    ({"scope": "target"}, r"ease\.scope: .*'joint' or 'platform'"),
])  # fmt: skip
def test_a_wrong_setting_is_named(config: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_model("ease", config)
    assert "reg, scope, form, weighted" in caught.value.hint


def test_an_unknown_model_names_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean ease"):
        load_model("eese")


@pytest.mark.parametrize("name", SIMPLE)
def test_configs_beside_the_benchmarks_hold_every_default(name: str) -> None:
    given = tomllib.loads((CONFIGS / f"{name}.toml").read_text(encoding="utf-8"))
    assert given == asdict(load_model(name).config)


@pytest.mark.parametrize("name", SIMPLE)
def test_the_folder_tells_what_was_saved(name: str, tmp_path: Path) -> None:
    load_model(name).fit(board()).save(tmp_path)
    loaded = load_saved(tmp_path)
    assert type(loaded) is model_class(name)
    assert loaded.config == load_model(name).config


def test_what_was_not_fitted_cannot_be_saved(tmp_path: Path) -> None:
    for name in SIMPLE:
        with pytest.raises(NotFittedError):
            load_model(name).save(tmp_path / name)
        assert not (tmp_path / name / "arrays.safetensors").exists()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"model": 3'])
def test_a_folder_without_a_model_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.json: holds no saved model"):
        load_saved(tmp_path)


def test_a_folder_of_another_model_is_refused(tmp_path: Path) -> None:
    load_model("ease").fit(board()).save(tmp_path)
    with pytest.raises(InputError, match="holds a ease, not a content"):
        model_class("content").load(tmp_path)


def test_importing_the_room_reads_no_method() -> None:
    import subprocess

    probe = "import sys, isthmus.models; print([m for m in sys.modules if m.startswith('isthmus.models.')])"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "['isthmus.models.base']"


def test_a_name_that_is_no_model_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Bridges'"):
        models.Bridges  # noqa: B018
