"""Amazon Reviews of 2014, 2018 and 2023: JSON lines of reviews and of product descriptions.

Names of reviewers, the words of reviews and pictures are not read.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TypeGuard

import polars as pl

from isthmus.errors import InputError
from isthmus.sources.base import BATCH_ROWS, EVENT_WITH_LINE, Batch, make_batch, reject
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import LINE, Broken, Chunk, JsonRow, read_json_lines, read_json_objects
from isthmus.sources.tabular.chunk import regroup
from isthmus.sources.tabular.json_rows import parse_line
from isthmus.sources.tabular.stream import MAX_RECORD_BYTES, read_blocks

__all__ = ["AmazonReviewsSource"]

_TEXTS = pl.List(pl.String())
_DESCRIPTION_CHARS = 2_000
_FIRST_BYTES = 1_000_000
_HALF_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class _Reviews:
    """The names under which a year's reviews keep what is read."""

    user: str
    items: tuple[str, ...]
    """Ids of the product; the first that is there counts."""
    rating: str
    time: str
    per_second: int

    @property
    def schema(self) -> pl.Schema:
        texts = {name: pl.String() for name in (self.user, *self.items)}
        return pl.Schema({**texts, self.rating: pl.Float64(), self.time: pl.Int64()})


_OLD = _Reviews("reviewerID", ("asin",), "overall", "unixReviewTime", 1)
_NEW = _Reviews("user_id", ("parent_asin", "asin"), "rating", "timestamp", 1_000)
_META_2018 = pl.Schema(
    {
        "asin": pl.String(),
        "title": pl.String(),
        "brand": pl.String(),
        "category": _TEXTS,
        "description": _TEXTS,
    }
)
_META_2023 = pl.Schema(
    {
        "parent_asin": pl.String(), "title": pl.String(), "store": pl.String(), "main_category": pl.String(),
        "categories": _TEXTS, "features": _TEXTS, "description": _TEXTS,
    }
)  # fmt: skip


class AmazonReviewsSource:
    """A review becomes `rate` of 1 to 5; a product description an item. People are those the file names.

    Of 2023 the parent product is the item, for that is what descriptions are of.
    """

    name = "amazon_reviews"
    patterns = (
        "reviews_*.json*", "meta_*.json*", "*_5.json*", "*_reviews.jsonl*", "*.amazon_reviews.json*",
    )  # fmt: skip
    advice = "Reviews and meta files of the Amazon Reviews data of 2014, 2018 or 2023, JSON lines."
    marks: ClassVar[tuple[tuple[str, ...], ...]] = (
        ('"reviewerID"', '"asin"', '"overall"'),
        ('"parent_asin"', '"user_id"', '"rating"'),
        ('"parent_asin"', '"main_category"'),
        ('"asin"', '"also_buy"'),
        ("'asin'", "'categories'"),
    )

    def __init__(self, *, user_id: str = "", platform: str = "", batch_rows: int = BATCH_ROWS) -> None:
        self.user_id = user_id
        self.platform = platform or "amazon"
        self.batch_rows = batch_rows

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of reviews and descriptions below `paths`. InputError where there is none."""
        return find_files(paths, self.patterns, self.advice)

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of reviews or of products. InputError where the first line is neither."""
        keys = _first_keys(file)
        if {"reviewerID", "overall"} <= keys:
            return self._all_reviews(file, _OLD)
        if {"user_id", "rating", "timestamp"} <= keys:
            return self._all_reviews(file, _NEW)
        if {"parent_asin", "main_category"} <= keys:
            return (self._products_2023(file, chunk) for chunk in self._chunks(file, _META_2023))
        if {"asin", "category"} <= keys:
            return (self._products_2018(file, chunk) for chunk in self._chunks(file, _META_2018))
        if "asin" in keys:
            return self._products_2014(file)
        raise InputError("holds neither reviews nor products", self.advice, file=str(file), line=1)

    def _chunks(self, file: Path, schema: pl.Schema) -> Iterator[Chunk]:
        return read_json_lines(file, self.batch_rows, schema)

    def _all_reviews(self, file: Path, names: _Reviews) -> Iterator[Batch]:
        # Without their words reviews are small: whole batches of them fit into memory.
        for chunk in regroup(self._chunks(file, names.schema), self.batch_rows):
            yield self._reviews(file, chunk, names)

    def _reviews(self, file: Path, chunk: Chunk, names: _Reviews) -> Batch:
        item = pl.coalesce(_said(name) for name in names.items)
        seconds = pl.col(names.time) // names.per_second
        inside = seconds.is_between(1, 253_402_300_799)
        micros = pl.col(names.time) * (1_000_000 // names.per_second)
        rating = pl.col(names.rating)
        rows = chunk.frame.select(
            user_id=pl.lit(self.user_id) if self.user_id else _said(names.user),
            item_id=item,
            value=pl.when(rating.is_between(0, 5)).then(rating),
            occurred_at=pl.when(inside).then(micros).cast(pl.Datetime("us", "UTC")),
            line=pl.col(LINE),
        )
        faults = {
            "user_id": names.user,
            "item_id": names.items[0],
            "value": names.rating,
            "occurred_at": names.time,
        }
        good, rejects = self._part(file, rows, faults)
        empty = pl.lit(None, pl.String)
        events = good.select(
            event_id=empty, platform=pl.lit(self.platform), user_id="user_id", item_id="item_id",
            kind=pl.lit("rate"), value="value", unit=pl.lit("rating"), occurred_at="occurred_at", text=empty,
            recommendation_id=empty, context=pl.lit(None, EVENT_WITH_LINE["context"]), line="line",
        )  # fmt: skip
        return make_batch(events=events, rejects=[*self._shapeless(file, chunk.broken), *rejects])

    def _products_2018(self, file: Path, chunk: Chunk) -> Batch:
        description = pl.col("description").list.join(" ")
        return self._products(file, chunk, "asin", pl.concat_list("brand"), pl.col("category"), description)

    def _products_2023(self, file: Path, chunk: Chunk) -> Batch:
        many = pl.col("categories").list.len() > 0
        categories = pl.when(many).then(pl.col("categories")).otherwise(pl.concat_list("main_category"))
        words = pl.concat_list(pl.col("description").fill_null([]), pl.col("features").fill_null([]))
        return self._products(
            file, chunk, "parent_asin", pl.concat_list("store"), categories, words.list.join(" ")
        )

    def _products(
        self, file: Path, chunk: Chunk, item_id: str, creators: pl.Expr, categories: pl.Expr, words: pl.Expr
    ) -> Batch:
        described = words.str.slice(0, _DESCRIPTION_CHARS).str.strip_chars()
        rows = chunk.frame.select(
            platform=pl.lit(self.platform),
            item_id=_said(item_id),
            title=_said("title"),
            description=pl.when(described != "").then(described),
            creators=creators.list.drop_nulls(),
            categories=categories,
            line=pl.col(LINE),
        )
        good, rejects = self._part(file, rows, {"item_id": item_id})
        items = good.drop("line").unique("item_id", keep="last", maintain_order=True)
        return make_batch(items=items, rejects=[*self._shapeless(file, chunk.broken), *rejects])

    def _products_2014(self, file: Path) -> Iterator[Batch]:
        """The descriptions of 2014 are Python literals, a dictionary a line; they are parsed, never run."""
        rows = _literals(file) if _is_literal(file) else read_json_objects(file)
        while taken := list(islice(rows, self.batch_rows)):
            known = [{**_product(row), LINE: line} for line, row in taken if not isinstance(row, Broken)]
            broken = tuple(row for _, row in taken if isinstance(row, Broken))
            frame = pl.DataFrame(known, schema={**_META_2018, LINE: pl.Int64})
            yield self._products_2018(file, Chunk(frame, broken))

    def _part(
        self, file: Path, rows: pl.DataFrame, fields: dict[str, str]
    ) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
        """Rows that have all of `fields`; rejects for the others name the field as the file does."""
        whole = rows.select(pl.all_horizontal(pl.col(name).is_not_null() for name in fields)).to_series()
        if whole.all():
            return rows, []
        bad = rows.filter(~whole).iter_rows(named=True)
        rejects = []
        for row in bad:
            name = next(name for name in fields if row[name] is None)
            why = "is empty or out of range"
            rejects.append(reject(file, row["line"], why, field=fields[name], platform=self.platform))
        return rows.filter(whole), rejects

    def _shapeless(self, file: Path, broken: Sequence[Broken]) -> list[dict[str, Any]]:
        """What stood there is not kept: it holds names and words."""
        return [reject(file, one.line, one.reason, platform=self.platform) for one in broken]


def _said(name: str) -> pl.Expr:
    words = pl.col(name).str.strip_chars()
    return pl.when(words != "").then(words)


def _first_line(file: Path) -> bytes:
    begun = b""
    for block in read_blocks(file, _FIRST_BYTES):
        begun = (begun + block).lstrip()
        if b"\n" in begun or len(begun) > MAX_RECORD_BYTES:
            break
    if begun:
        return begun.split(b"\n", 1)[0]
    raise InputError("the file is empty", "Get it again.", file=str(file))


def _is_literal(file: Path) -> bool:
    return _first_line(file).startswith(b"{'")


def _first_keys(file: Path) -> set[str]:
    raw = _first_line(file)
    row = _literal(raw, 1) if raw.startswith(b"{'") else parse_line(raw, 1)
    if isinstance(row, Broken):
        raise InputError(row.reason, AmazonReviewsSource.advice, file=str(file), line=1)
    return set(row)


def _literals(file: Path) -> Iterator[JsonRow]:
    pending, line = b"", 1
    for block in [*read_blocks(file), b"\n"]:
        *whole, pending = (pending + block).split(b"\n")
        for raw in whole:
            if raw.strip():
                yield line, _literal(raw, line)
            line += 1


def _literal(raw: bytes, line: int) -> dict[str, Any] | Broken:
    try:
        row = ast.literal_eval(raw.decode().strip())
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return Broken(line, "is neither JSON nor a Python literal")
    return row if isinstance(row, dict) else Broken(line, "is no dictionary")


def _product(row: dict[str, Any]) -> dict[str, Any]:
    def words(name: str) -> str | None:
        value = row.get(name)
        return value if _is_text(value) else None

    paths = row.get("categories")
    flat = (
        one for path in (paths if isinstance(paths, list) else []) if isinstance(path, list) for one in path
    )
    described = words("description")
    return {
        "asin": words("asin"),
        "title": words("title"),
        "brand": words("brand"),
        "category": list(dict.fromkeys(one for one in flat if _is_text(one))),
        "description": [described] if described else [],
    }


def _is_text(value: object) -> TypeGuard[str]:
    """Whether this is text that can be written: half of a surrogate pair can not."""
    return isinstance(value, str) and not _HALF_PAIR.search(value)
