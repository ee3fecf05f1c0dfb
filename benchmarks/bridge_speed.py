"""Bridge on amazon-books-movies: seconds and memory of a fit and of all lists, and how near the floor.

    python benchmarks/bridge_speed.py [--data DIR] [--quick]

8,000 people, 58,000 items, vectors cached. Each target is fitted in a process of its own, so that its peak of
memory is its own. The floor is the floating-point work (benchmarks/floor.py) at the rate that numpy's matrix
product reaches in the same process.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import floor
from common import Result, Table, find_data, parser, peak_gb, run_program, say
from isthmus.models.bridge import Bridge
from isthmus.models.bridge.config import BridgeConfig
from isthmus.pipeline import Workspace, read_dataset
from real import PLATFORMS, find_files, import_all

GOALS = {"fit_s": 60.0, "lists_s": 10.0, "peak_gb": 4.0, "over_floor": 3.0}


def main() -> None:
    """Measure every target in a process of its own, and write."""
    made = parser(__doc__ or "", "python benchmarks/bridge_speed.py --repeat 3")
    made.add_argument("--repeat", type=int, default=3, help="processes per target; the best counts")
    made.add_argument("--workspace", type=Path, help="one that real.py kept (default: a temporary one)")
    made.add_argument("--measure", metavar="TARGET", help=argparse.SUPPRESS)
    asked = made.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.workspace, asked.measure)))
        return
    files = find_files(find_data(asked, "amazon-books-movies"), quick=asked.quick)
    result = Result("bridge_speed", quick=asked.quick)
    with tempfile.TemporaryDirectory() as folder:
        workspace = asked.workspace or Path(folder) / "ws"
        if not (workspace / "manifest.sqlite").exists():
            import_all(workspace, files)
        say("encoding what is not in the cache yet …")
        read_dataset(Workspace.open(workspace), Workspace.open(workspace).encoder())
        for target in PLATFORMS:
            runs = [_in_process(workspace, target) for _ in range(1 if asked.quick else asked.repeat)]
            result.figures[target] = runs
    _tell(result)
    result.write(asked.out)


def _in_process(workspace: Path, target: str) -> dict[str, Any]:
    say(f"target {target} …")
    done = run_program(Path(__file__), "--measure", target, "--workspace", workspace)
    found: dict[str, Any] = json.loads(done.output)
    return found


def measure(workspace: Path, target: str) -> dict[str, Any]:
    """Fit and list once, here; the floor is measured after, so that its memory does not count."""
    opened = Workspace.open(workspace)
    started = time.perf_counter()
    dataset = read_dataset(opened, opened.encoder())
    read_s, read_gb = time.perf_counter() - started, peak_gb()
    config = BridgeConfig(target=target)
    model, fit_s = _timed(lambda: Bridge(config).fit(dataset, rng=0))
    fit_gb = peak_gb()
    query = dataset.query(np.arange(dataset.n_users), target)
    lists, lists_s = _timed(lambda: model.recommend(query, 10))
    if (lists.item_nums < 0).any():
        raise RuntimeError("somebody has a list shorter than 10")
    whole_gb = peak_gb()
    rates = floor.matmul_rates()
    kept = list(model.weights(dataset.platform_num(target)))
    fit_work = floor.of_fit(dataset, target, config)
    lists_work = floor.of_lists(dataset, target, config, kept)
    return {
        "people": dataset.n_users, "items": dataset.n_items, "target_items": len(query.candidates),
        "read_s": read_s, "read_gb": read_gb, "fit_s": fit_s, "fit_gb": fit_gb, "lists_s": lists_s,
        "peak_gb": whole_gb, "components": kept,
        "rates_gflops": {name: rate / 1e9 for name, rate in rates.items()},
        "fit_gflop": {name: count / 1e9 for name, count in fit_work.items()},
        "lists_gflop": {name: count / 1e9 for name, count in lists_work.items()},
        "fit_floor_s": floor.seconds(fit_work, rates), "lists_floor_s": floor.seconds(lists_work, rates),
    }  # fmt: skip


def _timed(work: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    done = work()
    return done, time.perf_counter() - started


def _tell(result: Result) -> None:
    rows = []
    for target, runs in result.figures.items():
        for what, key in (("fit with its blend", "fit"), ("top 10 for everybody", "lists")):
            best = min(runs, key=lambda run: run[f"{key}_s"])
            took, least = best[f"{key}_s"], best[f"{key}_floor_s"]
            work = " + ".join(f"{count:,.0f} {name}" for name, count in sorted(best[f"{key}_gflop"].items()))
            goal = f"{GOALS[f'{key}_s']:.0f} s"
            rows.append([
                f"{target}: {what}", f"{took:.1f}", goal, f"{max(run['peak_gb'] for run in runs):.2f}",
                work, f"{least:.1f}", f"{took / least:.1f}",
            ])  # fmt: skip
    first = next(iter(result.figures.values()))
    one = first[0]
    rates = ", ".join(f"{name} {rate:.0f}" for name, rate in sorted(one["rates_gflops"].items()))
    result.notes.append(
        f"{one['people']:,} people, {one['items']:,} items; the best of {len(first)} processes per "
        f"target, the largest of their peaks of memory (goal {GOALS['peak_gb']:.0f} GB, data and vectors "
        f"included: {one['read_gb']:.2f} GB before the fit); reading the workspace took "
        f"{one['read_s']:.1f} s more. numpy's matrix product: {rates} GFLOP/s. Goal: within "
        f"{GOALS['over_floor']:.0f} times the floor."
    )
    columns = ["work", "s", "goal", "peak, GB", "GFLOP", "floor, s", "times the floor"]
    result.tables.append(Table("Bridge, one target at a time", columns, rows))


if __name__ == "__main__":
    main()
