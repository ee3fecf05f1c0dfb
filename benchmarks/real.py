"""The main job on real data: import books and films by the command line, recommend, and measure cold start.

    python benchmarks/real.py [--data DIR] [--quick]

1. `isthmus init`, `import` (twice: the second time adds nothing), `fit`, `recommend` on amazon-books-movies.
2. Cold start both ways by `isthmus.evaluation`: 20 % of the people known on both platforms are tested, 10 %
   are kept for validation, all their target events are hidden; every item of the target is ranked.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from common import HERE, Result, Said, Table, find_data, number, parser, run_isthmus, say, with_interval
from isthmus.dataset import Dataset
from isthmus.evaluation import Report, evaluate, paired_bootstrap
from isthmus.models import Scorer, load_model
from isthmus.pipeline import Workspace, read_dataset

PLATFORMS = ("books", "movies")
METRICS = ("ndcg@10", "recall@10", "hit_rate@10")
RIVALS = ("popularity", "content", "ease")
"""What the goal compares Bridge with: the best of these."""
GOAL = 1.4
THROW_AWAY = {
    "movies": {"popularity": 0.0194, "content": 0.0140, "ease": 0.0107, "bridge": 0.0297},
    "books": {"popularity": 0.0099, "content": 0.0095, "ease": 0.0061, "bridge": 0.0160},
}
"""NDCG@10 of a throw-away script before this library was written; its blend had title words and a map."""
_SMALL = ("books_3_5__7.csv", "movies_10_10.csv", "movies_3_5__6.csv", "books_10_10.csv")


def main() -> None:
    """Run everything and write the result."""
    made = parser(__doc__ or "", "python benchmarks/real.py --seeds 0 1 2")
    made.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    made.add_argument("--workspace", type=Path, help="keep the workspace here (default: a temporary one)")
    asked = made.parse_args()
    files = find_files(find_data(asked, "amazon-books-movies"), quick=asked.quick)
    result = Result("real", quick=asked.quick)
    with tempfile.TemporaryDirectory() as folder:
        workspace = asked.workspace or Path(folder) / "ws"
        import_all(workspace, files, result)
        recommend_to_newcomers(workspace, files, Path(folder), result)
        dataset = read_dataset(Workspace.open(workspace), Workspace.open(workspace).encoder(Said()))
    for target in reversed(PLATFORMS):
        measure(dataset, target, [0] if asked.quick else asked.seeds, result)
    result.write(asked.out)


def find_files(data: Path, *, quick: bool) -> dict[str, list[Path]]:
    """The cuts of each platform: `books_*` and `movies_*`, in whatever folder."""
    found = {platform: sorted(data.glob(f"*/{platform}_*.csv*")) for platform in PLATFORMS}
    if quick:
        found = {name: [file for file in files if file.name in _SMALL] for name, files in found.items()}
    return found


def import_all(workspace: Path, files: Mapping[str, list[Path]], result: Result | None = None) -> None:
    """Import everything by the command line, then again, which must add nothing."""
    if not (workspace / "manifest.sqlite").exists():
        run_isthmus("init", workspace)
    rows = []
    for again in (False, True) if result else (False,):
        for platform, paths in files.items():
            mapping = HERE / "maps" / f"amazon_{platform}.toml"
            done = run_isthmus("import", workspace, "table", *paths, "--map", mapping, "--json")
            counts = _add_up(json.loads(done.output)["files"])
            if again and counts["events"] + counts["links"] + counts["items_added"]:
                raise RuntimeError(f"the second import of {platform} added something: {counts}")
            what = f"{platform}, again" if again else platform
            named = ("rows", "events", "duplicates", "items_added", "links", "rejects")
            rows.append(
                [what, str(len(paths)), *(f"{counts[name]:,}" for name in named), f"{done.seconds:.1f}"]
            )
    if result:
        columns = ["platform", "files", "rows", "events", "there already", "items", "links", "rejected", "s"]
        result.tables.append(Table("Import by the command line", columns, rows))


def _add_up(files: list[dict[str, Any]]) -> dict[str, int]:
    return {
        key: sum(file[key] for file in files) for key, value in files[0].items() if isinstance(value, int)
    }


def recommend_to_newcomers(
    workspace: Path, files: Mapping[str, list[Path]], folder: Path, result: Result
) -> None:
    """Fit Bridge and ask for films for readers who are new there: one with reasons, all into a file."""
    known = {name: set(_people(paths)) for name, paths in files.items()}
    counts = _people(files["books"])
    newcomers = [f"books:{user}" for user, n in counts.items() if user not in known["movies"] and n >= 5]
    who = "readers who are new there"
    if not newcomers:  # in the few files of a quick run everybody is known on both
        newcomers, who = [f"books:{user}" for user in counts], "readers"
    fitted = run_isthmus("fit", workspace, "--target", "movies", "--json")
    asked = folder / "newcomers.txt"
    asked.write_text("\n".join(newcomers) + "\n", encoding="utf-8")
    recs = folder / "recs.parquet"
    many = run_isthmus("recommend", workspace, "--users", asked, "--platform", "movies", "--out", recs)
    lists = pl.read_parquet(recs)
    if lists["user"].n_unique() != len(newcomers) or lists.height != 10 * len(newcomers):
        raise RuntimeError(f"{len(newcomers)} people were asked about, {lists.height} rows came back")
    one = run_isthmus("recommend", workspace, "--user", newcomers[0], "--platform", "movies", "-n", "5",
                      "--explain", "--json")  # fmt: skip
    told = json.loads(one.output)["lists"][0]
    result.notes.append(
        f"`isthmus fit` took {fitted.seconds:.0f} s ({fitted.peak_gb:.1f} GB), `isthmus recommend` wrote "
        f"10 films for {len(newcomers):,} {who} in {many.seconds:.0f} s, and one list with reasons in "
        f"{one.seconds:.1f} s; starting Python and reading the model included."
    )
    # Only to look at: what one person read is nothing to publish, pseudonym or not.
    rows = [[str(item["rank"]), item["title"], item["reason"]] for item in told["items"]]
    print(f"{Table('Films for one of these readers (not kept)', ['', 'title', 'why'], rows).markdown()}\n")
    result.figures["cli_s"] = {
        "fit": fitted.seconds,
        "recommend_all": many.seconds,
        "recommend_one": one.seconds,
    }


def _people(files: list[Path]) -> dict[str, int]:
    """People of the files and how many of their items stand there, in the order of their ids."""
    rows = pl.concat(
        [pl.read_csv(file, columns=["user_id", "item_id"], infer_schema_length=0) for file in files]
    )
    counted = rows.unique().group_by("user_id").len().sort("user_id")
    return dict(zip(counted["user_id"].to_list(), counted["len"].to_list(), strict=True))


def make_models(target: str) -> dict[str, Scorer]:
    """Every method with its defaults."""
    names = ("popularity", "content", "itemknn", "ease")
    return {name: load_model(name) for name in names} | {"bridge": load_model("bridge", {"target": target})}


def measure(dataset: Dataset, target: str, seeds: list[int], result: Result) -> None:
    """Cold start on `target`, and how Bridge compares with the best of its rivals."""
    models = make_models(target)
    source = next(name for name in PLATFORMS if name != target)
    arguments: dict[str, Any] = {
        "target": target, "metrics": METRICS, "seeds": seeds, "progress": Said(),
        "options": {"test": 0.2, "validation": 0.1},
    }  # fmt: skip
    found = evaluate(dataset, models, **arguments)
    best = max(RIVALS, key=lambda name: found.figure(name, "ndcg@10").mean)
    say(f"best of {', '.join(RIVALS)}: {best}")
    ratio = pair(found, "bridge", best)
    result.tables.append(_table(found, source, target))
    held = "reached" if ratio["ratio"] >= GOAL and ratio["ratio_low"] > 1 else "not reached"
    above = found.figure("bridge", "ndcg@10").mean > THROW_AWAY[target]["bridge"]
    result.notes.append(
        f"{source} to {target}: Bridge has {ratio['ratio']:.2f} [{ratio['ratio_low']:.2f}, "
        f"{ratio['ratio_high']:.2f}] times the NDCG@10 of {best}, the best of {', '.join(RIVALS)} "
        f"(goal {GOAL}, interval clear of 1: {held}), and is {'above' if above else 'not above'} the "
        f"throw-away blend of {number(THROW_AWAY[target]['bridge'])}."
    )
    kept = ("dataset", "splits", "twins", "figures", "timings", "headline")
    told = json.loads(found.to_json())
    result.figures[target] = {name: told[name] for name in kept} | {
        "bridge_over_best": ratio | {"against": best}
    }


def pair(found: Report, model: str, other: str) -> dict[str, float]:
    """The ratio of the NDCG@10 of two models on the same people, with its 95 % interval."""
    values = [found.per_person[name, "ndcg@10", found.headline] for name in (model, other)]
    paired = paired_bootstrap(values[0], values[1], groups=found.users)
    return {
        "ratio": paired.ratio,
        "ratio_low": paired.ratio_low,
        "ratio_high": paired.ratio_high,
        "n": paired.n,
    }


def _table(found: Report, source: str, target: str) -> Table:
    rows = []
    for name in found.models:
        figures = [found.figure(name, metric) for metric in METRICS]
        fit_s, recommend_s = found.seconds(name)
        rows.append([
            name,
            *(with_interval(one.mean, one.low, one.high) for one in figures),
            number(found.figure(name, "ndcg@10", twins="with").mean),
            f"{fit_s:.1f}", f"{recommend_s:.1f}",
            number(THROW_AWAY[target][name]) if name in THROW_AWAY[target] else "",
        ])  # fmt: skip
    tested = sum(split["test_people"] for split in found.splits)
    title = (
        f"{source} to {target}, cold start: {tested:,} lists over seeds {', '.join(map(str, found.seeds))}, "
        f"{found.dataset['platforms'][target]['items']:,} items ranked, test rows with a twin left out"
    )
    columns = ["model", *METRICS, "ndcg@10 with twins", "fit, s", "lists, s", "throw-away script, ndcg@10"]
    return Table(title, columns, rows)


if __name__ == "__main__":
    main()
