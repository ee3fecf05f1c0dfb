"""Every method on every pair of platforms: NDCG@10 on the same people, the same budget of settings for all.

    python benchmarks/quality.py [--data DIR] [--only TEXT ...] [--methods ...] [--tune] [--seeds 0 1 2]

Pairs and their splits are those of scenarios.py; rows whose item has a twin in the person's history are left
out, everything of the target is ranked. With --tune each method chooses among three settings by validation;
without, all have their defaults. --neural adds the methods of the extra torch and is a result of its own.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import HERE, Result, Table, number, parser, say
from contest import COLUMNS, Contender, Scores, compete, figures, ratio, rows, tell
from scenarios import Scenario, scenarios

METHODS = ("popularity", "content", "itemknn", "userknn", "graph_filter", "slim", "als", "cmf",
           "ease", "bridge")  # fmt: skip
NEURAL = (
    "emcdr", "ptupcdr", "sscdr", "bitgcf", "interest_mlp", "melu", "alpharec", "unisrec",
)  # fmt: skip
TEXTUAL = ("content", "interest_mlp", "melu", "alpharec", "unisrec")
"""They know items by text alone, so they are left out where there is none."""
SETTINGS = {
    "itemknn": [{"shrink": shrink} for shrink in (50.0, 10.0, 200.0)],
    "userknn": [{"k": k} for k in (200, 100, 400)],
    "graph_filter": [{"popularity_power": power} for power in (0.25, 0.4, 0.1)],
    "slim": [{"l2": l2} for l2 in (50.0, 20.0, 100.0)],
    "ease": [{"reg": reg} for reg in (100.0, 30.0, 300.0)],
    "bridge": [{"reg": reg} for reg in (100.0, 30.0, 300.0)],
    "als": [{"reg": reg} for reg in (200.0, 100.0, 300.0)],
    "cmf": [{"reg": reg} for reg in (5.0, 3.0, 8.0)],
    "emcdr": [{"ridge": ridge} for ridge in (5.0, 3.0, 8.0)],
    "ptupcdr": [{"ridge": ridge} for ridge in (5.0, 3.0, 8.0)],
    "sscdr": [{"embedding_size": 64}, {"embedding_size": 128}, {"embedding_size": 64, "margin": 0.3}],
    "bitgcf": [{"learning_rate": rate} for rate in (0.005, 0.002, 0.01)],
    "interest_mlp": [{"negatives": negatives} for negatives in (4, 1, 16)],
    "melu": [{"local_learning_rate": rate} for rate in (0.5, 0.1, 2.0)],
    "alpharec": [{"temperature": temperature} for temperature in (0.15, 0.1, 0.3)],
    "unisrec": [{"temperature": temperature} for temperature in (0.07, 0.15, 0.3)],
}


def main() -> None:
    """Measure what is at hand and write."""
    made = parser(__doc__ or "", "python benchmarks/quality.py --only kg --seeds 0")
    made.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    made.add_argument("--only", nargs="+", help="pairs whose name holds one of these")
    made.add_argument("--methods", nargs="+", default=list(METHODS))
    made.add_argument("--neural", action="store_true", help="the methods of the extra torch too")
    made.add_argument("--tune", action="store_true", help="choose among three settings by validation")
    made.add_argument(
        "--kept",
        type=Path,
        help="folder where figures of each method are left, and looked up; use a new one for new code",
    )
    made.add_argument("--join", type=Path, nargs="+", help="measure nothing: put these results together")
    asked = made.parse_args()
    if asked.join:
        join([json.loads(file.read_text(encoding="utf-8")) for file in asked.join]).write(asked.out)
        return
    result = Result("quality_neural" if _is_neural(asked) else "quality", quick=asked.quick)
    chosen = [one for one in scenarios() if not asked.only or any(part in one.name for part in asked.only)]
    best: list[list[str]] = []
    for scenario in chosen[:1] if asked.quick else chosen:
        folder = _folder(asked, scenario)
        if folder is None:
            say(f"skipped: {scenario.name}, since {scenario.folder} is not at hand")
            continue
        best.append(measure(scenario, folder, asked, result))
    columns = ["pair", "lists", "bridge", "best of the others", "its name", "bridge over it"]
    result.tables.insert(0, Table("Bridge and the best of the others, NDCG@10", columns, best))
    how = "settings chosen by validation among three" if asked.tune else "all defaults"
    result.notes.insert(0, f"Seeds {', '.join(map(str, asked.seeds))}; {how}; full ranking, twins left out.")
    result.write(asked.out)


def _is_neural(asked: argparse.Namespace) -> bool:
    return asked.neural or not set(NEURAL).isdisjoint(asked.methods)


def join(parts: Sequence[Mapping[str, Any]]) -> Result:
    """Results of several runs as one: pairs measured apart, or on several machines."""
    first = parts[0]
    told: dict[str, list[str]] = {}
    for part in parts:
        told.setdefault(part["notes"][0], []).extend(row[0] for row in part["tables"][0]["rows"])
    heads = [Table(**part["tables"][0]) for part in parts]
    best = Table(heads[0].title, heads[0].columns, [row for head in heads for row in head.rows])
    tables = [best, *(Table(**table) for part in parts for table in part["tables"][1:])]
    notes = [f"{note} ({'; '.join(pairs)})" if len(told) > 1 else note for note, pairs in told.items()]
    notes += [note for part in parts for note in part["notes"][1:]]
    figures = {name: one for part in parts for name, one in part["figures"].items()}
    load = max(part["load"] for part in parts)
    about = {name: first[name] for name in ("machine", "versions", "date")}
    quick = any(part["quick"] for part in parts)
    return Result(first["benchmark"], tables, notes, figures, quick, load=load, **about)


def _folder(asked: argparse.Namespace, scenario: Scenario) -> Path | None:
    root = asked.data or os.environ.get("ISTHMUS_DATA") or HERE.parent.parent / "shared" / "data"
    folder = Path(root) / scenario.folder
    return folder if folder.is_dir() else None


def _fixed(name: str, target: str) -> dict[str, str]:
    """What a method is told beside its settings: Bridge and those of two domains, the target."""
    return {"target": target} if name in ("bridge", *NEURAL) else {}


def measure(scenario: Scenario, folder: Path, asked: argparse.Namespace, result: Result) -> list[str]:
    """All methods on one pair; a row for the table of tables."""
    scores: Scores = {}
    seeds: Sequence[int] = asked.seeds if scenario.seeded and not asked.quick else asked.seeds[:1]
    names = [*asked.methods, *(NEURAL if asked.neural else ())]
    for nth, seed in enumerate(seeds):
        split = scenario.make(folder, seed)
        contenders = [
            Contender.of(name, name, SETTINGS.get(name, [{}]), **_fixed(name, split.target))
            for name in names
            if name not in TEXTUAL or split.train.features.vectors.shape[1]
        ]
        if nth:  # chosen once, by the validation of the first seed
            contenders = [replace(one, settings=scores[one.name].chosen[:1]) for one in contenders]
        elif not asked.tune:
            contenders = [one.with_defaults() for one in contenders]
        compete(contenders, split, scores, scenario.name, asked.kept)
    n_items = len(split.train.candidates(split.target))
    lists = len(scores["bridge"].pooled()[0])
    result.tables.append(Table(f"{scenario.name}: {lists:,} lists, {n_items:,} items", COLUMNS, rows(scores)))
    found = ratio(scores, "bridge", [name for name in scores if name != "bridge"])
    result.notes.append(f"{scenario.name}: {tell(found)}.")
    result.figures[scenario.name] = figures(scores) | {"bridge_over_best": found}
    other = scores[found["against"]].mean()
    over = f"{found['ratio']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
    return [
        scenario.name,
        f"{lists:,}",
        number(scores["bridge"].mean()),
        number(other),
        found["against"],
        over,
    ]


if __name__ == "__main__":
    main()
