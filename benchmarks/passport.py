"""Recommendations from passports alone, beside those from the history itself: cold start, both ways.

    python benchmarks/passport.py [--seeds 0 1 2] [--target movies] [--tune]

People of the cold-start tests are known on one platform and new on the other. From what they did on
the first, one passport each is made, and the other platform reads it: no history, nobody in common. The
reference is `content`, text similarity to the whole history. Reading weights were chosen on people of other
seeds whom none of seeds 0 to 2 tests: --tune --seeds 10 asks such people. Somebody tested with several seeds
counts once, with the mean of their lists.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import Result, Said, Table, find_data, number, parser, with_interval
from isthmus.dataset import Dataset
from isthmus.encoders import Encoder, load_encoder
from isthmus.evaluation import Cases, Lists, Split, bootstrap_interval, paired_bootstrap, parse_metric
from isthmus.models import load_model
from isthmus.numeric import top_k
from isthmus.passport import (
    Blend,
    History,
    IssuerKey,
    Passport,
    Reader,
    Shelf,
    Subjects,
    Terms,
    make_passport,
    parse,
)
from isthmus.passport.making import state_noise, tell_directions, write_vectors
from isthmus.schema import FloatArray, IntArray
from scenarios import Scenario, scenarios

SEEDS = (0, 1, 2)
EPSILONS = (2.0, 8.0, 16.0)
GOALS = {"vectors, epsilon 8": 0.8, "topics": 0.5}
_METRIC = "ndcg@10"
_HOW = (
    "One passport a person, from what they did on the one platform; the other platform reads it alone. "
    "`content` has the whole history. Without popularity in its name, a row is text and words alone; without "
    "words, it is the vectors alone."
)
Values = dict[str, FloatArray]


class Remembered:
    """An encoder that encodes each text once: people share topics."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.name, self.revision, self.embedding_size = encoder.name, encoder.revision, encoder.embedding_size

    def encode(self, texts: Sequence[str], advance: Any = None) -> NDArray[np.float32]:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known |= zip(new, self._encoder.encode(new), strict=True)
        rows = [self._known[text] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.embedding_size)


@dataclass
class World:
    """One direction: what passports are made of, and the platform that reads them."""

    split: Split
    cases: Cases
    encoder: Encoder
    subjects: Subjects

    @property
    def target(self) -> Dataset:
        return self.split.train

    def people(self) -> NDArray[Any]:
        """Who is asked."""
        return self.target.users.ids[self.cases.users]

    def reader(self) -> Reader:
        candidates = self.target.candidates(self.split.target)
        people = np.bincount(self.target.interactions.indices, minlength=self.target.n_items)[candidates]
        return Reader(
            self.target.features, candidates, people.astype(np.float64), self.encoder, subjects=self.subjects
        )


def main() -> None:
    """Measure both ways and write."""
    made = parser(__doc__ or "", "python benchmarks/passport.py")
    made.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    made.add_argument(
        "--tune", action="store_true", help="ask people whom no published seed tests; no result"
    )
    made.add_argument("--target", metavar="PLATFORM", help="one way only: books or movies")
    asked = made.parse_args()
    data = find_data(asked, "amazon-books-movies")
    result = Result("passport", quick=asked.quick or asked.tune, notes=[_HOW])
    encoder = Remembered(load_encoder("use"))  # few texts at a time: each would be a file of the cache
    subjects = Subjects.encoded(encoder)
    for scenario in scenarios():
        if scenario.folder == "amazon-books-movies" and f"to {asked.target or ''}" in scenario.name:
            seeds = asked.seeds[:1] if asked.quick or asked.tune else asked.seeds
            tested = _tested(scenario, data) if asked.tune else frozenset[str]()
            splits = (scenario.make(data, seed) for seed in seeds)
            worlds = (World(split, _people(split, asked, tested), encoder, subjects) for split in splits)
            measure(scenario.name, worlds, result, tune=asked.tune)
    result.notes.insert(0, f"Seeds {', '.join(map(str, asked.seeds))}.")
    result.write(asked.out)


def _tested(scenario: Scenario, data: Path) -> frozenset[str]:
    """Whom the published figures are of: nothing is chosen on them."""
    splits = (scenario.make(data, seed) for seed in SEEDS)
    return frozenset(str(one) for split in splits for one in split.train.users.ids[split.test.users])


def _people(split: Split, asked: argparse.Namespace, left_out: frozenset[str]) -> Cases:
    cases = split.test
    ids = split.train.users.ids[cases.users].tolist()
    kept = np.array([row for row, one in enumerate(ids) if str(one) not in left_out], dtype=np.int64)
    few = kept[:30] if asked.quick else kept
    return Cases(*(getattr(cases, name)[few] for name in ("users", "history", "times", "truth", "k")))


def measure(label: str, worlds: Iterable[World], result: Result, *, tune: bool) -> None:
    """One direction, all levels, each alone and blended with popularity."""
    blends = grid() if tune else {"": Blend()}
    values = of_people(
        [(world.people(), references(world) | read_all(label, world, blends)) for world in worlds]
    )
    n_people = len(values["popularity"])
    result.tables.append(Table(f"{label}, {n_people:,} people", COLUMNS, rows(values)))
    if not tune:
        result.notes += verdicts(label, values)
    result.figures[label] = {name: float(np.nanmean(one)) for name, one in values.items()}
    result.figures["blend"] = asdict(Blend())


def of_people(parts: Sequence[tuple[NDArray[Any], Values]]) -> Values:
    """The figures of several seeds as one a person: the mean of their lists."""
    _, person = np.unique(np.concatenate([people for people, _ in parts]), return_inverse=True)
    pooled = {}
    for name in parts[0][1]:
        found = np.concatenate([values[name] for _, values in parts])
        known = ~np.isnan(found)
        sums, counts = np.bincount(person[known], found[known]), np.bincount(person[known])
        pooled[name] = sums[counts > 0] / counts[counts > 0]
    return pooled


COLUMNS = ("read", "ndcg@10", "times content alone", "times popularity")


def rows(values: Values) -> list[list[str]]:
    """A row per way of reading."""
    found = []
    for name, one in values.items():
        told = bootstrap_interval(one)
        row = [name, with_interval(told.mean, told.low, told.high)]
        for other in ("content", "popularity"):
            ratio = paired_bootstrap(one, values[other])
            row.append(with_interval(ratio.ratio, ratio.ratio_low, ratio.ratio_high, 2))
        found.append(row)
    return found


def verdicts(label: str, values: Values) -> list[str]:
    """What was reached, and what was not."""
    told = []
    for level, goal in GOALS.items():
        kept = paired_bootstrap(values[level], values["content"])
        beats = paired_bootstrap(values[f"{level} + popularity"], values["popularity"])
        reached = "reached" if kept.ratio >= goal else "missed"
        between = f"{number(beats.ratio, 2)} [{number(beats.ratio_low, 2)}, {number(beats.ratio_high, 2)}]"
        alone = f"{level}, without words"
        bare = f", its vectors alone {kept_of(values, alone):.0%}" if alone in values else ""
        told.append(
            f"{label}: {level} keeps {kept.ratio:.0%} of the quality of `content` (goal {goal:.0%}: "
            f"{reached}; interval {kept.ratio_low:.0%} to {kept.ratio_high:.0%}){bare}; blended it has "
            f"{between} times the NDCG@10 of popularity ({_sureness(beats.ratio_low, beats.ratio)})."
        )
    return told


def kept_of(values: Values, name: str) -> float:
    """The quality of one way of reading as a part of that of `content`."""
    return float(np.nanmean(values[name]) / np.nanmean(values["content"]))


def _sureness(low: float, ratio: float) -> str:
    return (
        "above it, interval clear of 1"
        if low > 1
        else "above it, not surely"
        if ratio > 1
        else "not above it"
    )


def references(world: World) -> Values:
    """Popularity; the text of the whole history; and both, blended as passports are."""
    query = world.cases.query(world.target, world.split.target)
    content = load_model("content").fit(world.target).score(query)
    popular = np.log1p(load_model("popularity").fit(world.target).score(query))
    both = _scaled(content) + Blend().popularity * popular
    scores = {"popularity": popular, "content": content, "content + popularity": both}
    return {name: judge(top_k(one, 10)[0], world) for name, one in scores.items()}


def _scaled(scores: FloatArray) -> FloatArray:
    spread = np.maximum(scores.std(axis=1, keepdims=True), 1e-12)
    return (scores - scores.mean(axis=1, keepdims=True)) / spread


def judge(places: IntArray, world: World) -> FloatArray:
    """NDCG@10 of each person from the places (q, 10) of their best candidates."""
    candidates = world.target.candidates(world.split.target)
    return parse_metric(_METRIC)(Lists(candidates[places], world.cases.truth))


def read_all(label: str, world: World, blends: Mapping[str, Blend]) -> Values:
    """Per level and blend, alone and with popularity, how good the lists are."""
    reader, found = world.reader(), dict[str, list[IntArray]]()
    with Said().track(f"{label}: passports", len(world.cases)) as advance:
        for row in range(len(world.cases)):
            levels = passports(world, row)
            words = reader.parts(levels["topics"])  # all levels have the same words
            for level, passport in levels.items():
                parts = replace(words, vectors=reader.vectors_part(passport), noise=passport.noise)
                if parts.vectors is not None:
                    best = top_k(parts.vectors[None], 10)[0][0]
                    found.setdefault(f"{level}, without words", []).append(best)
                for named, blend in blends.items():
                    for suffix, weight in (("", 0.0), (" + popularity", blend.popularity)):
                        scores = reader.blended(parts, replace(blend, popularity=weight))
                        found.setdefault(level + suffix + named, []).append(top_k(scores[None], 10)[0][0])
            if row % 100 == 99:
                advance(100)
    return {name: judge(np.array(places), world) for name, places in found.items()}


def passports(world: World, row: int) -> dict[str, Passport]:
    """All levels of one person's passport."""
    dataset = world.target
    shelf = Shelf(
        dataset.features, dataset.item_platform, dataset.platforms, dataset.items.ids,
        np.full(dataset.n_items, "", dtype=object),
    )  # fmt: skip
    history = History(
        str(world.cases.users[row]),
        world.cases.history[[row]],
        world.cases.times[[row]].data,
        dataset.blocked[world.cases.users[[row]]],
    )
    issuer = IssuerKey(bytes(32))  # chance is the same in every run

    full = parse(make_passport(history, shelf, world.encoder, Terms("full"), issuer, subjects=world.subjects))
    found = {"topics": full.model_copy(update={"vectors": (), "level": "topics"})}
    for epsilon in EPSILONS:
        terms = Terms("vectors", epsilon)
        told = tell_directions(history, shelf, world.subjects, terms, issuer)
        changed = {
            "level": "vectors",
            "vectors": write_vectors(told, full.topics, world.encoder, world.subjects),
            "noise": state_noise(world.subjects, terms),
        }
        found[f"vectors, epsilon {epsilon:g}"] = full.model_copy(update=changed)
    return {**found, "full": full}


def grid() -> dict[str, Blend]:
    """What --tune tries."""
    tried = [(v, n, p) for v in (0.5, 1.0, 2.0) for n in (0.5, 1.0, 2.0) for p in (4.0, 8.0, 16.0)]
    return {
        f" (vectors {v:g}, names {n:g}, popularity {p:g})": Blend(2 * v, names=n, popularity=p, subjects=v)
        for v, n, p in tried
    }


if __name__ == "__main__":
    main()
