"""Importing a million events from CSV and from Parquet, beside polars merely reading the same file.

    python benchmarks/importing.py [--rows 1000000] [--quick]

The events are made here: 50,000 people, 100,000 items, plays and ratings over ten years, every row distinct.
Each import goes through the command line into an empty workspace (durable, checked, de-duplicated, under
pseudonyms), then the same file again (all duplicates), then once through the Python function in a process
that is running already.
"""

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from common import Result, Table, parser, run_isthmus, say
from isthmus.pipeline import Workspace, import_files
from isthmus.sources import load_source

GOAL = 200_000
"""Rows a second from Parquet."""


def main() -> None:
    """Make the files, measure both, write."""
    made = parser(__doc__ or "", "python benchmarks/importing.py --rows 1000000")
    made.add_argument("--rows", type=int, default=1_000_000)
    made.add_argument("--repeat", type=int, default=3, help="runs of each; the best counts")
    asked = made.parse_args()
    n, repeat = (20_000, 1) if asked.quick else (asked.rows, asked.repeat)
    result = Result("importing", quick=asked.quick)
    with tempfile.TemporaryDirectory() as folder:
        say(f"making {n:,} events …")
        for file in write_files(make_events(n), Path(folder)):
            result.figures[file.suffix[1:]] = measure(file, n, Path(folder), repeat)
    _tell(result, n, repeat)
    result.write(asked.out)


def make_events(n: int, seed: int = 0) -> pl.DataFrame:
    """`n` distinct events with the columns of Event: plays and some ratings, items as skewed as real ones."""
    rng = np.random.default_rng(seed)
    rated = rng.random(n) < 0.3
    start = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())
    seconds = start + np.sort(rng.choice(315_000_000, n, replace=False))
    items = np.minimum(rng.zipf(1.3, n) - 1, 99_999)
    return pl.DataFrame({
        "platform": np.where(rng.random(n) < 0.5, "music", "films"),
        "user_id": pl.Series(rng.integers(50_000, size=n)).cast(pl.String),
        "item_id": "i" + pl.Series(items).cast(pl.String),
        "kind": np.where(rated, "rate", "play"),
        "value": np.where(rated, rng.integers(1, 6, n), rng.integers(5, 600, n)).astype(np.float64),
        "unit": np.where(rated, "rating", "seconds"),
        # No two at the same time, so that no row is a duplicate.
        "occurred_at": pl.from_epoch(pl.Series(seconds), "s").dt.replace_time_zone("UTC"),
    })  # fmt: skip


def write_files(events: pl.DataFrame, folder: Path) -> list[Path]:
    """The same events as CSV (times in ISO 8601) and as Parquet."""
    csv, parquet = folder / "events.csv", folder / "events.parquet"
    events.with_columns(pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(csv)
    events.write_parquet(parquet)
    return [csv, parquet]


def measure(file: Path, n: int, folder: Path, repeat: int) -> dict[str, Any]:
    """Seconds of each way to read `file`, the best of `repeat`, and the peak of memory of the imports."""
    read = pl.read_csv if file.suffix == ".csv" else pl.read_parquet
    found: dict[str, Any] = {"file_mb": file.stat().st_size / 1e6}
    found["polars_s"] = min(_timed(lambda: read(file)) for _ in range(max(3, repeat)))
    for number in range(repeat):
        workspace = folder / f"ws-{file.suffix[1:]}-{number}"
        run_isthmus("init", workspace)
        for key, expected in (("cli", n), ("again", 0)):
            done = run_isthmus("import", workspace, "table", file, "--json")
            told = json.loads(done.output)["files"][0]
            if (told["events"], told["duplicates"], told["rejects"]) != (expected, n - expected, 0):
                raise RuntimeError(f"{file.name}, {key}: {told}")
            _keep_least(found, f"{key}_s", done.seconds)
            found["peak_gb"] = max(done.peak_gb, found.get("peak_gb", 0.0))
        found["workspace_mb"] = sum(one.stat().st_size for one in workspace.rglob("*") if one.is_file()) / 1e6
        _keep_least(found, "python_s", _import_here(folder / f"{workspace.name}-python", file, n))
    return found


def _import_here(workspace: Path, file: Path, n: int) -> float:
    """Seconds, without making the workspace."""
    opened = Workspace.create(workspace)
    started = time.perf_counter()
    source = load_source("table", batch_rows=opened.settings.importing.batch_rows)
    taken = sum(done.counts["events"] for done in import_files(opened, source, [file]))
    if taken != n:
        raise RuntimeError(f"{taken} of {n} events were taken")
    return time.perf_counter() - started


def _keep_least(found: dict[str, Any], key: str, value: float) -> None:
    found[key] = min(value, found.get(key, value))


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _tell(result: Result, n: int, repeat: int) -> None:
    ways = {
        "isthmus import, command line, start included": "cli_s",
        "the same file again, all of it there already": "again_s",
        "import_files, in a running process": "python_s",
        "polars merely reading the file": "polars_s",
    }
    rows = [
        [
            f"{kind}: {way}",
            f"{found[key]:.2f}",
            f"{n / found[key]:,.0f}",
            f"{found[key] / found['polars_s']:.0f}",
        ]
        for kind, found in result.figures.items()
        for way, key in ways.items()
    ]
    sizes = "; ".join(
        f"{kind}: file {found['file_mb']:.0f} MB, workspace {found['workspace_mb']:.0f} MB, "
        f"peak {found['peak_gb']:.2f} GB"
        for kind, found in result.figures.items()
    )
    result.notes.append(
        f"{n:,} distinct events, the best of {repeat}; goal {GOAL:,} rows a second from Parquet. {sizes}."
    )
    result.tables.append(Table("Import of events", ["", "s", "rows a second", "times polars"], rows))


if __name__ == "__main__":
    main()
