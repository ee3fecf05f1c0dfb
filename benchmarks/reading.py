"""Reading large exports of many formats, beside a parser that merely reads the same file.

    python benchmarks/reading.py [--rows 200000] [--only TEXT ...] [--quick]

Files are made up in their true formats (exports.py). "parser" is the quicker of orjson and polars where both
read the format; it parses every field and keeps nothing else. Ours makes events, items and rejects of the
rows, checked and with ids. The whole import, in a running process and into an empty workspace, adds
pseudonyms, the search for duplicates, and durable files.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from common import Result, Table, number, parser, say
from exports import FORMATS, Chance, Format
from isthmus.pipeline import Workspace, import_files
from isthmus.sources import Source, load_source

GOAL = 1 / 3
COLUMNS = (
    "format",
    "MB",
    "rows",
    "parser",
    "its s",
    "ours, s",
    "ours, rows a second",
    "of the parser's speed",
    "whole import, s",
    "of the parser's speed",
)


def main() -> None:
    """Make each file, read it both ways, write."""
    made = parser(__doc__ or "", "python benchmarks/reading.py --only spotify youtube")
    made.add_argument("--rows", type=int, default=200_000)
    made.add_argument("--repeat", type=int, default=3, help="readings of each; the best counts")
    made.add_argument("--only", nargs="+", help="formats whose name holds one of these")
    asked = made.parse_args()
    n, repeat = (2_000, 1) if asked.quick else (asked.rows, asked.repeat)
    result = Result("reading", quick=asked.quick)
    chosen = [one for one in FORMATS if not asked.only or any(part in one.name for part in asked.only)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for one in chosen:
            say(f"{one.name} …")
            file = write(one, n, Path(folder))
            found = measure(one, file, repeat)
            result.figures[one.name] = found
            rows.append(row(one, file, n, found))
            file.unlink()
    slow = [one.name for one in chosen if result.figures[one.name]["share"] < GOAL]
    result.tables.append(Table("Reading, best of the readings", list(COLUMNS), rows))
    late = [one.name for one in chosen if result.figures[one.name]["import_share"] < GOAL]
    goal = f"Goal: a third of the parser's speed. Reading misses it with: {', '.join(slow) or 'none'}; "
    goal += f"the whole import with: {', '.join(late) or 'none'}."
    result.notes.append(f"{n:,} rows each, the best of {repeat}. {goal}")
    result.write(asked.out)


def write(one: Format, n: int, folder: Path) -> Path:
    """The file, made."""
    file = folder / one.file
    with file.open("w", encoding="utf-8") as out:
        out.writelines(one.make(n, Chance()))
    return file


def measure(one: Format, file: Path, repeat: int) -> dict[str, Any]:
    """Seconds of the parsers and of ours, taking turns."""
    readers = parsers(file)
    work = readers | {"ours": lambda: ours(one, file), "import": lambda: imported(one, file)}
    best = dict.fromkeys(work, float("inf"))
    for _ in range(repeat):
        for name, read in work.items():
            started = time.perf_counter()
            read()
            best[name] = min(best[name], time.perf_counter() - started)
    quicker = min(readers, key=best.__getitem__)
    shares = {"share": best[quicker] / best["ours"], "import_share": best[quicker] / best["import"]}
    return {"seconds": best, "parser": quicker, **shares}


def parsers(file: Path) -> dict[str, Callable[[], Any]]:
    """What merely reads such a file."""
    if file.suffix == ".json":
        return {"orjson": lambda: orjson.loads(file.read_bytes())}
    if file.suffix == ".jsonl":
        return {
            "orjson": lambda: [orjson.loads(line) for line in file.read_bytes().splitlines()],
            "polars": lambda: pl.read_ndjson(file),
        }
    return {"polars": lambda: pl.read_csv(file, separator="\t" if file.suffix == ".inter" else ",")}


def ours(one: Format, file: Path) -> int:
    """How many events and items the source makes of it."""
    return sum(batch.events.height + batch.items.height for batch in source_of(one).read(file))


def source_of(one: Format) -> Source:
    """Who reads it."""
    return load_source(one.source, user_id="mira") if one.personal else load_source(one.source)


def imported(one: Format, file: Path) -> None:
    """Import it into a workspace made for it."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "workspace")
        for _ in import_files(workspace, source_of(one), [file]):
            pass


def row(one: Format, file: Path, n: int, found: dict[str, Any]) -> list[str]:
    """A row of the table."""
    seconds = found["seconds"]
    return [
        one.name, number(file.stat().st_size / 1e6, 1), f"{n:,}", found["parser"],
        number(seconds[found["parser"]], 2), number(seconds["ours"], 2), f"{n / seconds['ours']:,.0f}",
        f"{found['share']:.0%}", number(seconds["import"], 2), f"{found['import_share']:.0%}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
