"""People new on the target, each held-out item among 999 sampled ones, as papers rank (cdrib-ids).

    python benchmarks/cdrib.py [--data DIR] [--quick] [--methods ...]

The split is its authors': people known on both of whom the target rows are in valid and test only. All have
their defaults; the valid rows are held out and not used. Sampled figures are larger than those of full
ranking and can order methods otherwise; quality.py ranks everything of the same split.
"""

import time

import numpy as np

from common import Result, Table, find_data, number, parser, say, with_interval
from isthmus.evaluation import Split, bootstrap_interval, paired_bootstrap
from isthmus.evaluation.sampled import rank_among_sampled
from isthmus.models import load_model
from isthmus.schema import FloatArray, IntArray
from scenarios import as_published

METHODS = ("popularity", "itemknn", "userknn", "graph_filter", "slim", "ease", "bridge")
GOALS = {"game": 1.2 * 0.0508, "video": 1.2 * 0.0713}
"""NDCG@10 that Bridge is to reach: 1.2 times what a plain neighbourhood reached elsewhere."""
NEGATIVES = 999


def main() -> None:
    """Measure both ways and write."""
    made = parser(__doc__ or "", "python benchmarks/cdrib.py")
    made.add_argument("--methods", nargs="+", default=list(METHODS))
    asked = made.parse_args()
    data = find_data(asked, "cdrib-ids")
    result = Result("cdrib", quick=asked.quick)
    for source, target in (("video", "game"), ("game", "video")):
        split = as_published(data, source, target)
        names = ("popularity", "itemknn") if asked.quick else asked.methods
        measure(split, source, target, names, result)
    result.write(asked.out)


def measure(split: Split, source: str, target: str, names: list[str], result: Result) -> None:
    """All methods on one direction."""
    values: dict[str, FloatArray] = {}
    users: IntArray = np.zeros(0, np.int64)
    rows = []
    for name in names:
        started = time.perf_counter()
        model = load_model(name, {"target": target} if name == "bridge" else {}).fit(split.train, rng=0)
        fit_s = time.perf_counter() - started
        found = rank_among_sampled(model, split, negatives=NEGATIVES)
        users = found.users
        hits = found.ranks <= 10
        values[name] = hits / np.log2(1.0 + found.ranks)
        own = bootstrap_interval(values[name], groups=users)
        rows.append([name, with_interval(own.mean, own.low, own.high), number(hits.mean()), f"{fit_s:.1f}"])
        say(f"{source} to {target}: {name} {values[name].mean():.4f}")
    asked = f"{len(users):,} held-out items of {len(set(users.tolist())):,} people"
    title = f"{source} to {target}: {asked}, each among {NEGATIVES}"
    result.tables.append(Table(title, ["model", "ndcg@10", "hit_rate@10", "fit, s"], rows))
    result.figures[f"{source} to {target}"] = {name: float(one.mean()) for name, one in values.items()}
    if "bridge" in values:
        _tell(values, users, source, target, result)


def _tell(values: dict[str, FloatArray], users: IntArray, source: str, target: str, result: Result) -> None:
    reached, goal = float(values["bridge"].mean()), GOALS[target]
    best = max((name for name in values if name != "bridge"), key=lambda name: values[name].mean())
    over = paired_bootstrap(values["bridge"], values[best], groups=users)
    result.notes.append(
        f"{source} to {target}: Bridge {number(reached)}, goal {number(goal)}: "
        f"{'reached' if reached >= goal else 'not reached'}; {over.ratio:.2f} [{over.ratio_low:.2f}, "
        f"{over.ratio_high:.2f}] times {best}, the best of the others."
    )


if __name__ == "__main__":
    main()
