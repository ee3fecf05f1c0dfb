"""`isthmus tune`: from a workspace to a file that `isthmus fit` takes."""

import sys
import tomllib

import pytest

SHARES = ("--option", "test=0.3", "--option", "validation=0.4")


def test_without_the_extra_it_is_named(ws, isthmus, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    said = isthmus("tune", ws, "--target", "films", "--model", "ease", *SHARES, code=2).err
    assert "pip install 'isthmus[tune]'" in said


@pytest.mark.extras
def test_what_is_found_can_be_fitted(ws, isthmus):
    pytest.importorskip("optuna", reason="needs isthmus[tune]")
    said = isthmus("tune", ws, "--target", "films", "--model", "ease", "--trials", "3", *SHARES)
    file = ws / "tuning" / "ease-films.toml"
    assert f"Next: isthmus fit {ws} --model ease --target films --config {file}" in said.out
    assert "ease on films, cold-start: 3 trials" in said.out
    assert "Trial 3, best ndcg@10 so far" in said.err
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(found) == {"reg", "scope", "weighted"}
    fitted = isthmus("fit", ws, "--model", "ease", "--target", "films", "--config", file, "--json").json
    assert {name: fitted["config"][name] for name in found} == found

    again = isthmus("tune", ws, "--target", "films", "--model", "ease", "--trials", "3", *SHARES)
    assert "3 trials (3 of earlier calls" in again.out
    assert "a larger --trials asks for more" in again.err


@pytest.mark.extras
def test_a_space_and_a_file_of_ones_own(ws, isthmus, tmp_path):
    pytest.importorskip("optuna", reason="needs isthmus[tune]")
    (tmp_path / "space.toml").write_text("reg = { choices = [10.0, 100.0] }\n")
    told = isthmus(
        "tune", ws, "--target", "films", "--model", "ease", "--space", tmp_path / "space.toml",
        "--set", "scope=joint", "--out", tmp_path / "found.toml", "--json", *SHARES,
    ).json  # fmt: skip
    assert told["trials"] == 2
    assert told["stopped"] == "exhausted"
    assert told["file"] == str(tmp_path / "found.toml")
    assert tomllib.loads((tmp_path / "found.toml").read_text()) == told["settings"]
    assert told["settings"]["scope"] == "joint"
    assert {trial["values"]["reg"] for trial in told["history"]} == {10.0, 100.0}


@pytest.mark.extras
@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["--target", "films", "--model", "eese"], 4, "Did you mean ease"),
    (["--target", "fims", "--model", "ease"], 4, "Did you mean films"),
    (["--target", "films", "--model", "ease", "--trials", "0"], 2, "--trials"),
    (["--target", "films", "--model", "ease", "--set", "rge=1"], 2, "ease.rge"),
    (["--target", "films", "--model", "ease", "--folds", "2", "--protocol", "time-split"], 2, "2 folds"),
    (["--target", "films", "--model", "ease", "--option", "validation=0"], 3, "asks nobody"),
    (["--model", "ease"], 2, "--target"),
])  # fmt: skip
def test_what_tune_refuses(ws, isthmus, arguments, code, message):
    pytest.importorskip("optuna", reason="needs isthmus[tune]")
    assert message in isthmus("tune", ws, *arguments, code=code).err


def test_a_wrong_space_is_told_with_its_file(ws, isthmus, tmp_path):
    (tmp_path / "space.toml").write_text("reg = { low = 3.0, high = 1.0 }\n")
    said = isthmus(
        "tune", ws, "--target", "films", "--model", "ease", "--space", tmp_path / "space.toml", code=2
    )
    assert f"{tmp_path / 'space.toml'}: reg: low = 3.0, high = 1.0 is no range" in said.err
