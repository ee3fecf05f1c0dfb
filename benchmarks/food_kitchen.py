"""Food and kitchen (amazon-food-kitchen) on its authors' own train, valid and test lines, both ways.

    python benchmarks/food_kitchen.py [--data DIR] [--quick] [--tune] [--everybody]

A line is a person known on both platforms, items in order of time. Of each valid and test line the last item
of the target is held out. The history is the rest of the line ("warm"), or only its items on the other
platform ("cold": all target items of valid and test people are hidden from training). All items of the target
are ranked. The order gives no times, and items of the other platform that came after the held-out one stay in
the history, as in the authors' protocol, which predicts the last item of the line.

Models learn from the lines of people on both platforms. --everybody adds those known on one only (43,663);
EASE then cannot take part, since its system of 36,298 items or 53,000 people does not fit a small machine.
"""

import argparse
import gzip
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from common import Result, Said, Table, cache_folder, find_data, parser
from contest import COLUMNS, Contender, Scores, compete, figures, ratio, rows, tell
from isthmus.dataset import Dataset, item_key
from isthmus.encoders import load_encoder
from isthmus.evaluation import Cases, Split, find_twins, without_twins
from isthmus.schema import IntArray

PLATFORMS = ("food", "kitchen")
_TWO = ("train_overlap.txt.gz", "valid.txt", "test.txt")
_ONE = ("train_A.txt.gz", "train_B.txt.gz")
_FIRST_OF_B = 8_661
"""From here on the items in the lines are those of kitchen."""


class PlainUnpickler(pickle.Unpickler):
    """Reads dicts of numbers and strings; a pickle that names any class or function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse: nothing but built-in plain values is expected."""
        raise pickle.UnpicklingError(f"the pickle names {module}.{name}, which is no plain value")


def main() -> None:
    """Measure both ways and write."""
    made = parser(__doc__ or "", "python benchmarks/food_kitchen.py --tune")
    made.add_argument("--tune", action="store_true", help="choose settings on the valid lines (3 for each)")
    made.add_argument("--everybody", action="store_true", help="learn from people on one platform too")
    asked = made.parse_args()
    data = find_data(asked, "amazon-food-kitchen")
    lines = read_lines(data, everybody=asked.everybody, most=400 if asked.quick else None)
    dataset = build(data, lines, only_seen=asked.quick)
    name = "food_kitchen_everybody" if asked.everybody else "food_kitchen"
    result = Result(name, quick=asked.quick, notes=[_about(dataset, lines, tuned=asked.tune)])
    for target in PLATFORMS:
        for cold in (False, True):
            measure(dataset, lines, target, cold, choose_contenders(asked, target), result)
    result.write(asked.out)


def read_lines(data: Path, *, everybody: bool, most: int | None = None) -> dict[str, IntArray]:
    """(n, 3) per file: number of the line, place in the line, item (those of B behind those of A)."""
    files = (*_TWO, *(_ONE if everybody else ()))
    found = {}
    for file in files:
        parts = [
            np.array(list(_line(number, text))) for number, text in enumerate(_texts(data / file)[:most])
        ]
        found[file] = np.concatenate([part for part in parts if len(part)])
    return found


def _texts(file: Path) -> list[str]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [line for line in raw.decode("utf-8").splitlines() if line.strip()]


def _line(number: int, text: str) -> Iterator[tuple[int, int, int]]:
    for place, item in enumerate(text.partition("\t")[2].split(",")):
        yield number, place, int(item)


def build(data: Path, lines: dict[str, IntArray], *, only_seen: bool = False) -> Dataset:
    """People are named by file and line, items by their number in the lines; `only_seen`: no others."""
    items = [_catalogue(data, letter, platform) for letter, platform in zip("AB", PLATFORMS, strict=True)]
    items[1] = items[1].with_columns(item_id=(pl.col("item_id").cast(pl.Int64) + _FIRST_OF_B).cast(pl.String))
    events = pl.concat([_events(file, found) for file, found in lines.items()])
    catalogue = pl.concat(items)
    if only_seen:
        catalogue = catalogue.join(events, on=["platform", "item_id"], how="semi", maintain_order="left")
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    encoder = load_encoder("use", None, cache_folder(), Said())
    return Dataset.from_frames(events, catalogue, links, encoder=encoder)


def _events(file: str, found: IntArray) -> pl.DataFrame:
    return pl.DataFrame({
        "platform": np.where(found[:, 2] < _FIRST_OF_B, *PLATFORMS),
        "user_id": [name_of(file, number) for number in found[:, 0].tolist()],
        "item_id": found[:, 2].astype(str),
        "kind": ["purchase"] * len(found),
    })  # fmt: skip


def name_of(file: str, number: int) -> str:
    """What a person is called; ids restart in each file."""
    return f"{file.partition('.')[0]}-{number}"


def _catalogue(data: Path, letter: str, platform: str) -> pl.DataFrame:
    numbers: dict[str, int] = _plain(next(data.glob(f"item_set_{letter}.pkl*")))
    titles: dict[str, str] = _plain(next(data.glob(f"text_{letter}.pkl*")))
    return pl.DataFrame({
        "platform": [platform] * len(numbers),
        "item_id": [str(number) for number in numbers.values()],
        "title": [titles.get(asin) for asin in numbers],
    })  # fmt: skip


def _plain(file: Path) -> Any:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        return PlainUnpickler(stream).load()


def hold_out(dataset: Dataset, lines: dict[str, IntArray], target: str, *, cold: bool) -> Split:
    """The last target item of valid and test lines held out; `cold`: no other target item of theirs is known.

    A person who has no history left is not asked about; a last item that stands earlier in the line too has
    been seen, and is no case either.
    """
    valid, test = (_last_of(dataset, lines[file], file, target) for file in _TWO[1:])
    hidden = csr_array(dataset.interactions.shape, dtype=np.float64) + valid + test
    matrix = dataset.interactions
    person = np.repeat(np.arange(dataset.n_users), np.diff(matrix.indptr))
    if cold:
        on_target = dataset.item_platform[matrix.indices] == dataset.platform_num(target)
        is_held = np.diff(hidden.indptr) > 0
        kept = ~(on_target & is_held[person])
    else:
        kept = ~np.isin(person * dataset.n_items + matrix.indices, _keys(hidden))
    train = dataset.keeping(kept)
    twins = find_twins(train, target)
    cases = [without_twins(_cases(train, truth, target), twins) for truth in (valid, test)]
    facts = {
        "validation_people": len(cases[0]), "test_people": len(cases[1]), "cold": cold,
        "twin_pairs": len(twins), "test_rows_kept": int(cases[1].truth.nnz),
    }  # fmt: skip
    return Split(train, cases[0], cases[1], target, "authors' lines", 0, facts)


def _last_of(dataset: Dataset, found: IntArray, file: str, target: str) -> csr_array:
    """(n_users, n_items): one where an item is the last of `target` in a line, and there once."""
    keys = [item_key(PLATFORMS[item >= _FIRST_OF_B], str(item)) for item in found[:, 2].tolist()]
    frame = pl.DataFrame({
        "line": found[:, 0], "place": found[:, 1],
        "item": dataset.items.nums_of_column(pl.Series(keys)),
    })  # fmt: skip
    mine = frame.filter(
        pl.Series(dataset.item_platform[frame["item"].to_numpy()] == dataset.platform_num(target))
    )
    once = mine.with_columns(times=pl.len().over("line", "item")).sort("line", "place")
    last = once.group_by("line", maintain_order=True).last().filter(pl.col("times") == 1)
    users = dataset.users.nums([name_of(file, number) for number in last["line"].to_list()])
    ones = np.ones(last.height)
    return csr_array((ones, (users, last["item"].to_numpy())), shape=dataset.interactions.shape)


def _keys(matrix: csr_array) -> IntArray:
    row, column = matrix.nonzero()
    return np.asarray(row.astype(np.int64) * matrix.shape[1] + column)


def _cases(train: Dataset, truth: csr_array, target: str) -> Cases:
    users = np.flatnonzero((np.diff(truth.indptr) > 0) & (np.diff(train.interactions.indptr) > 0))
    return Cases(
        users=users,
        history=train.interactions[users],
        times=train.times_matrix[users],
        truth=truth[users],
        k=train.counts(target)[users],
    )


def choose_contenders(asked: argparse.Namespace, target: str) -> list[Contender]:
    """Defaults, or with --tune three configurations for everybody who has settings."""
    regs = [{"reg": reg} for reg in (100.0, 30.0, 300.0)]
    found = [
        Contender.of("popularity", "popularity"),
        Contender.of("content", "content", [{"sharpness": sharp} for sharp in (10.0, 5.0, 20.0)]),
        Contender.of("itemknn", "itemknn", [{"shrink": shrink} for shrink in (50.0, 10.0, 200.0)]),
        Contender.of("ease, joint", "ease", regs, scope="joint"),
        Contender.of("ease, target alone", "ease", regs, scope="platform"),
        Contender.of("bridge", "bridge", regs, target=target),
    ]
    if asked.everybody:
        found = [one for one in found if not one.name.startswith("ease")]
    return found if asked.tune else [one.with_defaults() for one in found]


def measure(
    dataset: Dataset,
    lines: dict[str, IntArray],
    target: str,
    cold: bool,
    contenders: Sequence[Contender],
    result: Result,
) -> None:
    """One target, warm or cold."""
    split = hold_out(dataset, lines, target, cold=cold)
    scores: Scores = {}
    label = f"{'cold' if cold else 'warm'}, target {target}"
    compete(contenders, split, scores, label)
    found = ratio(scores, "bridge", [one.name for one in contenders if one.name != "bridge"])
    n_items = len(dataset.candidates(target))
    kept, asked = split.facts["test_rows_kept"], len(split.test)
    title = (
        f"{label}: {kept:,} people of the test lines, {n_items:,} items ranked; "
        f"{asked - kept} left out whose item has a twin in their history"
    )
    result.tables.append(Table(title, COLUMNS, rows(scores)))
    result.notes.append(f"{label}: {tell(found)}.")
    result.figures[label] = figures(scores) | {"bridge_over_best": found, "split": dict(split.facts)}


def _about(dataset: Dataset, lines: dict[str, IntArray], *, tuned: bool) -> str:
    counted = ", ".join(
        f"{file.partition('.')[0]} {len(np.unique(found[:, 0])):,}" for file, found in lines.items()
    )
    how = (
        "Settings chosen on the valid lines."
        if tuned
        else "All defaults; the valid lines are held out and not used."
    )
    return f"Lines: {counted}; {dataset.n_items:,} items, {dataset.interactions.nnz:,} interactions. {how}"


if __name__ == "__main__":
    main()
