"""The commands and snippets of docs/guide/tuning.md: they need the extra, so no other test runs them."""

import re
from pathlib import Path

import pytest

from isthmus.cli.running import run

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "tuning.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.extras, pytest.mark.slow]
pytest.importorskip("optuna", reason="needs isthmus[tune]")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "".join(blocks("bash")).splitlines()
    assert len(lines) >= 3
    for line in lines:
        program, *arguments = line.split()
        assert program == "isthmus"
        assert run(arguments) == 0, line


def test_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert blocks("py")
    for snippet in blocks("py"):
        exec(compile(snippet, "tuning.md", "exec"), {})
