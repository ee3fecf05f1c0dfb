"""A workspace of three readers and film-goers, made by the real import."""

import shutil

import polars as pl
import pytest

from isthmus.pipeline import Workspace, import_files
from isthmus.sources import load_source

EVENTS = """\
platform,user_id,item_id,kind,value,occurred_at
books,ann,b1,read,,2024-01-01T00:00:00Z
books,ann,b2,read,,2024-01-02T00:00:00Z
books,bob,b1,rate,5,2024-01-02T00:00:00Z
books,bob,b3,read,,2024-01-03T00:00:00Z
films,bob,f1,watch,,2024-01-02T00:00:00Z
films,cyd,f1,watch,,2024-01-02T00:00:00Z
films,cyd,f2,watch,,2024-01-02T00:00:00Z
books,cyd,b1,read,,2024-01-02T00:00:00Z
"""
ITEMS = """\
platform,item_id,title,creators,categories
books,b1,The Three-Body Problem,Liu Cixin,science fiction
books,b2,Dune,Frank Herbert,science fiction
books,b3,Salt Fat Acid Heat,Samin Nosrat,cooking
films,f1,Dune,Denis Villeneuve,science fiction
films,f2,Interstellar,Christopher Nolan,science fiction
films,f3,Chef,Jon Favreau,cooking
"""
LINKS = "person,platform,user_id\nbob,books,bob\nbob,films,bob\ncyd,books,cyd\ncyd,films,cyd\n"


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    workspace = Workspace.create(folder / "ws")
    for name, text, role in (("events", EVENTS, None), ("items", ITEMS, "items"), ("links", LINKS, "links")):
        (folder / f"{name}.csv").write_text(text)
        list(import_files(workspace, load_source("table", role=role), [folder / f"{name}.csv"]))
    return folder / "ws"


@pytest.fixture
def workspace(filled, tmp_path):
    shutil.copytree(filled, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def take_in(tmp_path):
    def take(workspace, text, *, role=None, name="more.csv", **options):
        (tmp_path / name).write_text(text)
        return next(import_files(workspace, load_source("table", role=role), [tmp_path / name], **options))

    return take


@pytest.fixture
def all_events():
    return lambda workspace: workspace.log.read().collect().sort(pl.all().exclude("context"))
