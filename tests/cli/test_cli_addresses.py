"""Addresses and tar archives where files are named, as a person types them."""

import sys
import tarfile
from pathlib import Path

import polars as pl
import pytest

from isthmus.cli.running import run
from isthmus.errors import InputError, MissingExtraError
from isthmus.pipeline import Workspace

FIXTURES = Path(__file__).parents[1] / "sources" / "fixtures"
SECRET = "s3cr3t"
KEPT = ("platform", "item_id", "kind", "value", "occurred_at", "event_id")


@pytest.fixture
def new(tmp_path, isthmus):
    isthmus("init", tmp_path / "new")
    return tmp_path / "new"


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'isthmus[remote]'")
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()


def kept(folder: Path) -> pl.DataFrame:
    return Workspace.open(folder).log.read(KEPT).collect().sort(KEPT)


@pytest.mark.parametrize(
    ("source", "ending", "form"),
    [
        ("spotify", "tar.gz", "w:gz"), ("auto", "tar.gz", "w:gz"), ("kindle", "tar.gz", "w:gz"),
        ("kindle", "tar", "w"), ("kindle", "tar.bz2", "w:bz2"), ("kindle", "tar.xz", "w:xz"),
    ],
)  # fmt: skip
def test_a_tar_gives_the_same_events_as_its_folder(new, tmp_path, isthmus, source, ending, form):
    folder = FIXTURES / ("spotify" if source == "auto" else source)
    archive = tmp_path / f"my data.{ending}"
    with tarfile.open(archive, form) as opened:
        opened.add(folder, "My Data")
    said = isthmus("import", new, source, archive, "--user", "mira", "--yes")
    assert f"{archive}/My Data/" in said.out
    isthmus("init", tmp_path / "other")
    isthmus("import", tmp_path / "other", source, folder, "--user", "mira", "--yes")
    codes = [Workspace.open(one).log.read().collect().height for one in (new, tmp_path / "other")]
    assert codes[0] > 0
    assert kept(new).drop("event_id").equals(kept(tmp_path / "other").drop("event_id"))


def test_without_the_extra_it_names_the_command(new, isthmus, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    said = isthmus("import", new, "table", f"s3://u:{SECRET}@b/a.csv", code=MissingExtraError.exit_code)
    assert "pip install 'isthmus[remote]'" in said.err
    assert SECRET not in said.err


@pytest.mark.extras
def test_a_table_at_an_address(new, memory, isthmus):
    memory.pipe(
        "/shop/a.csv", b"user_id,item_id,platform,occurred_at\nann,7,shop,2024-03-02\nbob,8,shop,soon\n"
    )
    said = isthmus("import", new, "table", "memory://shop/a.csv")
    assert "memory://shop/a.csv: 1 events" in said.out
    assert "memory://shop/a.csv:3, field occurred_at" in said.err
    (file,) = (new / "rejects").glob("*.jsonl")
    assert pl.read_ndjson(file)["file"].to_list() == ["memory://shop/a.csv"]
    assert [one.file for one in Workspace.open(new).store.imports()] == ["memory://shop/a.csv"]
    said = isthmus("import", new, "table", "memory://nowhere/a.csv", code=InputError.exit_code)
    assert "memory://nowhere/a.csv: there is no such file" in said.err


@pytest.mark.extras
def test_a_personal_export_at_an_address_and_auto(new, memory, tmp_path, isthmus):
    memory.pipe("/mira/GetOwnedGames.json", (FIXTURES / "steam" / "GetOwnedGames.json").read_bytes())
    said = isthmus("import", new, "auto", "memory://mira", "--user", "mira", "--yes")
    assert "steam: memory://mira/GetOwnedGames.json" in said.out
    memory.pipe("/other/readme.txt", b"hello")
    said = isthmus("import", new, "auto", f"memory://other?{SECRET}", "--yes", code=InputError.exit_code)
    assert SECRET not in said.err


@pytest.mark.extras
@pytest.mark.parametrize("source", ["table", "auto"])
def test_what_opens_the_door_is_told_nowhere(new, memory, capsys, monkeypatch, source):
    monkeypatch.setenv("ISTHMUS_DEBUG", "1")
    memory.pipe(f"/odd?{SECRET}", b"bytes of no table")
    memory.pipe(f"/shop.csv?{SECRET}", b"user_id,item_id,platform,occurred_at\nann,7,shop,soon\n")
    for address in (
        f"memory://u:{SECRET}@x/a.csv?{SECRET}",
        f"nosuchkind://u:{SECRET}@x/a.csv",
        f"ftp://u:{SECRET}@127.0.0.1:9/a.csv",
        f"https://u:{SECRET}@127.0.0.1:9/a.csv?signature={SECRET}",
        f"zip://a.csv::memory://nowhere.zip?{SECRET}",
        f"memory://odd?{SECRET}",
    ):
        assert run(["import", str(new), source, address, "--yes"]) == InputError.exit_code
    assert run(["import", str(new), "table", f"memory://shop.csv?{SECRET}"]) == 0
    said = capsys.readouterr()
    assert "Traceback" in said.err
    assert SECRET not in said.out + said.err
    assert [file for file in new.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []
    assert list((new / "rejects").iterdir()) != []
