"""The demo from the command line, whole."""

import pytest

from isthmus.demo.run import Demo
from isthmus.errors import WorkspaceError
from isthmus.pipeline import Workspace


@pytest.mark.slow
def test_the_demo_runs_to_its_report(tmp_path, command):
    ws = tmp_path / "demo"
    said = command("demo", "--workspace", ws).out
    page = (ws / "report.html").read_text(encoding="utf-8")
    assert str(ws / "report.html") in said
    assert "simulated population" in page
    assert page.count("<svg") >= 3
    assert "<script src" not in page
    assert "Because you" in said
    assert "我想了解最新的科技新闻" in said
    command("demo", "--workspace", ws / "exports", code=7)


def test_the_exports_of_the_demo_come_in_and_an_earlier_demo_makes_room(tmp_path):
    begun = Demo.begin(tmp_path / "demo")
    done = begun.import_exports()
    assert sum(one.counts["events"] for one in done) > 100
    assert all(one.counts["rejects"] == 0 for one in done)
    again = Demo.begin(tmp_path / "demo")
    assert again.workspace.log.count() == 0


def test_the_demo_never_replaces_anything_else(tmp_path, isthmus, files):
    ws = tmp_path / "demo"
    Demo.begin(ws).import_exports()
    (files / "bare.csv").write_text("platform,user_id,item_id\nbooks,eve,b1\n")
    isthmus("import", ws, "table", files / "bare.csv")
    events = Workspace.open(ws).log.count()
    with pytest.raises(WorkspaceError, match=r"more than the demo.*bare\.csv"):
        Demo.begin(ws)
    Workspace.create(tmp_path / "mine")
    with pytest.raises(WorkspaceError):
        Demo.begin(tmp_path / "mine")
    assert Workspace.open(ws).log.count() == events
