"""Electronics to phones by ids alone (disencdr-ids): one held-out row each, tuned on rows of one's own.

    python benchmarks/electronic_phone.py [--data DIR] [--quick] [--peer implicit]

Protocol, since the split of the goal's figures was not published:

- rows: train and test_original of both folders;
- twins are phone items whose audience is that of an item of electronics (Jaccard >= .34, at least 2 people
  in common): they are taken out of the data (--twins rows: they stay, but a test or validation row whose item
  has a twin in the person's own training history is dropped);
- then the 5-core on both platforms (--core items: only items with fewer than 5 people are left out);
- per seed and person with 3 or more target rows, one random row is the test and one the validation; models
  see the other rows only, as training and as history; everything of the target is ranked;
- every method has the same number of configurations to choose from, by NDCG@10 on the validation rows.

Then k = 0, 1, 2, 4, 8: of a fifth of the people (--folds 5: of each fifth in turn) all but k random target
rows are hidden from training too, and these people are asked for the same test row, by models with the
settings chosen before. People with fewer than k rows left are not asked at that k.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from common import Result, Table, find_data, number, parser, say
from contest import COLUMNS, Contender, Scores, compete, figures, ratio, rows, tell
from isthmus.dataset import Dataset
from isthmus.evaluation import (
    Cases,
    Split,
    Twins,
    TwinSettings,
    find_twins,
    k_core,
    leave_last_out,
    without_twins,
)
from isthmus.evaluation.split import entries

SOURCE, TARGET = "electronic", "phone"
KS = (0, 1, 2, 4, 8)
ELSEWHERE = {
    "popularity": (0.024, (0.020, 0.020, 0.019, 0.019, 0.016)),
    "ease, phones alone": (0.073, (None, 0.028, 0.037, 0.046, 0.057)),
    "ease, joint": (0.074, (0.031, 0.042, 0.043, 0.049, 0.057)),
    "CMF, 512 dimensions": (0.068, None),
    "BiTGCF": (0.066, None),
    "EMCDR": (0.047, None),
    "goal for bridge": (0.074, (0.031, 0.042, 0.043, 0.049, 0.057)),
}
"""Measured by throw-away scripts on ANOTHER split of the same rows: to be read beside ours."""
_REGS = tuple({"reg": reg} for reg in (100.0, 10.0, 30.0, 200.0, 400.0, 1000.0))
_FIFTHS = 5
_TWINS = TwinSettings(shared=2)


def main() -> None:
    """Measure and write."""
    made = parser(__doc__ or "", "python benchmarks/electronic_phone.py --seeds 0 1 2 --peer implicit")
    made.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    made.add_argument(
        "--peer", choices=["implicit"], action="append", default=[], help="measure it beside ours"
    )
    made.add_argument("--defaults", action="store_true", help="no tuning: everybody with their defaults")
    made.add_argument(
        "--core", choices=["people", "items"], default="people", help="5-core of both, or items"
    )
    made.add_argument(
        "--twins", choices=["items", "rows"], default="items", help="what of twins is taken out"
    )
    made.add_argument("--folds", type=int, choices=range(1, 6), default=1, help="fifths of the people per k")
    asked = made.parse_args()
    dataset = read(find_data(asked, "disencdr-ids"), people=2_000 if asked.quick else None)
    dataset = prepare(dataset, core=asked.core, twins=asked.twins)
    seeds = asked.seeds[:1] if asked.quick else asked.seeds
    contenders = choose_contenders(asked)
    if asked.quick or asked.defaults:
        contenders = [one.with_defaults() for one in contenders]
    result = Result("electronic_phone", quick=asked.quick)
    result.notes.append(_about(dataset, asked, contenders))
    splits = [hold_out(dataset, seed) for seed in seeds]
    _tell_of_twins(splits, result)
    scores = measure_all(contenders, splits, result)
    ks = KS[1::2] if asked.quick else KS
    measure_shots([one for one in contenders if one.name in _SHOT], splits, ks, asked.folds, scores, result)
    result.tables.append(_elsewhere())
    result.write(asked.out)


_SHOT = ("popularity", "ease, phones alone", "ease, joint", "bridge")


def choose_contenders(asked: argparse.Namespace) -> list[Contender]:
    """Six configurations for everybody who has settings; the first of them are the defaults."""
    neighbours = [{"k": k, "shrink": shrink} for k, shrink in product((500, 100), (50.0, 10.0, 200.0))]
    # Maps, times and text have nothing to work with here; these two settings are what is left to choose.
    bridges = [
        {"reg": reg, "popularity_power": power} for power, reg in product((0.0, 0.3), (100.0, 200.0, 400.0))
    ]
    found = [
        Contender.of("popularity", "popularity"),
        Contender.of("itemknn", "itemknn", neighbours),
        Contender.of("ease, phones alone", "ease", _REGS, scope="platform"),
        Contender.of("ease, joint", "ease", _REGS, scope="joint"),
    ]
    if "implicit" in asked.peer:
        from peers import implicit_contenders

        found += implicit_contenders(TARGET)
    found.append(Contender.of("bridge", "bridge", bridges, target=TARGET))
    return found


def read(data: Path, people: int | None = None) -> Dataset:
    """All rows of both folders, of the first `people` only where given; items with 5 people or more."""
    frames = []
    for platform, folder in ((SOURCE, "electronic_phone"), (TARGET, "phone_electronic")):
        files = (data / folder / "train.txt.gz", data / folder / "test_original.txt")
        frames.append(pl.concat([_rows(file) for file in files]).with_columns(platform=pl.lit(platform)))
    rows = pl.concat(frames).unique(maintain_order=True)
    if people is not None:
        rows = rows.filter(pl.col("user_id").cast(pl.Int64) < people)
    rows = rows.filter(pl.len().over("platform", "item_id") >= 5)
    events = rows.with_columns(kind=pl.lit("purchase"))
    links = rows.select(person="user_id", platform="platform", user_id="user_id").unique(maintain_order=True)
    return Dataset.from_frames(events, None, links, encoder=None)


def prepare(dataset: Dataset, *, core: str, twins: str) -> Dataset:
    """Without twins of the target if `twins` is "items"; the 5-core of people too if `core` is "people"."""
    if twins == "items":
        found = find_twins(dataset, TARGET, _TWINS)
        dataset = dataset.keeping(~np.isin(dataset.interactions.indices, found.target))
    if core == "people":
        return k_core(dataset, 5)
    return replace(dataset, hidden=np.bincount(dataset.interactions.indices, minlength=dataset.n_items) == 0)


def _rows(file: Path) -> pl.DataFrame:
    columns = {"user_id": pl.String, "item_id": pl.String, "one": pl.String}
    read = pl.read_csv(file, separator="\t", has_header=False, schema=columns)
    return read.select("user_id", "item_id").drop_nulls()


def hold_out(dataset: Dataset, seed: int) -> Split:
    """One test and one validation row each, without those whose item has a twin in the person's history.

    Without times `leave_last_out` takes random rows. Its test history holds the validation row, ours not.
    """
    split = leave_last_out(dataset, TARGET, seed=seed)
    twins = find_twins(split.train, TARGET, _TWINS)
    cases = [_without_leaks(cases, split.train, twins) for cases in (split.validation, split.test)]
    kept = [int(case.truth.nnz) for case in cases]
    facts = {**split.facts, "twin_pairs": len(twins), "validation_kept": kept[0], "test_kept": kept[1]}
    return replace(split, validation=cases[0], test=cases[1], facts=facts)


def _without_leaks(cases: Cases, train: Dataset, twins: Twins) -> Cases:
    trained = replace(cases, history=train.interactions[cases.users], times=train.times_matrix[cases.users])
    return without_twins(trained, twins)


def cut_to(split: Split, k: int, fold: int = 0) -> Split:
    """The same test rows, asked of a fifth of the people, who keep `k` random target rows and no more.

    Everybody else stays as they are. `fold` says which fifth.
    """
    train = split.train
    rng = np.random.default_rng([split.seed, 7])  # the same people and orders for every k
    people = np.sort(rng.permutation(split.test.users)[fold::_FIFTHS])
    row = entries(train.interactions)
    chosen = np.zeros(train.n_users, dtype=bool)
    chosen[people] = True
    on_target = train.item_platform[train.interactions.indices] == train.platform_num(split.target)
    wanted = np.flatnonzero(on_target & chosen[row])
    order = wanted[np.lexsort((rng.random(len(wanted)), row[wanted]))]
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    hidden = np.zeros(len(row), dtype=bool)
    hidden[order[place >= k]] = True
    less = train.keeping(~hidden)
    enough = less.counts(split.target) == k
    asked = _only(split.test, np.isin(split.test.users, people) & enough[split.test.users], less)
    return replace(split, train=less, test=asked)


def _only(cases: Cases, kept: np.ndarray, train: Dataset) -> Cases:
    at = np.flatnonzero(kept)
    users = cases.users[at]
    return Cases(users, train.interactions[users], train.times_matrix[users], cases.truth[at], cases.k[at])


def measure_all(contenders: Sequence[Contender], splits: Sequence[Split], result: Result) -> Scores:
    """Everybody with one test row."""
    scores: Scores = {}
    for split in splits:
        compete(contenders, split, scores, "all target rows")
    found = ratio(scores, "bridge", [one.name for one in contenders if one.name != "bridge"])
    result.notes.append(f"All target rows: {tell(found)}.")
    lists = int(np.isfinite(scores["popularity"].pooled()[0]).sum())
    result.tables.append(Table(f"All target rows but two left: {lists:,} lists", COLUMNS, rows(scores)))
    result.figures["all"] = figures(scores) | {"bridge_over_best": found}
    return scores


def measure_shots(
    contenders: Sequence[Contender],
    splits: Sequence[Split],
    ks: Sequence[int],
    folds: int,
    whole: Scores,
    result: Result,
) -> None:
    """Fifths of the people with k target rows left, each method with the settings chosen in `whole`."""
    by_k: dict[int, Scores] = {k: {} for k in ks}
    for k, (at, split), fold in product(ks, enumerate(splits), range(folds)):
        settled = [replace(one, settings=(whole[one.name].chosen[at],)) for one in contenders]
        compete(settled, cut_to(split, k, fold), by_k[k], f"k = {k}")
    body = []
    for name in by_k[ks[0]]:
        cells = [f"{number(by_k[k][name].mean())} ± {number(by_k[k][name].standard_error())}" for k in ks]
        body.append([name, *cells])
    lists = [int(np.isfinite(by_k[k]["popularity"].pooled()[0]).sum()) for k in ks]
    body.append(["lists", *(f"{n:,}" for n in lists)])
    title = "People with k target rows left: NDCG@10 ± standard error"
    result.tables.append(Table(title, ["model", *(f"k = {k}" for k in ks)], body))
    result.figures["shots"] = {str(k): figures(by_k[k]) for k in ks}


def _about(dataset: Dataset, asked: argparse.Namespace, contenders: Sequence[Contender]) -> str:
    most = max(len(one.settings) for one in contenders)
    tuned = (
        f"Up to {most} configurations per method, chosen on validation rows" if most > 1 else "All defaults"
    )
    items = np.bincount(dataset.item_platform[~dataset.hidden], minlength=2)
    on = np.bincount(dataset.item_platform[dataset.interactions.indices], minlength=2)
    parts = [
        f"{name} {items[number]:,} items and {on[number]:,} rows"
        for number, name in enumerate(dataset.platforms)
    ]
    said = (
        f"{', '.join(parts)}; 5-core on {'people and items' if asked.core == 'people' else 'items'}; twins: "
        f"{'phone items' if asked.twins == 'items' else 'test rows'} left out. {tuned}."
    )
    say(said)
    return said


def _tell_of_twins(splits: Sequence[Split], result: Result) -> None:
    asked = sum(split.facts["test_people"] for split in splits)
    kept = sum(split.facts["test_kept"] for split in splits)
    result.notes.append(
        f"{asked:,} test rows, of which {100 * (1 - kept / asked):.1f} % had a twin in the person's own "
        "history and were dropped."
    )
    result.figures["splits"] = [dict(split.facts) for split in splits]


def _elsewhere() -> Table:
    cells = [
        [name, number(everybody, 3), *(_or_dash(ks[at] if ks else None) for at in range(len(KS)))]
        for name, (everybody, ks) in ELSEWHERE.items()
    ]
    title = "For orientation: NDCG@10 on ANOTHER split of the same rows, by throw-away scripts"
    return Table(title, ["model", "all target rows", *(f"k = {k}" for k in KS)], cells)


def _or_dash(value: float | None) -> str:
    return "–" if value is None else number(value, 3)


if __name__ == "__main__":
    main()
