"""Pairs of platforms as splits: what methods learn from, what they are tuned on, what they are asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
from scipy.sparse import csr_array

import food_kitchen
from common import Said, cache_folder
from isthmus.dataset import Dataset, item_key
from isthmus.encoders import load_encoder
from isthmus.evaluation import (
    Cases,
    Split,
    TwinSettings,
    cold_start,
    find_twins,
    k_core,
    leave_last_out,
    without_twins,
)

TWINS = TwinSettings(shared=2)


@dataclass(frozen=True)
class Scenario:
    """One target, asked in one way."""

    name: str
    folder: str
    """Name of the data set it needs."""
    make: Callable[[Path, int], Split]
    """The split, from the folder and a seed."""
    seeded: bool = True
    """Whether another seed makes another split."""


def scenarios() -> Iterator[Scenario]:
    """All that are compared, small ones first."""
    for source, target in (("books", "movies"), ("movies", "books")):
        yield Scenario(f"kg {source} to {target}, cold", "amazon-kg-books-movies", _cold(read_kg, target))
    for pair in (("sport", "phone"), ("phone", "sport"), ("electronic", "phone"), ("phone", "electronic")):
        yield Scenario(f"{pair[0]} to {pair[1]}, warm", "disencdr-ids", _held_out(*pair))
    for source, target in (("books", "movies"), ("movies", "books")):
        yield Scenario(
            f"amazon {source} to {target}, cold", "amazon-books-movies", _cold(read_books_movies, target)
        )
    for target in food_kitchen.PLATFORMS:
        for how in ("warm", "cold"):
            yield Scenario(
                f"{how}, target {target} (food and kitchen)",
                "amazon-food-kitchen",
                _lines(target, how),
                seeded=False,
            )
    for source, target in (("books", "movies"), ("movies", "books")):
        for how, hold in (("cold", cold_start), ("warm", leave_last_out)):
            yield Scenario(
                f"dense {source} to {target}, {how}", "amazon-kg-books-movies", _dense(target, hold)
            )
    for pair in (("cloth", "sport"), ("sport", "cloth"), ("cloth", "electronic"), ("electronic", "cloth")):
        yield Scenario(f"{pair[0]} to {pair[1]}, warm", "disencdr-ids", _held_out(*pair, least=3))
    for source, target in (("game", "video"), ("video", "game")):
        yield Scenario(
            f"{source} to {target}, cold (cdrib)", "cdrib-ids", _published(source, target), seeded=False
        )


def _cold(read: Callable[[Path], Dataset], target: str) -> Callable[[Path, int], Split]:
    return lambda data, seed: _clean(cold_start(read(data), target, seed=seed))


def _held_out(source: str, target: str, least: int = 5) -> Callable[[Path, int], Split]:
    def make(data: Path, seed: int) -> Split:
        return _clean(leave_last_out(read_disencdr(data, source, target, least), target, seed=seed))

    return make


def _dense(target: str, hold: Callable[..., Split]) -> Callable[[Path, int], Split]:
    return lambda data, seed: _clean(hold(read_dense(data), target, seed=seed))


def _lines(target: str, how: str) -> Callable[[Path, int], Split]:
    def make(data: Path, seed: int) -> Split:
        lines = food_kitchen.read_lines(data, everybody=False)
        return food_kitchen.hold_out(food_kitchen.build(data, lines), lines, target, cold=how == "cold")

    return make


def _published(source: str, target: str) -> Callable[[Path, int], Split]:
    return lambda data, seed: _clean(as_published(data, source, target, seed))


def _clean(split: Split) -> Split:
    """Without rows whose item has a twin in the person's history."""
    twins = find_twins(split.train, split.target)
    cases = [without_twins(one, twins) for one in (split.validation, split.test)]
    return Split(split.train, cases[0], cases[1], split.target, split.protocol, split.seed, dict(split.facts))


def read_kg(data: Path) -> Dataset:
    """Books and films with the DBpedia name of each item as its title; ratings count as taken."""
    events, items = [], []
    for platform, folder in (("books", "Amazon-KG-5core-Books"), ("movies", "Amazon-KG-5core-Movies_and_TV")):
        inter = pl.read_csv(next((data / folder).glob("*.inter*")), separator="\t")
        link = pl.read_csv(next((data / folder).glob("*.link*")), separator="\t")
        events.append(inter.select(pl.lit(platform).alias("platform"), user_id=pl.col(inter.columns[0]),
                                   item_id=pl.col(inter.columns[1]), kind=pl.lit("purchase")))  # fmt: skip
        items.append(link.select(pl.lit(platform).alias("platform"), item_id=pl.col(link.columns[0]),
                                 title=pl.col(link.columns[1]).map_elements(_title, pl.String)))  # fmt: skip
    catalogue = pl.concat(items).unique(["platform", "item_id"], keep="first", maintain_order=True)
    return _dataset(pl.concat(events).unique(maintain_order=True), catalogue)


def read_dense(data: Path) -> Dataset:
    """Books and films by people who rated many of both, ids alone; ratings count as taken."""
    frames = []
    for platform, name in (("books", "Books"), ("movies", "Movies")):
        file = next(data.glob(f"Amazon-Dense-Subset/Amazon-{name}-Dense.inter*"))
        rows = pl.read_csv(file, separator="\t", infer_schema=False)
        frames.append(rows.select(pl.lit(platform).alias("platform"), "user_id", "item_id"))
    events = pl.concat(frames).unique(maintain_order=True).with_columns(kind=pl.lit("purchase"))
    return _dataset(events, None)


def _title(name: str) -> str:
    return unquote(name.removeprefix("res:")).replace("_", " ").split(" (")[0]


def read_books_movies(data: Path) -> Dataset:
    """All cuts of amazon-books-movies, each person and item once."""
    frames = []
    for platform in ("books", "movies"):
        files = sorted(data.glob(f"*/{platform}_*.csv*"))
        read = [pl.read_csv(file, infer_schema=False) for file in files]
        frames.append(pl.concat(read).with_columns(platform=pl.lit(platform)))
    rows = pl.concat(frames).unique(["platform", "user_id", "item_id"], keep="first", maintain_order=True)
    events = rows.select(
        "platform", "user_id", "item_id", kind=pl.lit("rate"), value=pl.col("rating").cast(pl.Float64),
        unit=pl.lit("rating"),
        occurred_at=pl.from_epoch(pl.col("timestamp").cast(pl.Int64)).dt.replace_time_zone("UTC"),
    )  # fmt: skip
    named = (
        pl.col("category")
        .str.strip_chars("[]")
        .str.extract_all(r"'([^']*)'")
        .list.eval(pl.element().str.strip_chars("'"))
    )
    brand = pl.when(pl.col("brand") != "").then(pl.concat_list("brand"))
    items = rows.unique(["platform", "item_id"], keep="first", maintain_order=True).select(
        "platform", "item_id", "title", creators=brand, categories=named
    )
    return _dataset(events, items)


def read_disencdr(data: Path, source: str, target: str, least: int = 5) -> Dataset:
    """A pair of disencdr-ids; items of the target that are twins of the source's are left out.

    Items have `least` people or more. With 5 the rest is a 5-core; of clothes hardly any item would be left.
    """
    frames = []
    for platform, folder in ((source, f"{source}_{target}"), (target, f"{target}_{source}")):
        files = [next((data / folder).glob(f"{name}.txt*")) for name in ("train", "test_original")]
        rows = [read_pairs(file) for file in files]
        frames.append(pl.concat(rows).with_columns(platform=pl.lit(platform)))
    events = pl.concat(frames).unique(maintain_order=True).with_columns(kind=pl.lit("purchase"))
    events = events.filter(pl.len().over("platform", "item_id") >= least)
    dataset = _dataset(events, None)
    twins = find_twins(dataset, target, TWINS)
    kept = dataset.keeping(~np.isin(dataset.interactions.indices, twins.target))
    return k_core(kept, 5) if least >= 5 else kept


def read_pairs(file: Path) -> pl.DataFrame:
    """The first two columns of a file without a header: `user_id`, `item_id`."""
    rows = pl.read_csv(file, separator="\t", has_header=False, infer_schema=False)
    user, item = rows.columns[:2]
    return rows.select(user_id=user, item_id=item).drop_nulls()


def as_published(data: Path, source: str, target: str, seed: int = 0) -> Split:
    """cdrib-ids: people known on both who have nothing of the target in train; its valid and test lines."""
    common = _common_people(data, source, target)
    parts = {(p, q): _parts(data / f"{p}_{q}", p, common) for p, q in ((source, target), (target, source))}
    known = [files["train"] for files in parts.values()]  # what the other direction holds out stays out
    events = pl.concat([*known, parts[target, source]["valid"], parts[target, source]["test"]])
    dataset = _dataset(events.unique(maintain_order=True), None)
    held = [_truth(dataset, parts[target, source][name], target) for name in ("valid", "test")]
    row = np.repeat(np.arange(dataset.n_users), np.diff(dataset.interactions.indptr))
    asked = np.flatnonzero(np.diff((held[0] + held[1]).indptr))
    on_target = dataset.item_platform[dataset.interactions.indices] == dataset.platform_num(target)
    train = dataset.keeping(~(np.isin(row, asked) & on_target))
    cases = [_cases(train, truth) for truth in held]
    return Split(train, cases[0], cases[1], target, "as published", seed, {})


def _common_people(data: Path, source: str, target: str) -> int:
    """How many people are known on both: the smallest ids, and the only ones in valid and test."""
    found = [
        read_pairs(data / folder / f"{name}.txt")["user_id"].cast(pl.Int64).max()
        for folder in (f"{source}_{target}", f"{target}_{source}")
        for name in ("valid", "test")
    ]
    return int(max(found)) + 1


def _parts(folder: Path, platform: str, common: int) -> dict[str, pl.DataFrame]:
    frames = {}
    for name in ("train", "valid", "test"):
        rows = read_pairs(next(folder.glob(f"{name}.txt*")))
        own = pl.concat_str(pl.lit(platform), "user_id", separator="-")
        frames[name] = rows.select(
            pl.lit(platform).alias("platform"),
            user_id=pl.when(pl.col("user_id").cast(pl.Int64) < common).then("user_id").otherwise(own),
            item_id="item_id",
            kind=pl.lit("purchase"),
        )
    return frames


def _truth(dataset: Dataset, rows: pl.DataFrame, target: str) -> csr_array:
    users = dataset.users.nums(rows["user_id"].to_list())
    items = dataset.items.nums([item_key(target, item) for item in rows["item_id"]])
    truth = csr_array((np.ones(len(users)), (users, items)), shape=dataset.interactions.shape)
    truth.sum_duplicates()
    return truth


def _cases(train: Dataset, truth: csr_array) -> Cases:
    known = np.diff(train.interactions.indptr) > 0
    users = np.flatnonzero((np.diff(truth.indptr) > 0) & known)
    return Cases(
        users,
        train.interactions[users],
        train.times_matrix[users],
        truth[users],
        np.zeros(len(users), np.int64),
    )


def _dataset(events: pl.DataFrame, items: pl.DataFrame | None) -> Dataset:
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    encoder = None if items is None else load_encoder("use", None, cache_folder(), Said())
    return Dataset.from_frames(events, items, links, encoder=encoder)
