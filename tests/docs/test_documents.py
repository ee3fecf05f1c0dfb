"""Every command and every snippet that a reader may copy is run as it stands."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from documents import DOCUMENTS, ROOT, blocks, commands, name

from isthmus.sources.mapping import load_mapping

RUN = [file for file in DOCUMENTS if file.name != "README.zh-CN.md"]
"""The Chinese README is not run again: `test_the_two_readmes_say_the_same` holds it to the English one."""

_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
_OURS = ("isthmus ",)
_ELSEWHERE = ("make ", "pip install ", "git ", "python -m venv ")
"""Commands about the machine, not about Isthmus: looked at, not run."""


_NEEDS = {"passport.md": "cryptography"}
"""Pages whose commands and snippets need a package of an extra."""


def _params(files: list[Path]) -> list[Any]:
    """The files as parameters; those that need an extra run with `make test-extras`."""
    extra = pytest.mark.extras
    return [pytest.param(file, id=name(file), marks=[extra] if file.name in _NEEDS else []) for file in files]


def _skip_without_extra(file: Path) -> None:
    if file.name in _NEEDS:
        pytest.importorskip(_NEEDS[file.name])


def _shell(folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """Run `script` where `docs` lies as in the repository and `isthmus` is the one under test."""
    (folder / "bin").mkdir()
    command = folder / "bin" / "isthmus"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m isthmus "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (folder / "docs").symlink_to(ROOT / "docs")
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    source = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PATH": path, "PYTHONPATH": source, "COLUMNS": "160"}
    return subprocess.run(
        ["sh", "-e", "-x", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("file", _params([file for file in RUN if commands(file)]))
def test_commands_run(file: Path, tmp_path: Path) -> None:
    _skip_without_extra(file)
    ours = [line for line in commands(file) if line.startswith(_OURS)]
    done = _shell(tmp_path, "\n".join(ours))
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{done.stdout[-1000:]}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_commands_are_known(file: Path) -> None:
    strange = [line for line in commands(file) if not line.startswith((*_OURS, *_ELSEWHERE))]
    assert strange == [], "put it in a block of another language, or let the test run it"
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = [line.split()[-1] for line in commands(file) if line.startswith("make ")]
    assert set(asked) <= set(targets)


@pytest.mark.slow
@pytest.mark.parametrize("file", _params([file for file in RUN if blocks(file, "python")]))
def test_snippets_run(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _skip_without_extra(file)
    snippets = blocks(file, "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    seen: dict[str, object] = {}
    for number, snippet in enumerate(snippets):
        exec(compile(snippet.text, f"{name(file)}[{number}]", "exec"), seen)


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_toml_is_right(file: Path, tmp_path: Path) -> None:
    for block in blocks(file, "toml"):
        table = tomllib.loads(block.text)
        if {"event", "item", "link"} & set(table):
            mapping = tmp_path / "map.toml"
            mapping.write_text(block.text, encoding="utf-8")
            load_mapping(mapping)


def test_the_two_readmes_say_the_same() -> None:
    english, chinese = DOCUMENTS[:2]
    assert commands(english) == commands(chinese)
    assert blocks(english, "python") == blocks(chinese, "python")
    for mark in ("\n## ", "\n| ", "\n- "):
        counts = [file.read_text(encoding="utf-8").count(mark) for file in (english, chinese)]
        assert counts[0] == counts[1], f"{mark!r} occurs {counts} times"


PAGES = [
    *DOCUMENTS[:2],
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


@pytest.mark.parametrize("file", PAGES, ids=name)
def test_links_lead_somewhere(file: Path) -> None:
    links = [link for link, _ in _LINK.findall(file.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (file.parent / link).exists()] == []
