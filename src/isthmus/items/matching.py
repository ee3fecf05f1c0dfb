"""One item on several platforms: found by ids, then by title, creator and year, then by vectors.

`confidence` says how likely two items are one thing, so that one threshold can serve all three ways. It is
set by rule, not fitted:

- **id**: .99 where an id both bear names one item on either platform, .8 where several items of a platform
  bear it (a box and its parts).
- **title**: by what agrees besides the title itself,

  |                        | years agree | a year is unknown | years differ |
  |------------------------|-------------|-------------------|--------------|
  | a creator in common    | .98         | .95               | .85          |
  | creators unknown       | .8          | .6                | .3           |
  | creators differ        | .5          | .3                | .1           |

  Years agree within one. It is multiplied by .9 where only the title in another language is the same, by .6
  for each of: only one is a numbered volume, other words in brackets ("(Live)"), other titles in other
  languages; and, without a common creator, divided by how many items of a platform bear that title. Items of
  different volumes, or with different ids of IMDb or Steam, are no match.
- **vectors**: of items that are each other's nearest, from .15 to .6, so never certain without a person's
  word: among thousands of others about half of such pairs are one thing. It is .6 times half of one plus how
  far the cosine (of centred vectors) is from `cosine` to 1, times half of one plus how far its lead over the
  next best is from 0 to `lead`. Items with other numbers in their titles are no match.

A story and its film are two things, and to recommend one for the other is what Isthmus is for: where one is
to be read and the other to be watched (`media_of`), confidence by title and by vectors is halved.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isthmus.errors import InputError
from isthmus.items.external_ids import find_ids
from isthmus.items.media import media_of
from isthmus.items.nearest import mutual_nearest
from isthmus.items.titles import split_titles
from isthmus.items.words import normalise_title

__all__ = ["MATCH", "MatchSettings", "match_items"]

MATCH = pl.Schema({
    "platform": pl.String(), "item_id": pl.String(), "other_platform": pl.String(),
    "other_item_id": pl.String(), "how": pl.String(), "confidence": pl.Float64(),
})  # fmt: skip
"""The columns of matches; `platform` comes before `other_platform` in the alphabet, `how` is id, title or
vectors."""

_PAIR = ["row", "other"]
_FOUND = pl.Schema({"row": pl.Int64(), "other": pl.Int64(), "how": pl.String(), "confidence": pl.Float64()})
_WAYS = ("id", "title", "vectors")
_WORK_IDS = ("imdb", "appid")
"""Schemes that give a work one id, so that two ids are two works; books have an ISBN per edition."""
_CROWD = 30
"""Items of a platform that may share an id or a title; where more do, it says nothing ("Greatest Hits")."""
_WITH_CREATOR = {"agree": 0.98, "unknown": 0.95, "differ": 0.85}
_CREATOR_UNKNOWN = {"agree": 0.8, "unknown": 0.6, "differ": 0.3}
_OTHER_CREATOR = {"agree": 0.5, "unknown": 0.3, "differ": 0.1}
_BY_VECTORS = 0.6


@dataclass(frozen=True)
class MatchSettings:
    """What counts as a match."""

    least: float = 0.5
    """Matches of less confidence are left out."""
    cosine: float = 0.5
    """Least cosine of two centred vectors, from which on confidence rises."""
    lead: float = 0.1
    """Lead over the next best from which on a nearest item is as sure as it can be."""

    def __post_init__(self) -> None:
        if not (0 < self.least <= 1 and 0 < self.cosine < 1 and 0 < self.lead <= 1):
            raise InputError(f"{self} is out of range", "All lie above 0 and up to 1, the cosine below it.")


def match_items(
    items: pl.DataFrame, vectors: NDArray[np.float32] | None = None, settings: MatchSettings | None = None
) -> pl.DataFrame:
    """Pairs of `items` (columns of ITEM, each (platform, item_id) once) of two platforms that are one thing.

    A frame of MATCH, best first, one row per pair, under the way that is surest. `vectors` (n_items, d), unit
    rows, zero where there is no text, are compared only among items that nothing else has matched; without
    them that step is left out. Raises InputError where they do not fit.
    """
    settings = settings or MatchSettings()
    if vectors is not None and len(vectors) != items.height:
        raise InputError(f"{items.height} items have {len(vectors)} vectors")
    ids = find_ids(items)
    told = _describe(items, ids)
    found = pl.concat([_by_id(items, ids), _by_title(told)]).filter(pl.col("confidence") >= settings.least)
    if vectors is not None and settings.least <= _BY_VECTORS:
        near = _by_vectors(told, vectors, found, settings)
        found = pl.concat([found, near.filter(pl.col("confidence") >= settings.least)])
    way = pl.col("how").replace_strict({way: place for place, way in enumerate(_WAYS)}, return_dtype=pl.Int64)
    best = found.sort(-pl.col("confidence"), way, *_PAIR).unique(_PAIR, keep="first", maintain_order=True)
    return _outside(items, best)


def _outside(items: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows become platforms and ids again."""
    sides = [items[found[side]].select("platform", "item_id") for side in _PAIR]
    sides[1] = sides[1].rename({"platform": "other_platform", "item_id": "other_item_id"})
    return _typed(pl.concat([*sides, found.select("how", "confidence")], how="horizontal"), MATCH)


def _typed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _describe(items: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """A row per item: what its title says, its year, its medium, its creators as one would compare them."""
    parts = split_titles(items["title"])
    described = parts.with_columns(
        items["platform"],
        row=np.arange(items.height),
        year=pl.coalesce(items["published_at"].dt.year(), "year"),
        medium=media_of(items),
        key=normalise_title(parts["title"]),
        other_key=normalise_title(_other_titles(items, parts)),
        aside=normalise_title(parts["aside"]),
        numbers=items["title"].str.extract_all(r"\d+").list.join(" ").fill_null(""),
    )
    work_ids = [pl.col("id").filter(pl.col("scheme") == one).first().alias(one) for one in _WORK_IDS]
    for more in (_creators(items), ids.group_by("row").agg(work_ids)):
        described = described.join(more, on="row", how="left", maintain_order="left")
    return described.drop("title", "other_title", "edition")


def _creators(items: pl.DataFrame) -> pl.DataFrame:
    """(row, creators): names by their words in alphabetical order, so that "Liu, Cixin" is "Cixin Liu"."""
    rows = pl.DataFrame({"row": np.arange(items.height), "name": items["creators"]})
    long = rows.explode("name").drop_nulls("name")
    words = normalise_title(long["name"]).str.split(" ").list.sort().list.join(" ")
    named = long.select("row", creators=words).drop_nulls().unique(maintain_order=True)
    return named.group_by("row", maintain_order=True).agg("creators")


def _other_titles(items: pl.DataFrame, parts: pl.DataFrame) -> pl.Series:
    """The title in another language: what the title says, or what a source found (`extra`)."""
    found = pl.coalesce(
        parts["other_title"], items["extra"].str.extract(r'"original_title": ?"((?:[^"\\]|\\.)*)"', 1)
    )
    return parts.select(found.alias("other")).to_series()


def _by_id(items: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    pairs = _pairs(ids.with_columns(platform=items["platform"].gather(ids["row"])), ["scheme", "id"])
    alone = (pl.col("n") == 1) & (pl.col("n_other") == 1)
    scored = pairs.with_columns(confidence=pl.when(alone).then(0.99).otherwise(0.8), how=pl.lit("id"))
    return _typed(scored.group_by(_PAIR).agg(pl.col("how").first(), pl.col("confidence").max()), _FOUND)


def _pairs(borne: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Rows (row, other) of two platforms that share the key, with what else `borne` says of both.

    `n` and `n_other` are how many items of each platform bear it.
    """
    counted = borne.with_columns(n=pl.len().over("platform", *key)).filter(pl.col("n") <= _CROWD)
    pairs = counted.join(counted, on=key, suffix="_other").filter(
        pl.col("platform") < pl.col("platform_other")
    )
    return pairs.rename({"row_other": "other"})


def _by_title(told: pl.DataFrame) -> pl.DataFrame:
    bare = told.select("row", "platform", "key", main=True)
    other = told.select("row", "platform", key="other_key", main=False)
    keys = (
        pl.concat([bare, other]).drop_nulls("key").unique(["row", "key"], keep="first", maintain_order=True)
    )
    # A title that a crowd bears still says something of those with the same creator.
    creators = told.select("row", creator="creators").explode("creator").drop_nulls("creator")
    alike = _pairs(keys.join(creators, on="row"), ["key", "creator"]).drop("creator")
    pairs = pl.concat([_pairs(keys, ["key"]), alike], how="diagonal").group_by(_PAIR).agg(
        is_main=(pl.col("main") & pl.col("main_other")).any(),
        crowd=pl.max_horizontal("n", "n_other").max(),
    )  # fmt: skip
    scored = _beside(pairs, told).filter(~_contradicted())
    return _typed(scored.select(*_PAIR, how=pl.lit("title"), confidence=_title_confidence()), _FOUND)


def _beside(pairs: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """What is told of both items of each pair; that of the second has the suffix `_other`."""
    second = told.rename({name: f"{name}_other" for name in told.columns if name != "row"})
    return pairs.join(told, on="row").join(second, left_on="other", right_on="row")


def _differ(name: str) -> pl.Expr:
    """Both say something, and not the same."""
    return (pl.col(name) != pl.col(f"{name}_other")).fill_null(False)


def _contradicted() -> pl.Expr:
    return pl.any_horizontal(_differ(name) for name in ("volume", *_WORK_IDS))


def _title_confidence() -> pl.Expr:
    shared = pl.col("creators").list.set_intersection("creators_other").list.len() > 0
    unknown = pl.col("creators").is_null() | pl.col("creators_other").is_null()
    apart = (pl.col("year") - pl.col("year_other")).abs()
    years = (
        pl.when(apart.is_null())
        .then(pl.lit("unknown"))
        .when(apart <= 1)
        .then(pl.lit("agree"))
        .otherwise(pl.lit("differ"))
    )
    base = (
        pl.when(shared.fill_null(False))
        .then(years.replace_strict(_WITH_CREATOR, return_dtype=pl.Float64))
        .when(unknown)
        .then(years.replace_strict(_CREATOR_UNKNOWN, return_dtype=pl.Float64) / pl.col("crowd"))
        .otherwise(years.replace_strict(_OTHER_CREATOR, return_dtype=pl.Float64) / pl.col("crowd"))
    )
    one_sided = pl.col("volume").is_null() != pl.col("volume_other").is_null()
    named = pl.col("series").is_not_null() | pl.col("series_other").is_not_null()
    return (
        base
        * _factor(~pl.col("is_main"), 0.9)
        * _factor(one_sided & ~named, 0.6)
        * _factor(pl.col("aside").ne_missing(pl.col("aside_other")), 0.6)
        * _factor(_differ("other_key"), 0.6)
        * _factor(_differ("medium"), 0.5)
    )


def _factor(applies: pl.Expr, factor: float) -> pl.Expr:
    return pl.when(applies).then(factor).otherwise(1.0)


def _by_vectors(
    told: pl.DataFrame, vectors: NDArray[np.float32], found: pl.DataFrame, settings: MatchSettings
) -> pl.DataFrame:
    centred = _centred(vectors)
    platforms, has_text = told["platform"].to_numpy(), np.asarray(vectors.any(axis=1))
    sides = found.select(_PAIR).to_numpy()
    parts = [pl.DataFrame(schema={name: _FOUND[name] for name in (*_PAIR, "confidence")})]
    for pair in combinations(sorted(set(platforms)), 2):
        free = has_text.copy()
        free[sides[(platforms[sides] == pair).all(axis=1)].ravel()] = False
        left, right = (np.flatnonzero(free & (platforms == one)) for one in pair)
        near = mutual_nearest(centred[left], centred[right], settings.cosine, settings.lead / 10)
        close = np.clip((near.cosine - settings.cosine) / (1 - settings.cosine), 0, 1)
        sure = _BY_VECTORS * (1 + close) / 2 * (1 + np.clip(near.lead / settings.lead, 0, 1)) / 2
        parts.append(pl.DataFrame({"row": left[near.left], "other": right[near.right], "confidence": sure}))
    scored = _beside(pl.concat(parts), told).filter(~_contradicted() & ~_differ("numbers"))
    confidence = pl.col("confidence") * _factor(_differ("medium"), 0.5)
    return _typed(scored.select(*_PAIR, how=pl.lit("vectors"), confidence=confidence), _FOUND)


def _centred(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit rows around their mean: encoders put all texts to one side, which makes every cosine high."""
    has_text = np.asarray(vectors.any(axis=1))
    if not has_text.any():
        return vectors
    moved = np.where(has_text[:, None], vectors - vectors[has_text].mean(axis=0), 0)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-12), dtype=np.float32)
