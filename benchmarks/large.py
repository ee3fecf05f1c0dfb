"""Importing a CSV and a JSON-lines file of 5 GB each: seconds, and the most memory that was held.

    python benchmarks/large.py [--gb 5] [--only csv] [--quick]

The files are made here, one at a time, in a temporary folder (--folder DIR: where there is room for one and
for what is stored of it), and deleted afterwards. CSV: a log of plays and views by a million people, about 70
bytes a row. JSON lines: reviews in the form of Amazon's, about 500 bytes a row. No row comes twice, which is
the most that has to be remembered. Each import is a process of its own, by the command line.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from common import Result, Table, number, parser, run_isthmus, say

GOAL_GB = 1.0
_BLOCK = 500_000
_PEOPLE, _ITEMS = 1_000_000, 300_000
_ROOM = 2.0
"""Free space asked for, in sizes of the file: itself, what is stored of it, and some air."""


def main() -> None:
    """Make each file, import it, delete it, write."""
    made = parser(__doc__ or "", "python benchmarks/large.py --gb 5")
    made.add_argument("--gb", type=float, default=5.0, help="size of each file")
    made.add_argument("--only", choices=list(_MAKERS), help="one of the two")
    made.add_argument("--folder", type=Path, help="where the files are made (default: the system's)")
    asked = made.parse_args()
    size = int((0.05 if asked.quick else asked.gb) * 1e9)
    result = Result("large", quick=asked.quick)
    for kind in [asked.only] if asked.only else _MAKERS:
        result.figures[kind] = measure(kind, size, asked.folder)
    _tell(result)
    result.write(asked.out)


def measure(kind: str, size: int, where: Path | None) -> dict[str, Any]:
    """What importing a file of `size` bytes took. RuntimeError where not all of it was taken."""
    with tempfile.TemporaryDirectory(dir=where) as folder:
        if shutil.disk_usage(folder).free < _ROOM * size:
            raise SystemExit(f"{folder} has no room for {_ROOM * size / 1e9:.0f} GB: --folder DIR")
        name, source, blocks = _MAKERS[kind]
        file, workspace = Path(folder) / name, Path(folder) / "workspace"
        say(f"making {size / 1e9:.2f} GB of {kind} …")
        n = _write(file, size, blocks)
        run_isthmus("init", workspace)
        done = run_isthmus("import", workspace, source, file, "--json")
        told = json.loads(done.output)["files"][0]
        if (told["events"], told["duplicates"], told["rejects"]) != (n, 0, 0):
            raise RuntimeError(f"{name}: {told}")
        stored = sum(one.stat().st_size for one in workspace.rglob("*") if one.is_file())
        return {
            "rows": n, "file_gb": file.stat().st_size / 1e9, "seconds": done.seconds,
            "peak_gb": done.peak_gb, "workspace_gb": stored / 1e9,
        }  # fmt: skip


def _write(file: Path, size: int, blocks: Callable[[BinaryIO], Iterator[int]]) -> int:
    """Blocks until there are `size` bytes; returns how many rows that is."""
    n = 0
    with file.open("wb") as out:
        for rows in blocks(out):
            n += rows
            if out.tell() >= size:
                break
    return n


def _csv_blocks(out: BinaryIO) -> Iterator[int]:
    rng = np.random.default_rng(1)
    start = 0
    while True:
        people, items, when = _who_what_when(rng, start)
        frame = pl.DataFrame({
            "platform": "shop",
            "user_id": people,
            "item_id": items,
            "kind": np.where(rng.random(_BLOCK) < 0.5, "view", "play"),
            "value": rng.integers(300, size=_BLOCK),
            "occurred_at": when.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
        })  # fmt: skip
        frame.write_csv(out, include_header=start == 0)
        start += _BLOCK
        yield _BLOCK


def _review_blocks(out: BinaryIO) -> Iterator[int]:
    rng = np.random.default_rng(1)
    words = np.array(["".join(rng.choice(list("abcdefghijklmnop"), 5)) for _ in range(5_000)])
    texts = pl.Series([" ".join(rng.choice(words, n)) for n in rng.integers(10, 80, 20_000)])
    start = 0
    while True:
        people, items, when = _who_what_when(rng, start)
        frame = pl.DataFrame({
            "rating": rng.integers(1, 6, _BLOCK).astype(np.float64),
            "title": texts.gather(rng.integers(len(texts), size=_BLOCK)).str.head(24),
            "text": texts.gather(rng.integers(len(texts), size=_BLOCK)),
            "images": pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, _BLOCK),
            "asin": items,
            "parent_asin": items,
            "user_id": people,
            "helpful_vote": 0,
            "verified_purchase": True,
            "timestamp": when.dt.epoch("ms"),
        })  # fmt: skip
        frame.write_ndjson(out)
        start += _BLOCK
        yield _BLOCK


def _who_what_when(rng: np.random.Generator, start: int) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Of a block: people and items as ids, and times, no two alike."""
    numbers = rng.integers(_PEOPLE, size=_BLOCK)
    people = "A" + pl.Series(numbers).cast(pl.String).str.zfill(10)
    items = "B" + pl.Series(rng.integers(_ITEMS, size=_BLOCK)).cast(pl.String).str.zfill(9)
    steps = start + np.arange(_BLOCK)
    return people, items, pl.from_epoch(pl.Series(1_420_070_400_000 + steps * 3_000), "ms")


_MAKERS: dict[str, tuple[str, str, Callable[[BinaryIO], Iterator[int]]]] = {
    "csv": ("log.csv", "table", _csv_blocks),
    "json lines": ("Books.amazon_reviews.jsonl", "amazon_reviews", _review_blocks),
}
"""Name of the file, who reads it, and what writes it block by block."""


def _tell(result: Result) -> None:
    rows = [
        [
            kind, number(found["file_gb"], 2), f"{found['rows']:,}", f"{found['seconds']:.0f}",
            f"{found['rows'] / found['seconds']:,.0f}", number(found["peak_gb"], 2),
            number(found["workspace_gb"], 2),
        ]
        for kind, found in result.figures.items()
    ]  # fmt: skip
    heads = ["file", "GB", "rows", "import, s", "rows a second", "peak memory, GB", "workspace, GB"]
    result.tables.append(Table("Importing a large file", heads, rows))
    worst = max(found["peak_gb"] for found in result.figures.values())
    reached = "reached" if worst < GOAL_GB else "not reached"
    result.notes.append(f"Goal: less than {GOAL_GB:.0f} GB of memory: {reached}, {worst:.2f} GB at most.")


if __name__ == "__main__":
    main()
