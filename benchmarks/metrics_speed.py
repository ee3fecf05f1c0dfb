"""Every list metric over 100,000 people with 10 items each, beside ir-measures and ranx on the same lists.

    python benchmarks/metrics_speed.py [--people N] [--repeat N] [--quick]

The lists are invented (popular items more often, one place in ten right). A peer is given them in its own
format, and making that is timed apart; its figures must be ours. Needs no data; ir-measures comes with the
tests (pip install ir-measures), ranx where it is installed (pip install ranx).
"""

import importlib.util
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

os.environ.setdefault("NUMBA_NUM_THREADS", "1")  # ranx: one core, as for everybody else

import numpy as np
from scipy.sparse import csr_array

from common import Result, Table, parser, peak_gb, say
from isthmus.evaluation.metrics import METRICS, Lists

K = 10
GOAL_S = 2.0
SHARED = ("precision", "recall", "hit_rate", "ndcg", "map", "mrr")
"""What all of the libraries have."""
Seconds = Mapping[str, float]


def main() -> None:
    """Time our metrics and whoever else is there, compare the figures, and write."""
    made = parser(__doc__ or "", "python benchmarks/metrics_speed.py --repeat 3")
    made.add_argument("--people", type=int, default=100_000)
    made.add_argument("--repeat", type=int, default=3, help="the best counts")
    asked = made.parse_args()
    people = 2_000 if asked.quick else asked.people
    result = Result("metrics_speed", quick=asked.quick)
    facts = invent(people)
    say(f"{people:,} people, {K} items each")
    each, means = measure(facts, asked.repeat)
    result.figures = {"people": people, "each": each, "means": means, "peers": {}, "peak_gb": peak_gb()}
    whole, shared = _sum(each, each), _sum(each, ("lists", *SHARED))
    rows = [
        _row("isthmus", f"all {len(METRICS)}", whole),
        _row("isthmus", f"{len(SHARED)} that all have", shared),
    ]
    result.notes.append(
        f"{people:,} invented people with {K} items each out of 20,000, histories of 20, vectors of 512 "
        f"numbers; the best of {asked.repeat} rounds of each, in seconds of processor and of the clock. All "
        f"{len(METRICS)} metrics of ours: {whole['cpu']:.2f} s of processor (goal {GOAL_S:.0f} s: "
        f"{'reached' if whole['cpu'] < GOAL_S else 'not reached'})."
    )
    for name, peer in {"ir-measures": by_ir_measures, "ranx": by_ranx}.items():
        if importlib.util.find_spec(name.replace("-", "_")) is None:
            result.notes.append(f"{name} was not installed and was not measured.")
            continue
        say(f"{name} …")
        found, making, taken = peer(facts, asked.repeat)
        apart = max(abs(found[metric] - means[metric]) for metric in SHARED)
        if apart > 1e-6:
            raise RuntimeError(f"{name} finds other figures than ours: {found} and {means}")
        result.figures["peers"][name] = {"making": making, "taken": taken, "means": found, "apart": apart}
        rows.append(_row(name, f"{len(SHARED)} that all have", taken, making))
        result.notes.append(
            f"{name} takes {taken['cpu'] / shared['cpu']:.1f} times as long as ours for the {len(SHARED)} "
            f"metrics that all have, once its input is made; the means differ by {apart:.0e} at most."
        )
    columns = ["library", "metrics", "processor, s", "clock, s", "making its input, s"]
    result.tables.append(Table(f"Metrics of {people:,} people", columns, rows))
    ordered = sorted(each.items(), key=lambda one: -one[1]["cpu"])
    one_by_one = [[name, f"{1000 * taken['cpu']:.0f}"] for name, taken in ordered]
    result.tables.append(Table("Ours, one by one", ["metric", "processor, ms"], one_by_one))
    result.write(asked.out)


def invent(people: int) -> dict[str, Any]:
    """What `Lists` takes, of 20,000 items with vectors of 512 numbers, two of 200 categories each."""
    rng = np.random.default_rng(0)
    n_items = 20_000
    chance = 1 / np.arange(1, n_items + 1)
    draw = np.concatenate([[0], np.cumsum(chance / chance.sum())])
    item_nums = _distinct(np.searchsorted(draw[1:], rng.random((people, 3 * K))), K)
    truth = _pairs(np.searchsorted(draw[1:], rng.random((people, 5))), n_items)
    planted = rng.random((people, K)) < 0.1
    right = csr_array(
        (np.ones(planted.sum()), (np.nonzero(planted)[0], item_nums[planted])), shape=truth.shape
    )
    vectors = rng.normal(size=(n_items, 512)).astype(np.float32)
    return {
        "item_nums": item_nums,
        "truth": csr_array(truth + right),
        "history": _pairs(np.searchsorted(draw[1:], rng.random((people, 20))), n_items),
        "n_candidates": n_items,
        "popularity": np.clip(chance, 1e-4, 1.0),
        "vectors": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        "categories": _pairs(rng.integers(200, size=(n_items, 2)), 200),
    }


def _pairs(columns: np.ndarray, width: int) -> csr_array:
    rows = np.repeat(np.arange(len(columns)), columns.shape[1])
    matrix = csr_array((np.ones(len(rows)), (rows, columns.ravel())), shape=(len(columns), width))
    matrix.data[:] = 1
    return matrix


def _distinct(drawn: np.ndarray, n: int) -> np.ndarray:
    """(q, n): the first `n` different ones of each row, in the order drawn; what is missing is counted on."""
    lists = np.empty((len(drawn), n), dtype=np.int64)
    for row, some in enumerate(drawn.tolist()):
        different = list(dict.fromkeys(some))[:n]
        rest = (item for item in range(100) if item not in different)
        lists[row] = different + [next(rest) for _ in range(n - len(different))]
    return lists


def measure(facts: Mapping[str, Any], repeat: int) -> tuple[dict[str, Seconds], dict[str, float]]:
    """Seconds of making `Lists` and of each metric, the best of `repeat` rounds, and the metrics' means."""
    rounds: list[dict[str, Seconds]] = []
    means: dict[str, float] = {}
    for _ in range(repeat):
        lists, making = _timed(lambda: Lists(**facts))
        round_ = {"lists": making}
        for name, metric in METRICS.items():
            values, round_[name] = _timed(lambda metric=metric, lists=lists: metric(lists, K))
            means[name] = float(np.nanmean(values))
        rounds.append(round_)
    return min(rounds, key=lambda one: sum(part["cpu"] for part in one.values())), means


def by_ir_measures(facts: Mapping[str, Any], repeat: int) -> tuple[dict[str, float], Seconds, Seconds]:
    """Means, seconds of making its input and of its work, through pytrec_eval."""
    import ir_measures

    (qrels, run), making = _timed(lambda: _as_texts(facts))
    measures = (
        ir_measures.P, ir_measures.R, ir_measures.Success, ir_measures.nDCG, ir_measures.AP, ir_measures.RR,
    )  # fmt: skip
    theirs = {name: measure @ K for name, measure in zip(SHARED, measures, strict=True)}
    done = [
        _timed(lambda: ir_measures.calc_aggregate(list(theirs.values()), qrels, run)) for _ in range(repeat)
    ]
    found, taken = min(done, key=lambda one: one[1]["cpu"])
    return {name: float(found[measure]) for name, measure in theirs.items()}, making, taken


def by_ranx(facts: Mapping[str, Any], repeat: int) -> tuple[dict[str, float], Seconds, Seconds]:
    """Means, seconds of making its input and of its work, after it has compiled itself on three people."""
    import ranx

    names = [f"{name}@{K}" for name in SHARED]
    texts = _as_texts(facts)
    few = [dict(list(part.items())[:3]) for part in texts]
    ranx.evaluate(ranx.Qrels(few[0]), ranx.Run(few[1]), names)
    (qrels, run), making = _timed(lambda: (ranx.Qrels(texts[0]), ranx.Run(texts[1])))
    done = [_timed(lambda: ranx.evaluate(qrels, run, names)) for _ in range(repeat)]
    found, taken = min(done, key=lambda one: one[1]["cpu"])
    return {name: float(found[f"{name}@{K}"]) for name in SHARED}, making, taken


def _as_texts(facts: Mapping[str, Any]) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """What is right and the lists, as these libraries take them: person to item to relevance or score."""
    truth = facts["truth"]
    items = [str(item) for item in range(truth.shape[1])]
    starts, indices = truth.indptr.tolist(), truth.indices.tolist()
    qrels = {
        str(row): {items[item]: 1 for item in indices[starts[row] : starts[row + 1]]}
        for row in range(len(starts) - 1)
    }
    scores = [float(K - place) for place in range(K)]
    run = {
        str(row): dict(zip([items[item] for item in listed], scores, strict=True))
        for row, listed in enumerate(facts["item_nums"].tolist())
    }
    return qrels, run


def _timed(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def _sum(each: Mapping[str, Seconds], names: Iterable[str]) -> Seconds:
    return {part: sum(each[name][part] for name in names) for part in ("wall", "cpu")}


def _row(name: str, metrics: str, taken: Seconds, making: Seconds | None = None) -> list[str]:
    made = "–" if making is None else f"{making['cpu']:.2f}"
    return [name, metrics, f"{taken['cpu']:.2f}", f"{taken['wall']:.2f}", made]


if __name__ == "__main__":
    main()
