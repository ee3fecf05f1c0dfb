"""What a search may try: every model has a space, and everything in it is allowed."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.models import MODELS, load_model
from isthmus.tuning import Choices, Range, load_space, parse_space
from isthmus.tuning.space import as_toml, default_values, list_points

NEURAL = sorted(name for name, place in MODELS.items() if ".neural." in place)
SIMPLE = sorted(set(MODELS) - set(NEURAL))


def check(name: str) -> None:
    space = load_space(name)
    config = load_model(name).config
    assert space
    assert set(space) <= set(config.__dataclass_fields__)
    assert default_values(name, space) == {setting: getattr(config, setting) for setting in space}
    for setting, tried in space.items():
        for value in tried.ends:
            load_model(name, {setting: value})


@pytest.mark.parametrize("name", SIMPLE)
def test_a_model_has_a_space_of_allowed_values_around_its_defaults(name: str) -> None:
    check(name)


@pytest.mark.extras
@pytest.mark.parametrize("name", NEURAL)
def test_a_neural_model_has_one_too(name: str) -> None:
    pytest.importorskip("torch", reason="needs isthmus[torch]")
    check(name)


def test_every_model_has_a_file_and_every_file_a_model() -> None:
    there = {Path(file.name).stem for file in (files("isthmus.tuning") / "spaces").iterdir()}
    assert there == set(MODELS)


def test_a_model_without_a_space_is_told_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "ease2", MODELS["ease"])  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="Nothing is known of what to try for ease2") as caught:
        load_space("ease2")
    assert "--space" in caught.value.hint
    with pytest.raises(UnknownNameError, match="Did you mean ease"):
        load_space("eese")


@pytest.mark.parametrize(("said", "complaint"), [
    ({"reg": {"low": 1.0}}, "reg is neither a range nor choices"),
    ({"reg": 3.0}, "reg is neither a range nor choices"),
    ({"reg": {"low": 1.0, "high": 9.0, "step": 1}}, "reg is neither"),
    ({"reg": {"low": 9.0, "high": 1.0}}, "reg: low = 9.0, high = 1.0 is no range"),
    ({"reg": {"low": 0.0, "high": 1.0, "log": True}}, "reg: low = 0.0, high = 1.0 is no range"),
    ({"reg": {"low": "a", "high": 1.0}}, "reg: 'a' is not a number"),
    ({"reg": {"low": True, "high": 3}}, "reg: True is not a number"),
    ({"scope": {"choices": []}}, "scope: .*cannot be chosen from"),
    ({"scope": {"choices": [["joint"]]}}, "scope: .*cannot be chosen from"),
    ({"scope": {"choices": ["joint", "target"]}}, r"ease\.scope: .*'joint' or 'platform'"),
    ({"reg": {"low": -1.0, "high": 1.0}}, r"ease\.reg: .*greater than 0"),
    ({"rge": {"low": 1.0, "high": 2.0}}, r"ease\.rge"),
])  # fmt: skip
def test_what_is_no_space_is_told(said: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        parse_space(said, "ease")


def test_whole_ends_mean_whole_numbers() -> None:
    whole, real = Range(1, 9), Range(1.0, 9.0)
    assert whole.whole
    assert not real.whole
    assert 3 in whole
    assert 3.5 not in whole
    assert 3.5 in real
    assert 9.5 not in real
    assert True not in whole


def test_a_default_outside_the_space_is_not_tried() -> None:
    assert default_values("ease", {"reg": Range(1.0, 50.0)}) is None
    assert default_values("ease", {"reg": Range(1.0, 500.0)}) == {"reg": 100.0}


def test_points_of_a_small_space() -> None:
    space = {"k": Range(1, 3), "weighted": Choices((False, True))}
    points = list_points(space, 6)
    assert points is not None
    assert len(points) == 6
    assert points[0] == {"k": 1, "weighted": False}
    assert points[-1] == {"k": 3, "weighted": True}
    assert list_points(space, 5) is None
    assert list_points({"reg": Range(1.0, 2.0)}, 10**9) is None


@pytest.mark.parametrize("value", [True, 3, 0.1, 1e-05, 'a "b"\n\\ 林 \x7f', [64, 32], ["a"]])
def test_values_come_back_from_toml(value: object) -> None:
    assert tomllib.loads(f"x = {as_toml(value)}")["x"] == value


def test_what_toml_has_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="None cannot be written"):
        as_toml(None)
