"""From events to the weight of a (person, item) pair, DESIGN.md §1.

A pair's weight is the sum over kinds of  base(kind) * lift  where lift is

- for plays, seconds and counts, and for how often a kind occurred: 1/2 + the quantile of the pair's amount
  among all pairs of its platform and kind, so that 3,000 plays on one platform do not drown five purchases on
  another (mean 1, between 1/2 and 3/2);
- for ratings: 1 + slope * z/2, z the distance from the person's mean in standard deviations, cut at +-2;
- with a half-life, times 2^(-age / half-life), age counted from the newest event of the platform.
"""

from datetime import timedelta

import polars as pl

from isthmus.errors import SettingsError
from isthmus.schema import EVENT_KINDS
from isthmus.settings import WeightSettings

__all__ = ["share_devices", "weigh"]

_PAIR = ["person", "platform", "item_id"]


def weigh(events: pl.DataFrame, settings: WeightSettings | None = None) -> pl.DataFrame:
    """One row per (person, platform, item_id): `weight` (its sign counts) and `last` (UTC, null if unknown).

    `events` has the columns of EVENT and `person`; events without an item carry no weight and are left out.
    Raises SettingsError where a base weight names no kind.
    """
    settings = settings or WeightSettings()
    unknown = sorted(set(settings.base) - set(EVENT_KINDS))
    if unknown:
        raise SettingsError(
            f"weights.base has the unknown kind {unknown[0]!r}.", f"Kinds: {', '.join(EVENT_KINDS)}."
        )
    per_kind = _per_kind(events.filter(pl.col("item_id").is_not_null()))
    base = pl.col("kind").replace_strict(dict(settings.base), default=0.0, return_dtype=pl.Float64)
    weight = base * _lift(settings.rating_slope)
    if settings.half_life_days is not None:
        weight = weight * _decay(settings.half_life_days)
    return (
        per_kind.with_columns(weight=weight)
        .group_by(_PAIR, maintain_order=True)
        .agg(pl.col("weight").sum(), pl.col("last").max())
        .filter(pl.col("weight") != 0)
    )


def share_devices(events: pl.DataFrame, settings: WeightSettings | None = None) -> pl.DataFrame:
    """One row per (person, platform, item_id, device): `share`, the part of a pair done on a device, 0 to 1.

    `events` as in `weigh`. Each event counts the base weight of its kind, those against an item nothing. What
    was done on no known device has no row, so the shares of a pair add up to one or less.
    """
    settings = settings or WeightSettings()
    base = pl.col("kind").replace_strict(dict(settings.base), default=0.0, return_dtype=pl.Float64)
    counted = events.filter(pl.col("item_id").is_not_null()).select(
        *_PAIR, device=pl.col("context").struct.field("device"), amount=base.clip(lower_bound=0)
    )
    shares = counted.with_columns(share=pl.col("amount") / pl.col("amount").sum().over(_PAIR))
    known = shares.filter((pl.col("amount") > 0) & pl.col("device").is_not_null())
    return known.group_by([*_PAIR, "device"], maintain_order=True).agg(pl.col("share").sum())


def _per_kind(events: pl.DataFrame) -> pl.DataFrame:
    measured = pl.col("unit").is_in(["seconds", "count"]) & pl.col("value").is_not_null()
    in_time = events.sort("occurred_at", nulls_last=False, maintain_order=True)  # the last rating counts
    return in_time.group_by([*_PAIR, "kind"], maintain_order=True).agg(
        amount=pl.when(measured).then(pl.col("value")).otherwise(1.0).sum(),
        rating=pl.col("value").filter(pl.col("kind") == "rate").drop_nulls().last(),
        last=pl.col("occurred_at").max(),
    )


def _lift(rating_slope: float) -> pl.Expr:
    group = ["platform", "kind"]
    amount = pl.col("amount").log1p()
    quantile = (amount.rank("average").over(group) - 0.5) / pl.len().over(group)
    spread = pl.col("rating").std().over(["person", "platform"])
    distance = (pl.col("rating") - pl.col("rating").mean().over(["person", "platform"])) / spread
    z = pl.when(spread > 0).then(distance.clip(-2, 2)).otherwise(0.0).fill_null(0.0)
    return pl.when(pl.col("kind") == "rate").then(1 + rating_slope * z / 2).otherwise(0.5 + quantile)


def _decay(half_life_days: float) -> pl.Expr:
    age = (pl.col("last").max().over("platform") - pl.col("last")) / timedelta(days=half_life_days)
    return (-age.fill_null(0.0) * 0.6931471805599453).exp()
