"""The real command, in this process or in one of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from isthmus.cli.running import run

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def isthmus(capsys):
    def call(*arguments, code=0):
        capsys.readouterr()
        found = run([str(one) for one in arguments])
        said = capsys.readouterr()
        assert found == code, said.err
        assert "Traceback" not in said.err
        return Result(found, said.out, said.err)

    return call


@pytest.fixture
def environment():
    """What a process needs to find this Isthmus."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def command(environment):
    """The command in a process of its own."""

    def call(*arguments, code=0, **more):
        done = subprocess.run(
            [sys.executable, "-m", "isthmus", *map(str, arguments)],
            capture_output=True, encoding="utf-8", env=environment | more, timeout=300,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    return call


EVENTS = """\
who,on,what,stars
ann,books,b1,5
ann,books,b2,4
bob,books,b1,3
bob,films,f1,5
cyd,books,b2,5
cyd,films,f2,4
cyd,films,f1,4
dan,books,b1,4
dan,films,f1,5
"""
MAPPING = """\
[event]
platform = "on"
user_id = "who"
item_id = "what"
value = "stars"
kind = { value = "rate" }
"""
ITEMS = """\
platform,item_id,title,creators,categories
books,b1,The Three-Body Problem,Liu Cixin,science fiction
books,b2,Salt Fat Acid Heat,Samin Nosrat,cooking
films,f1,Interstellar,Christopher Nolan,science fiction
films,f2,Chef,Jon Favreau,cooking
"""
LINKS = "person,platform,user_id\n" + "".join(
    f"{name},{on},{name}\n" for name in ("bob", "cyd", "dan") for on in ("books", "films")
)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in (
        ("events.csv", EVENTS), ("map.toml", MAPPING), ("items.csv", ITEMS), ("links.csv", LINKS),
    ):  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def ws(tmp_path, isthmus, files):
    ws = tmp_path / "ws"
    isthmus("init", ws)
    isthmus("import", ws, "table", files / "events.csv", "--map", files / "map.toml")
    isthmus("items", ws, files / "items.csv")
    isthmus("link", ws, files / "links.csv")
    return ws
