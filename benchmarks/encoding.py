"""Encode the titles of a catalogue once, then again from the cache, and print what each took.

    python benchmarks/encoding.py [--texts 60000] [--workers]

Texts are the titles of amazon-books-movies where that is at hand (ISTHMUS_DATA or ../shared/data), and made
of numbers beyond those. The best of three runs counts for the cache, each in a fresh object.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from isthmus.encoders import CachedEncoder
from isthmus.encoders.use import UseEncoder
from isthmus.engine import Executor, InProcess, Processes


def titles(n: int) -> list[str]:
    here = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("ISTHMUS_DATA", here.parent / "shared" / "data")) / "amazon-books-movies"
    found: list[str] = []
    for file in sorted(folder.glob("*/*.csv*")):
        found += pl.read_csv(file, infer_schema_length=0)["title"].drop_nulls().to_list()
    distinct = list(dict.fromkeys(found))[:n]
    return distinct + [f"Title number {i} of a catalogue" for i in range(n - len(distinct))]


def timed(what, *arguments):
    started = time.perf_counter()
    result = what(*arguments)
    return time.perf_counter() - started, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", type=int, default=60_000)
    parser.add_argument("--workers", action="store_true", help="also encode in two worker processes")
    asked = parser.parse_args()
    texts = titles(asked.texts)
    places: dict[str, Executor] = {"in process": InProcess()}
    if asked.workers:
        places["two workers"] = Processes(2)

    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{len(texts)} texts, {len(set(texts))} distinct; load average {os.getloadavg()[0]:.1f}")
    for place, executor in places.items():
        with tempfile.TemporaryDirectory() as folder:
            fresh_s, fresh = timed(CachedEncoder(UseEncoder(executor), Path(folder)).encode, texts)
            runs = [timed(CachedEncoder(UseEncoder(executor), Path(folder)).encode, texts) for _ in range(3)]
            cached_s = min(seconds for seconds, _ in runs)
            assert all(np.array_equal(fresh, kept) for _, kept in runs)
            n_bytes = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        print(f"\n| {place} | seconds | texts a second |\n|---|---|---|")
        print(f"| encoded | {fresh_s:.2f} | {len(texts) / fresh_s:,.0f} |")
        print(f"| from the cache | {cached_s:.3f} | {len(texts) / cached_s:,.0f} |")
        print(f"| times faster | {fresh_s / cached_s:,.0f} | |")
        print(f"| on disk | {n_bytes / 1e6:.0f} MB | {n_bytes / len(set(texts)):,.0f} bytes a text |")


if __name__ == "__main__":
    main()
