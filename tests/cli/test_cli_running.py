"""What goes wrong ends in a message and a code; long work is shown where somebody watches."""

import io

import pytest
from rich.console import Console

from isthmus.cli.progress import Bars
from isthmus.errors import EncoderError, StorageError


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (EncoderError("No key.", "Set OPENAI_API_KEY."), 6, "Set OPENAI_API_KEY."),
        (StorageError("The disk is full."), 7, "The disk is full."),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError(), 1, "not enough memory"),
        (ZeroDivisionError("division by zero"), 70, "fault of Isthmus: ZeroDivisionError"),
    ],
)
def test_every_error_has_a_code_and_no_traceback(ws, isthmus, monkeypatch, error, code, message):
    def fail(workspace):
        raise error

    monkeypatch.setattr("isthmus.pipeline.find_status", fail)
    assert message in isthmus("status", ws, code=code).err


def test_an_argument_that_is_no_text(ws, isthmus):
    assert "not UTF-8" in isthmus("status", f"{ws}\udcff", code=2).err


def test_a_terminal_of_another_encoding_still_shows_titles(ws, files, command):
    (files / "zh.csv").write_text("platform,item_id,title\nfilms,f1,流浪地球\n", encoding="utf-8")
    command("items", ws, files / "zh.csv")
    command("fit", ws, "--model", "popularity")
    said = command(
        "recommend",
        ws,
        "--user",
        "books:ann",
        "--platform",
        "films",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    ).out
    assert "\\u6d41" in said


def test_bars_nest_and_leave_the_screen_clean():
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=100))
    with bars.track("outer", 2) as outer:
        outer(1)
        with bars.track("inner", 0) as inner:
            inner(3)
        outer(1)
    assert "outer" in screen.getvalue()
    assert "inner" in screen.getvalue()
    with bars.track("again", 1) as advance:
        advance(1)
    assert "again" in screen.getvalue()


def test_where_nobody_watches_a_line_is_enough():
    log = io.StringIO()
    with Bars(Console(file=log, force_terminal=False)).track("Importing [red]a.csv", 5) as advance:
        advance(5)
    assert log.getvalue() == "Importing [red]a.csv …\n"
