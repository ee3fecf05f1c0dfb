"""A simulated household of devices: lists asked on a device lean to it, calibrated lists keep proportions.

    python benchmarks/devices.py [--quick]

People are simulated (isthmus.dataset.household): one interest on the computer, another on the phone, and that
of the household on the shared tablet. Of what each did with films, 30 % is held out at random. A list asked
on a device is judged by what was held out on that device only; a calibrated list, which no device asks for,
by all that was held out. `elsewhere`, the weight of what was done on other devices, was chosen on worlds of
other seeds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from common import Result, Table, number, parser, say, with_interval
from isthmus.dataset import Dataset, household
from isthmus.evaluation import paired_bootstrap, parse_metric
from isthmus.evaluation.metrics import Lists
from isthmus.models import Recommender, load_model
from isthmus.ranking import item_topics, rank
from isthmus.schema import FloatArray, ItemNums, Query
from isthmus.settings import RankingSettings

TARGET = "films"
MODELS = ("popularity", "content", "itemknn", "ease", "bridge")
ELSEWHERE = (1.0, 0.5, 0.3, 0.1, 0.0)
CALIBRATION = (0.0, 0.2, 0.5, 0.8, 1.0)
CHOSEN = RankingSettings().elsewhere
_HELD_OUT = 0.3
_NDCG = parse_metric("ndcg@10")


def main() -> None:
    """Measure on worlds of their own and write."""
    asked = parser(__doc__ or "", "python benchmarks/devices.py").parse_args()
    seeds = (0,) if asked.quick else (0, 1, 2)
    result = Result("devices", quick=asked.quick)
    tried = [World.make(seed + 100) for seed in seeds]
    show_elsewhere(tried, result)
    worlds = [World.make(seed) for seed in seeds]
    show_leaning(worlds, result)
    show_designs(worlds, result)
    show_calibration(worlds, result)
    people = sum(world.whole.n_users for world in worlds)
    result.notes.insert(0, f"Simulated people, {people:,} in {len(worlds)} worlds of two platforms with "
                           f"{worlds[0].whole.n_items // 2} items each; none of them is real.")  # fmt: skip
    result.write(asked.out)


@dataclass(frozen=True)
class World:
    """A simulated household world with some films held out."""

    frames: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
    whole: Dataset
    held: NDArray[np.bool_]
    """(nnz,): interactions of `whole` that are asked for."""

    @classmethod
    def make(cls, seed: int) -> Self:
        """The world of a seed."""
        frames = household(seed=seed)
        whole = Dataset.from_frames(*frames, encoder="use", devices=True)
        on_target = whole.item_platform[whole.interactions.indices] == whole.platform_num(TARGET)
        chance = np.random.default_rng(seed).random(len(on_target))
        return cls(frames, whole, on_target & (chance < _HELD_OUT))

    @cached_property
    def train(self) -> Dataset:
        """What models learn from and know of people."""
        return self.whole.keeping(~self.held)

    @property
    def people(self) -> ItemNums:
        """Everybody is asked about."""
        return np.arange(self.whole.n_users)

    def truth(self, device: str | None = None) -> csr_array:
        """What was held out, on one device or on all."""
        matrix = self.whole.interactions
        part = np.ones(matrix.nnz) if device is None else self.whole.here(device).data
        wanted = np.where(self.held & (part > 0), 1.0, 0.0)
        return csr_array((wanted, matrix.indices, matrix.indptr), shape=matrix.shape)

    def lists(self, items: ItemNums, device: str | None = None) -> Lists:
        """Lists (q, n) with what they are judged by."""
        categories = self.whole.features.categories.matrix
        return Lists(items, self.truth(device), categories=categories, history=self.train.interactions)

    def query(self, device: str | None, elsewhere: float = CHOSEN) -> Query:
        """What everybody is asked."""
        return self.train.query(self.people, TARGET, device=device, elsewhere=elsewhere)

    def interest(self, device: str) -> NDArray[np.int64]:
        """(people,): the category in which each did most on a device."""
        done = self.train.interactions.multiply(self.train.here(device)).tocsr()
        counts = done @ self.whole.features.categories.matrix
        return np.asarray(counts.toarray().argmax(axis=1))


def fitted(name: str, dataset: Dataset, target: str = TARGET) -> Recommender:
    """A model with its defaults."""
    say(f"fitting {name}")
    return load_model(name, {"target": target} if name == "bridge" else {}).fit(dataset, rng=0)


def ndcg(world: World, items: ItemNums, device: str) -> FloatArray:
    """(people,): of lists asked on a device."""
    return _NDCG(world.lists(items, device))


def show_elsewhere(worlds: list[World], result: Result) -> None:
    """How small the weight of other devices should be, on worlds that are not reported otherwise."""
    rows = []
    for name in ("ease", "bridge"):
        models = [fitted(name, world.train) for world in worlds]
        for elsewhere in ELSEWHERE:
            values, own, others = [], [], []
            for world, model in zip(worlds, models, strict=True):
                for device in world.whole.devices:
                    items = model.recommend(world.query(device, elsewhere), 10).item_nums
                    values.append(ndcg(world, items, device))
                    mine, rest = _shares(world, items, device)
                    own.append(mine)
                    others.append(rest)
            rows.append([name, f"{elsewhere:g}", number(float(np.nanmean(np.concatenate(values)))),
                         _percent(own), _percent(others)])  # fmt: skip
            result.figures[f"elsewhere {name} {elsewhere:g}"] = float(np.nanmean(np.concatenate(values)))
    columns = ["model", "elsewhere", "ndcg@10", "of the device's interest", "of the person's other two"]
    result.tables.append(
        Table("Validation worlds: weight of what was done elsewhere; mean over devices", columns, rows)
    )


def _shares(world: World, items: ItemNums, device: str) -> tuple[float, float]:
    """Parts of lists that are of the asking device's interest, and of the other devices'."""
    borne = world.whole.features.categories.matrix.tocsr().indices[items]  # every item has one category
    mine = borne == world.interest(device)[:, None]
    others = np.any([borne == world.interest(name)[:, None] for name in world.whole.devices], axis=0)
    return float(mine.mean()), float((others & ~mine).mean())


def _percent(values: list[float]) -> str:
    return f"{100 * np.mean(values):.0f} %"


def show_leaning(worlds: list[World], result: Result) -> None:
    """Every model, each device, plain and leaning."""
    rows = []
    for name in MODELS:
        models = [fitted(name, world.train) for world in worlds]
        for device in worlds[0].whole.devices:
            plain, leaning = (
                np.concatenate([
                    ndcg(world, model.recommend(world.query(asking), 10).item_nums, device)
                    for world, model in zip(worlds, models, strict=True)
                ])
                for asking in (None, device)
            )  # fmt: skip
            gain = paired_bootstrap(leaning, plain)
            rows.append([name, device, number(float(np.nanmean(plain))), number(float(np.nanmean(leaning))),
                         with_interval(gain.difference, gain.low, gain.high)])  # fmt: skip
            result.figures[f"leaning {name} {device}"] = {
                "plain": float(np.nanmean(plain)), "leaning": float(np.nanmean(leaning)),
                "low": gain.low, "high": gain.high,
            }  # fmt: skip
    columns = ["model", "asked on", "ndcg@10", f"leaning, elsewhere {CHOSEN:g}", "gain"]
    result.tables.append(Table("Lists asked on a device, judged by what was held out there", columns, rows))


def show_designs(worlds: list[World], result: Result) -> None:
    """The same by other means: weights alone, a platform per device, a person per device."""
    rows = []
    for name in ("ease", "bridge"):
        for design, answer in DESIGNS.items():
            values = np.concatenate([
                ndcg(world, items, device) for world in worlds for device, items in answer(world, name)
            ])  # fmt: skip
            rows.append([name, design, number(float(np.nanmean(values)))])
            result.figures[f"design {name}: {design}"] = float(np.nanmean(values))
    columns = ["model", "design", "ndcg@10"]
    result.tables.append(Table("Other designs, mean over devices", columns, rows))


Answers = Iterator[tuple[str, ItemNums]]


def _leaning(world: World, name: str) -> Answers:
    model = fitted(name, world.train)
    for device in world.whole.devices:
        yield device, model.recommend(world.query(device), 10).item_nums


def _plain(world: World, name: str) -> Answers:
    items = fitted(name, world.train).recommend(world.query(None), 10).item_nums
    for device in world.whole.devices:
        yield device, items


def _weights(world: World, name: str) -> Answers:
    """One question whose history has smaller weights, for models to heed or not."""
    model = fitted(name, world.train)
    for device in world.whole.devices:
        query = world.query(device)
        weighted = Query(query.leaning_history, query.platform, query.candidates, times=query.times)
        yield device, model.recommend(weighted, 10).item_nums


def _people(world: World, name: str) -> Answers:
    """Learn from each device of a person as from somebody of its own; ask about the whole person, leaning."""
    model = fitted(name, _renamed(world, person=pl.format("{}@{}", "user_id", _DEVICE)))
    for device in world.whole.devices:
        yield device, model.recommend(world.query(device), 10).item_nums


def _platforms(world: World, name: str) -> Answers:
    """A platform for each pair of platform and device: the same items once for each."""
    split = _renamed(world, platform=pl.format("{}@{}", "platform", _DEVICE))
    people = split.users.nums(world.whole.users.ids)
    for device in world.whole.devices:
        target = f"{TARGET}@{device}"
        query = split.query(people, target)
        seen = world.train.interactions[:, world.train.candidates(TARGET)].tocoo()
        blocked = csr_array(
            (np.ones(seen.nnz), (seen.row, query.candidates[seen.col])), shape=query.history.shape
        )
        asked = Query(query.history, query.platform, query.candidates, times=query.times, blocked=blocked)
        found = fitted(name, split, target).recommend(asked, 10).item_nums
        yield device, world.train.candidates(TARGET)[np.searchsorted(query.candidates, found)]


_DEVICE = pl.col("context").struct.field("device")
DESIGNS: Mapping[str, Any] = {
    "no device": _plain,
    "leaning (ours)": _leaning,
    "weights of the history alone": _weights,
    "leaning, fitted with a person per device": _people,
    "a platform per device": _platforms,
}


def _renamed(world: World, *, person: pl.Expr | None = None, platform: pl.Expr | None = None) -> Dataset:
    """The training data with other names for people or platforms; items in the order of the world."""
    events, items, links = world.frames
    cells = world.whole.interactions.tocoo()
    out = pl.DataFrame({
        "user_id": world.whole.users.ids[cells.row[world.held]].tolist(),
        "key": world.whole.items.ids[cells.col[world.held]].tolist(),
    })  # fmt: skip
    keyed = events.with_columns(key=pl.concat_str("platform", "item_id", separator="\x1f"))
    kept = keyed.join(out, on=["user_id", "key"], how="anti", maintain_order="left").drop("key")
    if person is not None:
        kept = kept.with_columns(user_id=person)
        links = kept.select("platform", "user_id", person="user_id").unique(maintain_order=True)
    if platform is not None:
        kept = kept.with_columns(platform=platform)
        links = kept.select("platform", "user_id", person="user_id").unique(maintain_order=True)
        items = pl.concat([
            items.with_columns(platform=pl.format("{}@{}", "platform", pl.lit(device)))
            for device in world.whole.devices
        ])  # fmt: skip
    return Dataset.from_frames(kept, items, links, encoder="use")


def show_calibration(worlds: list[World], result: Result) -> None:
    """What calibration costs and gives where no device asks."""
    rows = []
    divergence = parse_metric("calibration@10")
    for name in ("ease", "bridge"):
        models = [fitted(name, world.train) for world in worlds]
        for calibration in CALIBRATION:
            judged = [
                world.lists(_calibrated(world, model, calibration))
                for world, model in zip(worlds, models, strict=True)
            ]
            quality = float(np.nanmean(np.concatenate([_NDCG(lists) for lists in judged])))
            distance = float(np.nanmean(np.concatenate([divergence(lists) for lists in judged])))
            covered = float(
                np.mean([_covered(world, lists) for world, lists in zip(worlds, judged, strict=True)])
            )
            rows.append([name, f"{calibration:g}", number(quality), number(distance), f"{covered:.2f}"])
            result.figures[f"calibration {name} {calibration:g}"] = {
                "ndcg": quality, "calibration": distance, "interests": covered,
            }  # fmt: skip
        show_both(worlds, models, name, result)
    columns = ["model", "calibrate", "ndcg@10 of all devices", "calibration@10 (nats, 0 is best)",
               "of three interests in the list"]  # fmt: skip
    result.tables.append(Table("Calibrated lists, no device asks", columns, rows))


def show_both(worlds: list[World], models: list[Recommender], name: str, result: Result) -> None:
    """Lists that lean and are calibrated to what leans."""
    rows = []
    for calibration in (0.0, 0.5, 0.8):
        values, own, others = [], [], []
        for world, model in zip(worlds, models, strict=True):
            for device in world.whole.devices:
                items = _calibrated(world, model, calibration, device)
                values.append(ndcg(world, items, device))
                mine, rest = _shares(world, items, device)
                own.append(mine)
                others.append(rest)
        mean = float(np.nanmean(np.concatenate(values)))
        rows.append([f"{calibration:g}", number(mean), _percent(own), _percent(others)])
        result.figures[f"both {name} {calibration:g}"] = {
            "ndcg": mean, "own": float(np.mean(own)), "others": float(np.mean(others)),
        }  # fmt: skip
    columns = ["calibrate", "ndcg@10", "of the device's interest", "of the person's other two"]
    title = f"Leaning and calibrated, {name}, elsewhere {CHOSEN:g}, mean over devices"
    result.tables.append(Table(title, columns, rows))


def _calibrated(world: World, model: Recommender, calibration: float, device: str | None = None) -> ItemNums:
    settings = RankingSettings(calibration=calibration)
    topics = item_topics(world.whole.features)
    return rank(model, world.query(device), 10, settings=settings, topics=topics).item_nums


def _covered(world: World, lists: Lists) -> float:
    """How many of a person's three interests have an item in the list, on average."""
    borne = world.whole.features.categories.matrix.indices[lists.item_nums]
    found = [(borne == world.interest(name)[:, None]).any(axis=1) for name in world.whole.devices]
    return float(np.sum(found, axis=0).mean())


if __name__ == "__main__":
    main()
