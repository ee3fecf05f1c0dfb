"""What the event log says about how content people are: likes and dislikes, ratings, surveys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction.surveys import Satisfied, measure_csat, measure_nps
from isthmus.evaluation.significance import bootstrap_interval
from isthmus.schema import EVENT, conform

__all__ = ["MEASURES", "Feedback", "analyse_feedback"]

MEASURES = ("liked", "rating", "csat", "nps")
"""Share of likes among likes and dislikes; mean rating; surveys with the unit `csat` (1 to 5) and `nps`
(0 to 10)."""


@dataclass(frozen=True)
class Feedback:
    """One measure of one group of events."""

    group: tuple[str, ...]
    """Values of the columns that it was grouped by; "" where there is none."""
    measure: str
    found: Satisfied


def analyse_feedback(
    events: pl.DataFrame,
    by: Sequence[str] = ("platform",),
    *,
    level: float = 0.95,
    content: float = 4.0,
) -> tuple[Feedback, ...]:
    """Every measure that `events` (columns of EVENT; others are left out) can tell, per group of `by`.

    `by` names columns, also `device` and `scenario` of the context: grouped by scenario it tells two systems
    apart. A survey is an event of the kind `survey` whose unit is `csat` or `nps`. Intervals are over people:
    `user_id` of a platform. Raises InputError for a column that is not there and for answers off their scale.
    """
    known = [name for name in events.columns if name in EVENT.columns]
    frame = conform(events.select(known), EVENT).unnest("context")
    strange = [name for name in by if name not in frame.columns]
    if strange or not by:
        raise InputError(
            f"feedback cannot be grouped by {strange[0] if strange else 'nothing'!r}", field="by"
        )
    person = pl.concat_str(pl.col("platform"), pl.lit("\x1f"), pl.col("user_id")).rank("dense").cast(pl.Int64)
    frame = frame.with_columns(person=person, measure=_measure()).filter(pl.col("measure").is_not_null())
    groups = frame.with_columns(pl.col(name).cast(pl.String).fill_null("") for name in by)
    parts = groups.sort(*by).partition_by([*by, "measure"], as_dict=True, maintain_order=True)
    ordered = sorted(parts.items(), key=lambda part: (part[0][:-1], MEASURES.index(str(part[0][-1]))))
    return tuple(
        Feedback(tuple(map(str, key[:-1])), str(key[-1]), _find(str(key[-1]), part, level, content))
        for key, part in ordered
    )


def _measure() -> pl.Expr:
    """Which measure an event is of, if any."""
    kind, valued = pl.col("kind"), pl.col("value").is_not_null()
    asked = (kind == "survey") & valued & pl.col("unit").is_in(["csat", "nps"])
    return (
        pl.when(kind.is_in(["like", "dislike"]))
        .then(pl.lit("liked"))
        .when((kind == "rate") & valued)
        .then(pl.lit("rating"))
        .when(asked)
        .then(pl.col("unit"))
    )


def _find(measure: str, part: pl.DataFrame, level: float, content: float) -> Satisfied:
    person = part["person"].to_numpy()
    if measure == "liked":
        return measure_csat(
            (part["kind"] == "like").to_numpy().astype(float), content=1.0, level=level, person=person
        )
    values = part["value"].to_numpy()
    if measure == "csat":
        return measure_csat(values, content=content, level=level, person=person)
    if measure == "nps":
        return measure_nps(values, level=level, person=person)
    mean = bootstrap_interval(values, level=level, groups=person)
    return Satisfied(mean.mean, mean.low, mean.high, len(values), len(np.unique(person)))
