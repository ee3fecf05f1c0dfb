"""kill -9 in the middle of a search: the next call goes on, and ends as one that was never killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tuning_world import TARGET, make_world

from isthmus.tuning import tune

pytest.importorskip("optuna", reason="needs isthmus[tune]")
pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9"),
]

TRIALS = 20
KILLED_AFTER = (3, 7)
WORKER = Path(__file__).with_name("tuning_worker.py")


def start(folder: Path) -> "subprocess.Popen[str]":
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(folder), str(TRIALS)], stdout=subprocess.PIPE, text=True, env=env
    )


def count(folder: Path) -> int:
    """Trials in the file, read while another process writes; 0 while it is being made."""
    for file in folder.glob("*.sqlite"):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return int(connection.execute("select count(*) from trials").fetchone()[0])
        except sqlite3.OperationalError:
            return 0
        finally:
            connection.close()
    return 0


def test_a_killed_search_goes_on(tmp_path: Path) -> None:
    kept = [0]
    for enough in KILLED_AFTER:
        with start(tmp_path) as process:
            while count(tmp_path) < enough:
                assert process.poll() is None, "it ended before it could be killed"
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        kept.append(count(tmp_path))
        assert enough <= kept[-1] < TRIALS
        assert kept[-1] > kept[-2]
    with start(tmp_path) as process:
        said, _ = process.communicate()
        assert process.returncode == 0
    assert said.split() == [str(TRIALS), str(kept[-1])], "what was done is done, and no more is tried"

    alone = tune(make_world(), "itemknn", target=TARGET, trials=TRIALS)
    killed = tune(make_world(), "itemknn", target=TARGET, trials=TRIALS, folder=tmp_path)
    assert killed.earlier == TRIALS
    for one, other in zip(killed.trials, alone.trials, strict=True):
        assert (one.values, one.folds, one.state) == (other.values, other.folds, other.state)
    assert killed.settings == alone.settings
