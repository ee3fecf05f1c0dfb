"""One item on several platforms: find such pairs, let a person look through them, and keep what was said."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import IdMap
from isthmus.engine import Progress, Silent
from isthmus.errors import InputError
from isthmus.items import (
    CERTAIN,
    VERDICT,
    Matches,
    MatchSettings,
    clean,
    detect_languages,
    item_text,
    match_items,
)
from isthmus.pipeline.reading import all_items
from isthmus.pipeline.workspace import Workspace

__all__ = [
    "Matching",
    "PairStatus",
    "find_matches",
    "read_matches",
    "review_matches",
    "same_items",
]

_SIDES = (["platform", "item_id"], ["other_platform", "other_item_id"])
_PAIR = [*_SIDES[0], *_SIDES[1]]
_PLATFORMS = ["platform", "other_platform"]
_HINT = "Write one: isthmus match WS --least 0.5 --out matches.csv, and fill its column `same`."
_YES, _NO = ("yes", "y", "true", "1", "是"), ("no", "n", "false", "0", "否")


@dataclass(frozen=True)
class PairStatus:
    """How many matches two platforms have."""

    platform: str
    other_platform: str
    id: int
    title: int
    vectors: int
    """Found in these ways, and not refused."""
    certain: int
    """Of at least the confidence CERTAIN, or confirmed: lists leave the other one out."""
    confirmed: int
    refused: int
    """By a person; a refused pair is in no other count."""


@dataclass(frozen=True)
class Matching:
    """The matches of a workspace."""

    frame: pl.DataFrame
    """The columns of MATCH, title and language of both items, and `same`, "yes" where a person said so."""
    pairs: tuple[PairStatus, ...]
    """Per pair of platforms that have any, in alphabetical order."""
    judged: int = 0
    """Pairs on which a review said something new."""
    undecided: int = 0
    """Pairs on which a review said nothing."""

    def to_dict(self, *, matches: bool = True) -> dict[str, Any]:
        """The same in types that JSON has; without `matches` only the counts."""
        told: dict[str, Any] = {"certain_from": CERTAIN, "pairs": [asdict(pair) for pair in self.pairs]}
        return told | ({"matches": self.frame.to_dicts()} if matches else {})


def find_matches(
    workspace: Workspace, *, least: float = CERTAIN, vectors: bool = True, progress: Progress | None = None
) -> Matching:
    """Find the pairs of at least the confidence `least` and keep them in place of those found before.

    `vectors` compares texts too, which encodes them. What a person refused stays away and what a person
    confirmed stays. Raises InputError for `least` out of range, EncoderError.
    """
    settings = MatchSettings(least=least)
    progress = progress or Silent()
    items = all_items(workspace)
    encoded = _encode(workspace, items, progress) if vectors else None
    with progress.track("Matching items", 0):
        found = match_items(items, encoded, settings)
    with workspace.writing(progress) as writer:
        Matches(workspace.store).replace(writer, found)
    return read_matches(workspace)


def review_matches(workspace: Workspace, file: Path, progress: Progress | None = None) -> Matching:
    """Take in a reviewed file: its column `same` says yes or no of each pair; empty says nothing.

    All of it counts, or nothing. Raises InputError, with the line, for a row that cannot be taken: another
    word, an item nobody knows, a pair within one platform, or a pair with two verdicts.
    """
    rows = _read_review(file)
    decided = _decided(rows, file)
    _check_known(workspace, decided, file)
    verdicts = _oriented(decided, file)
    with workspace.writing(progress) as writer:
        judged = Matches(workspace.store).judge(writer, verdicts)
    told = read_matches(workspace)
    return Matching(told.frame, told.pairs, judged, rows.height - decided.height)


def read_matches(workspace: Workspace) -> Matching:
    """What holds now, best first."""
    matches = Matches(workspace.store)
    held = matches.read().sort("confidence", descending=True, maintain_order=True)
    return Matching(_with_titles(held, all_items(workspace)), _count(held, matches.verdicts()))


def same_items(workspace: Workspace, items: IdMap, least: float = CERTAIN) -> csr_array | None:
    """(n_items, n_items) by numbers of `items`: how sure it is that two are one thing, 0 below `least`.

    None where no two are.
    """
    held = Matches(workspace.store).read(least)
    keys = [held.select(pl.concat_str(side, separator="\x1f").alias("key"))["key"] for side in _SIDES]
    one, two = (items.nums_of_column(key) for key in keys)
    known = (one >= 0) & (two >= 0)
    if not known.any():
        return None
    one, two, sure = one[known], two[known], held["confidence"].to_numpy()[known]
    both = np.concatenate([one, two]), np.concatenate([two, one])
    return csr_array((np.concatenate([sure, sure]), both), shape=(len(items), len(items)))


def _encode(workspace: Workspace, items: pl.DataFrame, progress: Progress) -> NDArray[np.float32] | None:
    if items["platform"].n_unique() < 2:
        return None
    return workspace.encoder(progress).encode(item_text(items).fill_null("").to_list())


def _with_titles(held: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """What a person needs to judge a pair, beside it, and an empty column for what they say."""
    one, two = _SIDES
    asked = pl.concat([held.select(one), held.select(two).rename(dict(zip(two, one, strict=True)))]).unique()
    told = items.join(asked, on=one, how="semi").select(*one, "title", "language")
    told = told.with_columns(clean(told["title"]))
    told = told.with_columns(pl.col("language").fill_null(detect_languages(told["title"])))
    other = told.rename({name: f"other_{name}" for name in told.columns})
    beside = held.join(told, on=one, how="left", maintain_order="left")
    beside = beside.join(other, on=two, how="left", maintain_order="left")
    same = pl.when("confirmed").then(pl.lit("yes")).otherwise(pl.lit("")).alias("same")
    return beside.select(
        *one, "title", "language", *two, "other_title", "other_language", "how", "confidence", same
    )


def _count(held: pl.DataFrame, verdicts: pl.DataFrame) -> tuple[PairStatus, ...]:
    ways = [(pl.col("how") == way).sum().alias(way) for way in ("id", "title", "vectors")]
    certain = (pl.col("confidence") >= CERTAIN).sum().alias("certain")
    found = held.group_by(_PLATFORMS).agg(*ways, certain, pl.col("confirmed").sum())
    refused = verdicts.filter(~pl.col("same")).group_by(_PLATFORMS).len("refused")
    both = found.join(refused, on=_PLATFORMS, how="full", coalesce=True).fill_null(0).sort(_PLATFORMS)
    return tuple(PairStatus(**row) for row in both.to_dicts())


def _read_review(file: Path) -> pl.DataFrame:
    """The rows of a reviewed file as text, with their `line`."""
    readers: Mapping[str, Callable[[], pl.DataFrame]] = {
        ".csv": lambda: pl.read_csv(file, infer_schema=False, separator=_separator(file)),
        ".jsonl": lambda: pl.read_ndjson(file, infer_schema_length=None),
        ".parquet": lambda: pl.read_parquet(file),
    }
    suffix = file.suffix.lower()
    if suffix not in readers:
        raise InputError("reviews are read from .csv, .jsonl and .parquet files", _HINT, file=str(file))
    try:
        rows = readers[suffix]()
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot be read: {error}", _HINT, file=str(file)) from error
    missing = [name for name in (*_PAIR, "same") if name not in rows.columns]
    if missing:
        raise InputError(f"lacks the column {missing[0]!r}", _HINT, file=str(file), field=missing[0])
    texts = rows.select(pl.col(*_PAIR, "same").cast(pl.String))
    return texts.with_row_index("line", offset=2 if suffix == ".csv" else 1)


def _separator(file: Path) -> str:
    """Spreadsheets write semicolons where the comma is the decimal mark."""
    with file.open(encoding="utf-8-sig") as lines:
        header = lines.readline()
    return ";" if header.count(";") > header.count(",") else ","


def _decided(rows: pl.DataFrame, file: Path) -> pl.DataFrame:
    """The rows that say yes or no, with `same` as that."""
    said = rows.with_columns(word=pl.col("same").str.strip_chars().str.to_lowercase().fill_null(""))
    strange = said.filter(~pl.col("word").is_in(["", *_YES, *_NO]))
    _refuse(strange, file, "same", "is neither yes, no nor empty")
    return said.filter(pl.col("word") != "").with_columns(same=pl.col("word").is_in(_YES)).drop("word")


def _check_known(workspace: Workspace, rows: pl.DataFrame, file: Path) -> None:
    known = all_items(workspace).select(_SIDES[0])
    for side in _SIDES:
        names = known.rename(dict(zip(_SIDES[0], side, strict=True)))
        strange = rows.join(names, on=side, how="anti", maintain_order="left")
        _refuse(strange, file, side[1], "is no item of this workspace (did a spreadsheet change the id?)")


def _oriented(rows: pl.DataFrame, file: Path) -> pl.DataFrame:
    """The columns of VERDICT, each pair once."""
    _refuse(rows.filter(pl.col("platform") == pl.col("other_platform")), file, "other_platform",
            "is the same platform: a match joins two")  # fmt: skip
    turned = pl.col("platform") > pl.col("other_platform")
    one, two = _SIDES
    ordered = rows.with_columns(
        *(
            pl.when(turned).then(second).otherwise(first).alias(first)
            for first, second in zip(one, two, strict=True)
        ),
        *(
            pl.when(turned).then(first).otherwise(second).alias(second)
            for first, second in zip(one, two, strict=True)
        ),
    )
    torn = ordered.filter(pl.col("same").n_unique().over(_PAIR) > 1)
    _refuse(torn, file, "same", "says yes and no of one pair")
    return ordered.select(list(VERDICT)).unique(_PAIR, maintain_order=True)


def _refuse(rows: pl.DataFrame, file: Path, field: str, reason: str) -> None:
    """Raise InputError for the first of `rows`, if any."""
    if rows.height:
        first = rows.row(0, named=True)
        raise InputError(
            f"{first[field]!r} {reason}. Nothing of this file was taken.",
            _HINT, file=str(file), line=first["line"], field=field,
        )  # fmt: skip
