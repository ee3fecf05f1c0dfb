import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import shard_work
from hypothesis import given
from hypothesis import strategies as st

from isthmus.engine import InProcess, Processes, shard_ranges
from isthmus.errors import InputError, MissingExtraError, UnknownNameError


@pytest.fixture(scope="module")
def two():
    with Processes(2) as executor:
        yield executor


@pytest.fixture(params=["here", "processes"])
def executor(request):
    return InProcess() if request.param == "here" else request.getfixturevalue("two")


def test_results_come_in_the_order_of_the_shards(executor):
    steps = []
    assert executor.map(shard_work.square, iter(range(30)), steps.append) == [x * x for x in range(30)]
    assert sum(steps) == 30


def test_nothing_to_do_gives_nothing(executor):
    assert executor.map(shard_work.square, []) == []


@pytest.mark.parametrize(
    ("shard", "kind", "says"),
    [
        (1, InputError, "numbers.csv:7, field x: is odd\nTake another."),
        (2, MissingExtraError, "isthmus[extra-two]"),
        (3, UnknownNameError, "Did you mean three?"),
        (4, ZeroDivisionError, "not ours"),
    ],
)
def test_an_error_comes_back_as_itself(executor, shard, kind, says):
    with pytest.raises(kind) as caught:
        executor.map(shard_work.refuse, [0, shard, 0])
    assert says in str(caught.value)
    assert vars(caught.value).get("line", 7) == 7
    assert executor.map(shard_work.square, [2, 3]) == [4, 9]  # and the next work is done


def test_two_workers_share_the_cores_and_stay(two):
    seen = two.map(shard_work.process_and_threads, range(8))
    processes = {process for process, _ in seen}
    assert len(processes) == 2
    assert os.getpid() not in processes
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert {threads for _, threads in seen} == {str(max(1, cores // 2))}
    assert {process for process, _ in two.map(shard_work.process_and_threads, range(8))} <= processes


def test_starting_workers_leaves_environment_and_main_module_alone():
    environment, main = dict(os.environ), sys.modules["__main__"]
    with Processes(2) as executor:
        executor.map(shard_work.square, [1, 2])
    assert dict(os.environ) == environment
    assert sys.modules["__main__"] is main


def test_a_worker_starts_no_workers(two):
    nested = two.map(shard_work.map_again, [1, 2])
    assert all(len(set(processes)) == 1 for processes in nested)


def test_what_workers_cannot_import_is_refused(two):
    with pytest.raises(InputError, match="import"):
        two.map(lambda x: x, [1, 2])
    with pytest.raises(InputError, match="worker"):
        Processes(0)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import shard_work
from isthmus.engine import Processes
print("ran")
{call}
"""


def script(call):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = SCRIPT.format(folder=str(Path(__file__).parent), call=call)
    return code, environment


def test_a_script_without_a_main_guard_runs_once(tmp_path):
    code, environment = script("print(sum(Processes(2).map(shard_work.square, range(4))))")
    (tmp_path / "work.py").write_text(code)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "work.py")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("ran\n14\n", "")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_an_interrupted_parent(tmp_path, how):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, environment = script(
        f"from pathlib import Path\nmarks = Path({str(marks)!r})\n"
        "Processes(2).map(shard_work.report_then_sleep, [(marks, i) for i in range(2)])"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    wait_until(lambda: len(list(marks.iterdir())) == 2)
    workers = [int(mark.name.split("-")[1]) for mark in marks.iterdir()]
    parent.send_signal(how)
    _, complaint = parent.communicate(timeout=20)
    assert parent.returncode != 0
    assert how == signal.SIGKILL or b"KeyboardInterrupt" in complaint
    wait_until(lambda: not any(is_running(worker) for worker in workers))


def wait_until(condition, timeout_s=30):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


@given(st.integers(0, 500), st.integers(1, 60))
def test_ranges_cover_everything_once_and_evenly(n, n_shards):
    ranges = shard_ranges(n, n_shards)
    assert [i for start, stop in ranges for i in range(start, stop)] == list(range(n))
    sizes = {stop - start for start, stop in ranges}
    assert len(ranges) == min(n, n_shards)
    assert not sizes or max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(("n", "n_shards"), [(-1, 2), (3, 0)])
def test_impossible_ranges_are_refused(n, n_shards):
    with pytest.raises(InputError):
        shard_ranges(n, n_shards)
