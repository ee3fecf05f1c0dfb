"""What all benchmarks share: where the data is, what the machine is, and results that become tables."""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
_PACKAGES = ("isthmus", "numpy", "scipy", "polars")


@dataclass(frozen=True)
class Table:
    """A table as it is shown: a title, the names of the columns, and rows of text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table with its title above, for README.md and the terminal alike."""
        lines = [f"**{self.title}**", "", _line(self.columns), _line(["---"] * len(self.columns))]
        return "\n".join([*lines, *(_line(row) for row in self.rows)])


@dataclass
class Result:
    """What one benchmark found, and all that is needed to know what it is worth."""

    benchmark: str
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was done, in sentences; shown above the tables."""
    figures: dict[str, Any] = field(default_factory=dict)
    """The same and more as numbers, for programs."""
    quick: bool = False
    machine: str = field(default_factory=lambda: describe_machine())
    versions: str = field(default_factory=lambda: describe_versions())
    date: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d"))
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))
    """Load average when it began: above 0.5 the times are those of a busy machine."""

    def write(self, file: Path | None) -> None:
        """Print the tables and write JSON: to `file`, or to results/ unless the run was only a quick one."""
        for note in self.notes:
            print(f"- {note}")
        for table in self.tables:
            print(f"\n{table.markdown()}")
        print(f"\n{self.machine}; {self.versions}; {self.date}; load {self.load}")
        if file is None and not self.quick:
            file = RESULTS / f"{self.benchmark}.json"
        if file is None:
            say("A quick run is no result: nothing was written (--out FILE writes it).")
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            json.dumps(_plain(asdict(self)), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )
        say(f"Wrote {file.name}; python benchmarks/report.py puts it into README.md.")


def parser(doc: str, example: str) -> argparse.ArgumentParser:
    """The options every benchmark has; `doc` is the docstring of the script."""
    made = argparse.ArgumentParser(
        description=doc.split("\n")[0],
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--data", type=Path, metavar="DIR", help="the data sets (default: see README.md)")
    made.add_argument("--quick", action="store_true", help="a small part, to see that it runs; no result")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the result here, not to results/")
    return made


def find_data(asked: argparse.Namespace, name: str) -> Path:
    """The folder of the data set `name`: --data, then ISTHMUS_DATA, then shared/data beside the repository.

    Where it is absent, says so and ends the program with 0: nothing was measured, and nothing is wrong.
    """
    root = asked.data or Path(os.environ.get("ISTHMUS_DATA") or HERE.parent.parent / "shared" / "data")
    folder = Path(root) / name
    if not folder.is_dir():
        print(f"skipped: the data set {name} is not at hand (--data DIR or ISTHMUS_DATA)")
        raise SystemExit(0)
    return folder


def describe_machine() -> str:
    """Processor, cores this process may use, and memory; no name and no path."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [
            line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        model = named[0].partition(":")[2].strip() if named else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {cores} cores, {memory:.0f} GiB, {platform.system()}"


def describe_versions() -> str:
    """Python and the packages that do the work."""
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in _PACKAGES)]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        import isthmus  # a checkout on the path, not installed

        return isthmus.__version__ if package == "isthmus" else "?"


@dataclass(frozen=True)
class Run:
    """A finished program: what it printed, how long it took and how much memory it held at most."""

    output: str
    seconds: float
    peak_gb: float


def run_program(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Run:
    """Run this Python with `arguments` in a process of its own; what it says on stderr is passed through.

    Raises RuntimeError where it does not end with 0.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdout=output, env={**os.environ, **(env or {})}
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode("utf-8")
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments[:4]))} … ended with {process.returncode}: {said}")
    return Run(said, seconds, _gb(used.ru_maxrss))


def run_isthmus(*arguments: str | Path) -> Run:
    """Run the command line of Isthmus, as a person would."""
    say(f"isthmus {' '.join(str(one) for one in arguments[:1])} …")
    return run_program("-m", "isthmus", *arguments)


def peak_gb() -> float:
    """The most memory this process has held so far, in GB."""
    return _gb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _gb(maxrss: int) -> float:
    return maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def say(message: str) -> None:
    """A line of progress on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {message}", file=sys.stderr, flush=True)


class Said:
    """Progress for `isthmus.evaluation`: a line on stderr as each piece of work begins and goes on."""

    @contextmanager
    def track(self, label: str, total: int) -> Iterator[Any]:
        """Tell of `label`, then of each step of it."""
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            say(f"{label}: {done} of {total}")

        say(f"{label} …")
        yield advance


def with_interval(mean: float, low: float, high: float, digits: int = 4) -> str:
    """`.0297 [.0270, .0325]`."""
    return f"{_short(mean, digits)} [{_short(low, digits)}, {_short(high, digits)}]"


def _short(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0.") else text


def number(value: float, digits: int = 4) -> str:
    """`.0297`, as the tables of the design have it."""
    return _short(value, digits)


def cache_folder() -> Path:
    """Where vectors of titles are kept between runs of the benchmarks."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "isthmus-benchmarks"


def _plain(value: Any) -> Any:
    """The same in types that JSON has: what is not finite becomes null, so no long run ends in an error."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
