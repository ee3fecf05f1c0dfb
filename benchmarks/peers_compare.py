"""Bridge beside the methods of other libraries: quality on the same people, seconds and memory apart.

    python benchmarks/peers_compare.py [--data DIR] [--only electronic books] [--methods TEXT ...] [--seeds 0]

Peers: `implicit` (ALS, BPR), `cornac` (EASE, VAECF) and `lenskit` (EASE, item neighbours, ALS), each on the
target's rows and on the rows of both platforms; `pip install -e '.[peers]'`. One that is not installed is
said to be so. RecTools 0.19 needs NumPy 1 below Python 3.13 and Isthmus NumPy 2, so they do not go together
there; LightFM 1.17 no longer builds.

- Every method has three settings (those without any have one), chosen by NDCG@10 on the validation rows; no
  test row is looked at to choose anything.
- Every method runs in a process of its own with --threads threads (default 1). Seconds and memory are those
  that the system counted for this process (getrusage): of one fit with the settings chosen and of the lists
  for all test people; the memory is the most it held in the whole run, data included.
- electronic to phone: the split of electronic_phone.py, then k = 0, 1, 2, 4, 8 rows of the target left, with
  the settings chosen before. books and movies: the cold start of scenarios.py, both ways.
- People without a row where a peer learns are served by popularity: its library would have no list for them.
- A method that makes a dense matrix of all items is not run beyond its number of items.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import electronic_phone
from common import HERE, Result, Table, number, parser, run_program, say
from contest import Score, Scores, Settings, ratio
from isthmus.evaluation import Cases, Lists, Split, parse_metric
from isthmus.schema import FloatArray
from peers_methods import METHODS, Method
from scenarios import scenarios

ELECTRONIC = "electronic to phone"
PAIRS = (ELECTRONIC, "amazon books to movies, cold", "amazon movies to books, cold")
FOLDERS = {ELECTRONIC: "disencdr-ids"} | {one.name: one.folder for one in scenarios() if one.name in PAIRS}
CHEAPER = 5.0
"""How many times the CPU seconds of Bridge a neural peer is expected to take."""


def main() -> None:
    """Measure what is at hand and installed, and write."""
    made = parser(__doc__ or "", "python benchmarks/peers_compare.py --only electronic --seeds 0")
    made.add_argument("--seeds", type=int, nargs="+", default=[0])
    made.add_argument("--only", nargs="+", help="pairs whose name holds one of these")
    made.add_argument("--methods", nargs="+", help="methods whose name holds one of these, and Bridge")
    made.add_argument("--threads", type=int, default=1, help="threads of each method")
    made.add_argument("--one", nargs=2, metavar=("PAIR", "METHOD"), help=argparse.SUPPRESS)
    asked = made.parse_args()
    if asked.one:
        print(json.dumps(measure_one(asked)))
        return
    result = Result("peers_compare", quick=asked.quick)
    tuned = "the first settings" if asked.quick else "up to three settings each, chosen on validation rows"
    seeds = ", ".join(map(str, asked.seeds))
    result.notes.append(f"Seeds {seeds}; threads per method {asked.threads}; {tuned}; full ranking.")
    for pair in PAIRS[:1] if asked.quick and not asked.only else PAIRS:
        if asked.only and not any(part in pair for part in asked.only):
            continue
        if not find_folder(asked, pair).is_dir():
            print(f"skipped: {pair}: {FOLDERS[pair]} is not at hand (--data DIR or ISTHMUS_DATA)")
            continue
        compare(pair, asked, result)
    if result.tables:
        result.notes.append(tell_versions())
        result.write(asked.out)


def find_folder(asked: argparse.Namespace, pair: str) -> Path:
    """Where the data of `pair` is expected: --data, then ISTHMUS_DATA, then shared/data."""
    root = asked.data or os.environ.get("ISTHMUS_DATA") or HERE.parent.parent / "shared" / "data"
    return Path(root) / FOLDERS[pair]


# --- one method, in its own process ------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processor, so far or between two moments."""

    wall_s: float
    cpu_s: float

    @classmethod
    def now(cls) -> "Cost":
        """What this process has used until now."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return cls(time.perf_counter(), used.ru_utime + used.ru_stime)

    def since(self, before: "Cost") -> "Cost":
        """The difference."""
        return Cost(self.wall_s - before.wall_s, self.cpu_s - before.cpu_s)


def measure_one(asked: argparse.Namespace) -> dict[str, Any]:
    """All regimes of one pair by one method; values per list, seconds and settings, for JSON."""
    pair, name = asked.one
    method = next(one for one in METHODS if one.name == name)
    found: dict[str, Any] = {"regimes": {}, "chosen": [], "fit": [], "lists": []}
    for seed in asked.seeds:
        chosen: Settings | None = None
        for regime, split in regimes(pair, find_folder(asked, pair), seed, asked.quick):
            if reason := method.too_large(split):
                return {"not_run": reason}
            if chosen is None:
                chosen = choose(method, split, method.settings[:1] if asked.quick else method.settings)
                found["chosen"].append(dict(chosen))
                values, costs = fit_and_list(method, chosen, split, split.test)
                for what, cost in zip(("fit", "lists"), costs, strict=True):
                    found[what].append([cost.wall_s, cost.cpu_s])
            else:
                values, _ = fit_and_list(method, chosen, split, split.test)
            kept = found["regimes"].setdefault(regime, {"values": [], "users": []})
            kept["values"].append([None if np.isnan(one) else float(one) for one in values])
            kept["users"].append(split.test.users.tolist())
    found["cpu_s"] = Cost.now().cpu_s
    return found


def regimes(pair: str, folder: Path, seed: int, quick: bool) -> Iterator[tuple[str, Split]]:
    """Splits by name; settings are chosen on the first."""
    if pair != ELECTRONIC:
        yield "cold", next(one for one in scenarios() if one.name == pair).make(folder, seed)
        return
    dataset = electronic_phone.read(folder, people=2_000 if quick else None)
    dataset = electronic_phone.prepare(dataset, core="people", twins="items")
    split = electronic_phone.hold_out(dataset, seed)
    yield "all rows", split
    for k in (0, 4) if quick else electronic_phone.KS:
        yield f"k = {k}", electronic_phone.cut_to(split, k)


def choose(method: Method, split: Split, settings: Sequence[Settings]) -> Settings:
    """The one with the best NDCG@10 on the validation rows."""
    if len(settings) == 1:
        return settings[0]
    reached = [float(np.nanmean(fit_and_list(method, one, split, split.validation)[0])) for one in settings]
    return settings[int(np.argmax(reached))]


def fit_and_list(
    method: Method, settings: Settings, split: Split, cases: Cases
) -> tuple[FloatArray, tuple[Cost, Cost]]:
    """NDCG@10 of each list for `cases`, and what the fit and the lists cost."""
    started = Cost.now()
    model = method.make(settings, split).fit(split.train, split.seed)
    fitted = Cost.now()
    lists = model.lists(cases, cases.candidates(split.train, split.target))
    listed = Cost.now()
    found: FloatArray = parse_metric("ndcg@10")(Lists(lists, cases.truth))
    return found, (fitted.since(started), listed.since(fitted))


# --- all methods of one pair -------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What the process of one method told, or why there is nothing to tell."""

    method: Method
    told: Mapping[str, Any]
    peak_gb: float = float("nan")

    @property
    def why_not(self) -> str:
        """Why it was not measured; empty where it was."""
        return str(self.told.get("not_run", ""))

    @property
    def cpu_s(self) -> float:
        """Seconds of the processor for one fit and the lists, mean over seeds."""
        return float(np.mean([fit[1] + lists[1] for fit, lists in self._costs()]))

    @property
    def wall_s(self) -> float:
        """The same by the clock."""
        return float(np.mean([fit[0] + lists[0] for fit, lists in self._costs()]))

    def _costs(self) -> Any:
        return zip(self.told["fit"], self.told["lists"], strict=True)

    def score(self, regime: str) -> Score:
        """Its values per list as a contest has them."""
        kept = self.told["regimes"][regime]
        return Score(
            values={"ndcg@10": [np.array(values, dtype=np.float64) for values in kept["values"]]},
            users=[np.array(users, dtype=np.int64) for users in kept["users"]],
        )


def compare(pair: str, asked: argparse.Namespace, result: Result) -> None:
    """All methods on one pair: tables, notes and figures."""
    found = [measure(pair, method, asked) for method in METHODS if is_asked_for(method, asked)]
    done = [one for one in found if not one.why_not]
    names = list(done[-1].told["regimes"])  # of Bridge, the last
    scores: dict[str, Scores] = {name: {one.method.name: one.score(name) for one in done} for name in names}
    ratios = {name: compared(scores[name]) for name in names}
    result.tables += [
        quality_table(pair, found, scores),
        ratio_table(pair, found, ratios),
        cost_table(pair, found),
    ]
    result.notes += [*tell_quality(pair, ratios), *tell_cost(pair, found)]
    result.figures[pair] = {
        "ndcg@10": {
            name: {one: score.mean() for one, score in kept.items()} for name, kept in scores.items()
        },
        "bridge_over": ratios,
        "cost": {
            one.method.name: {
                "wall_s": one.wall_s, "cpu_s": one.cpu_s, "peak_gb": one.peak_gb,
                "whole_run_cpu_s": one.told["cpu_s"], "chosen": one.told["chosen"],
            }
            for one in done
        },
        "not_run": {one.method.name: one.why_not for one in found if one.why_not},
    }  # fmt: skip


def is_asked_for(method: Method, asked: argparse.Namespace) -> bool:
    """Bridge always; with --methods the others by a part of their name."""
    wanted = asked.methods is None or any(part.lower() in method.name.lower() for part in asked.methods)
    return wanted or method.name == "Bridge"


def measure(pair: str, method: Method, asked: argparse.Namespace) -> Measured:
    """`measure_one` in a process of its own; a peer that is absent or fails is told so, and others go on."""
    if missing := [package for package in method.packages if find_spec(package) is None]:
        return Measured(method, {"not_run": f"not installed: pip install {' '.join(missing)}"})
    threads = dict.fromkeys(THREADS, str(asked.threads))
    options = ["--one", pair, method.name, "--seeds", *map(str, asked.seeds)]
    options += ["--data", str(find_folder(asked, pair).parent)] + (["--quick"] if asked.quick else [])
    try:
        run = run_program(Path(__file__).resolve(), *options, env=threads)
    except RuntimeError as error:
        say(str(error))
        return Measured(method, {"not_run": "failed"})
    told = json.loads(run.output.splitlines()[-1])  # libraries may print before it
    measured = Measured(method, told, run.peak_gb)
    say(f"{pair}: {method.name} " + (measured.why_not or f"{measured.cpu_s:.1f} CPU s"))
    return measured


THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS",
    "LK_NUM_THREADS", "LK_NUM_BACKEND_THREADS",
)  # fmt: skip
"""What the libraries read how many threads they may use from."""


def compared(scores: Scores) -> dict[str, Any]:
    """Bridge over each other, paired on the same people."""
    return {name: ratio(scores, "Bridge", [name]) for name in scores if name != "Bridge"}


def quality_table(pair: str, found: Sequence[Measured], scores: Mapping[str, Scores]) -> Table:
    """NDCG@10 with its standard error, a column per regime."""
    rows = []
    for one in found:
        cells = [one.why_not or "", *[""] * (len(scores) - 1)]
        if not one.why_not:
            mine = [kept[one.method.name] for kept in scores.values()]
            cells = [f"{number(score.mean())} ± {number(score.standard_error())}" for score in mine]
        rows.append([one.method.name, one.method.rows, *cells])
    lists = [int(np.isfinite(kept["Bridge"].pooled()[0]).sum()) for kept in scores.values()]
    rows.append(["lists", "", *(f"{n:,}" for n in lists)])
    return Table(f"{pair}: NDCG@10 ± standard error", ["method", "learns from", *scores], rows)


def ratio_table(pair: str, found: Sequence[Measured], ratios: Mapping[str, Mapping[str, Any]]) -> Table:
    """How many times the NDCG@10 of each other Bridge has."""
    rows = [
        [one.method.name, one.method.rows, *(tell_ratio(kept[one.method.name]) for kept in ratios.values())]
        for one in found
        if not one.why_not and one.method.name != "Bridge"
    ]
    title = f"{pair}: Bridge over each other, times [95 % interval, paired]"
    return Table(title, ["method", "learns from", *ratios], rows)


def tell_ratio(one: Mapping[str, Any]) -> str:
    """`1.11 [1.07, 1.15]`."""
    return f"{one['ratio']:.2f} [{one['low']:.2f}, {one['high']:.2f}]"


def cost_table(pair: str, found: Sequence[Measured]) -> Table:
    """Seconds and memory of each, and how they compare with Bridge."""
    bridge = next(one for one in found if one.method.name == "Bridge")
    rows = []
    for one in found:
        if one.why_not:
            rows.append([one.method.name, one.method.rows, one.why_not, "", "", "", "", ""])
            continue
        cells = (one.wall_s, one.cpu_s, one.peak_gb, one.cpu_s / bridge.cpu_s, one.told["cpu_s"])
        written = " · ".join(dict.fromkeys(_written(chosen) for chosen in one.told["chosen"]))
        rows.append([one.method.name, one.method.rows, *(f"{cell:.2f}" for cell in cells), written])
    columns = [
        "method", "learns from", "wall, s", "CPU, s", "peak, GB", "CPU over Bridge", "whole run, CPU s",
        "settings chosen",
    ]  # fmt: skip
    return Table(f"{pair}: one fit on all rows and its lists", columns, rows)


def _written(chosen: Settings) -> str:
    return ", ".join(f"{name} {value}" for name, value in chosen.items()) or "defaults"


def tell_quality(pair: str, ratios: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Per regime the strongest peer and what Bridge is to it; ours are no peers."""
    for regime, kept in ratios.items():
        peers = {name: one for name, one in kept.items() if _is_peer(name)}
        if peers:
            name, best = min(peers.items(), key=lambda item: item[1]["ratio"])
            verdict = "ahead" if best["low"] > 1 else "behind" if best["high"] < 1 else "not told apart"
            times = f"{tell_ratio(best)} times the NDCG@10 of {name}, the best peer"
            yield f"{pair}, {regime}: Bridge has {times}: {verdict}."


def tell_cost(pair: str, found: Sequence[Measured]) -> Iterator[str]:
    """How much cheaper Bridge is than each neural peer."""
    bridge = next(one for one in found if one.method.name == "Bridge")
    for one in found:
        if one.method.neural and not one.why_not:
            times = one.cpu_s / bridge.cpu_s
            held = "reached" if times >= CHEAPER else "not reached"
            taken = f"{one.method.name} takes {times:.1f} times the CPU seconds of Bridge"
            yield f"{pair}: {taken} (goal {CHEAPER:g}: {held})."


def _is_peer(name: str) -> bool:
    return any(one.name == name and one.packages for one in METHODS)


def tell_versions() -> str:
    """The libraries that the peers are from."""
    packages = dict.fromkeys(package for method in METHODS for package in method.packages)
    return (
        "Libraries: "
        + ", ".join(
            f"{name} {version(name)}" if find_spec(name) else f"{name} not installed" for name in packages
        )
        + "."
    )


if __name__ == "__main__":
    main()
