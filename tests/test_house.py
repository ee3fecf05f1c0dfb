"""The shape of the house: small files, short functions, everything public described, every paper on file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "isthmus"
MODULES = sorted(SOURCE.rglob("*.py"))
PYTHON = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
PAPERS = (ROOT / "docs" / "papers.bib").read_text(encoding="utf-8")

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
BANNED = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "lib", "tools"}
PAPER_KEY = re.compile(r"(?<![\w/-])[a-z]+(?:-[a-z]+)*-(?:1[89]|20)\d\d(?![\w-])")
ENTRY = re.compile(r"^@\w+\{([^,]+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)

Described = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(_tree(file)) if isinstance(node, Function))


def _lines(function: Function) -> int:
    """Lines of the body, without the docstring: what a signature declares is not code to follow."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def _public(node: ast.Module | ast.ClassDef, path: str) -> Iterator[tuple[str, Described]]:
    """Everything public below `node`; overridden methods inherit their description only from our own text."""
    yield path, node
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from _public(child, f"{path}.{child.name}")
        elif isinstance(child, Function) and not child.name.startswith("_"):
            yield f"{path}.{child.name}", child


@pytest.mark.parametrize("file", PYTHON, ids=_name)
def test_a_file_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_functions_are_short(file: Path) -> None:
    assert [f"{f.name}: {_lines(f)}" for f in _functions(file) if _lines(f) > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_everything_public_is_described(file: Path) -> None:
    if file.stem.startswith("_") and file.stem not in ("__init__", "__main__"):
        return
    assert [path for path, node in _public(_tree(file), file.stem) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_a_module_is_named_for_what_it_is_about(file: Path) -> None:
    assert not BANNED & set(file.relative_to(SOURCE).with_suffix("").parts)


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_no_pickle_and_no_postponed_annotations(file: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(_tree(file))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "__future__"}


def test_every_room_has_tests() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    tested = {path.name for path in (ROOT / "tests").iterdir() if any(path.rglob("test_*.py"))}
    assert rooms - tested == set()


def _entries() -> dict[str, str]:
    return dict(ENTRY.findall(PAPERS))


def test_papers_are_whole_entries() -> None:
    assert len(_entries()) == PAPERS.count("\n@")
    for key, body in _entries().items():
        fields = dict(re.findall(r"^  (\w+) +?= \{(.*?)\},?$", body, re.MULTILINE | re.DOTALL))
        assert {"author", "title", "year"} <= set(fields), key
        assert key.endswith(f"-{fields['year']}"), key


def _cited() -> dict[str, str]:
    """Paper key to a file that names it."""
    texts = [*MODULES, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    return {key: _name(file) for file in texts for key in PAPER_KEY.findall(file.read_text(encoding="utf-8"))}


def test_every_paper_named_is_on_file() -> None:
    assert {key: file for key, file in _cited().items() if key not in _entries()} == {}


def test_every_paper_on_file_is_named() -> None:
    assert set(_entries()) - set(_cited()) == set()
