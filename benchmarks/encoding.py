"""Encode the titles of a catalogue once, then again from the cache, and compare what each took.

    python benchmarks/encoding.py [--data DIR] [--texts 60000] [--workers] [--quick]

Texts are the distinct titles of amazon-books-movies, and made of numbers beyond those. Each is given twice,
as a catalogue would; the encoder must see it once. The best of three runs counts for the cache, each in a
fresh object.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from common import Result, Table, find_data, parser, say
from isthmus.encoders import CachedEncoder
from isthmus.encoders.use import UseEncoder
from isthmus.engine import Executor, InProcess, Processes

GOAL = 100
"""Times faster from the cache."""


class Counting:
    """The real encoder, which also counts the texts it is given."""

    def __init__(self, encoder: UseEncoder) -> None:
        self._encoder = encoder
        self.name, self.revision = encoder.name, encoder.revision
        self.texts = 0

    @property
    def embedding_size(self) -> int:
        """As of the encoder."""
        return self._encoder.embedding_size

    def encode(self, texts: Sequence[str], advance: Any = None) -> Any:
        """As the encoder does."""
        self.texts += len(texts)
        return self._encoder.encode(texts, advance)


def main() -> None:
    """Measure in this process, or in two more too, and write."""
    made = parser(__doc__ or "", "python benchmarks/encoding.py --texts 60000 --workers")
    made.add_argument("--texts", type=int, default=60_000, help="distinct texts")
    made.add_argument("--workers", action="store_true", help="also encode in two worker processes")
    asked = made.parse_args()
    texts = titles(find_data(asked, "amazon-books-movies"), 2_000 if asked.quick else asked.texts)
    places: dict[str, Executor] = {"in process": InProcess()}
    if asked.workers:
        places["two workers"] = Processes(2)
    result = Result("encoding", quick=asked.quick)
    for place, executor in places.items():
        say(f"encoding {len(texts):,} texts, {place} …")
        found = measure(executor, texts)
        result.figures[place] = found
        result.tables.append(_table(place, found))
    result.notes.append(
        f"{len(texts):,} distinct texts, each given twice; goal: {GOAL} times faster from the cache, and "
        "distinct texts encoded once (counted: the encoder saw each exactly once, else the script fails)."
    )
    result.write(asked.out)


def titles(data: Path, n: int) -> list[str]:
    """`n` distinct titles, invented where the data has no more."""
    files = sorted(data.glob("*/*.csv*"))
    found = pl.concat([pl.read_csv(file, columns=["title"], infer_schema_length=0) for file in files])
    named = found.filter(pl.col("title").str.strip_chars() != "")["title"]
    distinct = named.unique(maintain_order=True).to_list()[:n]
    return distinct + [f"Title number {number} of a catalogue" for number in range(n - len(distinct))]


def measure(executor: Executor, texts: list[str]) -> dict[str, float]:
    """Seconds without and with the cache, and its size; RuntimeError where vectors or counts differ."""
    with tempfile.TemporaryDirectory() as folder:
        encoder = Counting(UseEncoder(executor))
        fresh_s, fresh = _timed(encoder, folder, texts * 2)
        if encoder.texts != len(texts):
            raise RuntimeError(f"{len(texts)} distinct texts, but {encoder.texts} were encoded")
        runs = [_timed(Counting(UseEncoder(executor)), folder, texts * 2) for _ in range(3)]
        if not all(np.array_equal(fresh, kept) for _, kept in runs):
            raise RuntimeError("the cache gave other vectors than the encoder")
        n_bytes = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {
        "texts": len(texts), "bytes": n_bytes,
        "encoded_s": fresh_s, "cached_s": min(took for took, _ in runs),
    }  # fmt: skip


def _timed(encoder: Counting, folder: str, texts: list[str]) -> tuple[float, Any]:
    started = time.perf_counter()
    vectors = CachedEncoder(encoder, Path(folder)).encode(texts)
    return time.perf_counter() - started, vectors


def _table(place: str, found: dict[str, float]) -> Table:
    n, encoded_s, cached_s = found["texts"], found["encoded_s"], found["cached_s"]
    rows = [
        ["encoded", f"{encoded_s:.2f}", f"{n / encoded_s:,.0f}"],
        ["from the cache", f"{cached_s:.3f}", f"{n / cached_s:,.0f}"],
        ["times faster", f"{encoded_s / cached_s:,.0f}", ""],
        ["on disk", f"{found['bytes'] / 1e6:.0f} MB", f"{found['bytes'] / n:,.0f} bytes a text"],
    ]
    return Table(place, ["", "s", "texts a second"], rows)


if __name__ == "__main__":
    main()
