"""Values that travel between the rooms: frames with fixed columns, then plain arrays.

Up to `dataset` a value is a polars frame with exactly the columns of `EVENT`, `ITEM` or `LINK`; from there on
it is a numpy array or a scipy sparse matrix inside one of the frozen classes below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.errors import InputError

__all__ = [
    "EVENT",
    "EVENT_KINDS",
    "ITEM",
    "LINK",
    "NO_ITEM",
    "NO_TIME",
    "REJECT",
    "Explanations",
    "FloatArray",
    "Forgotten",
    "IntArray",
    "ItemNums",
    "Query",
    "Recommendations",
    "Table",
    "UserNums",
    "conform",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ItemNums = IntArray
UserNums = IntArray

NO_ITEM = -1
"""Stands where a list is shorter than asked for, and in explanations for what no past item carries."""

NO_TIME = np.iinfo(np.int64).min
"""Stands where it is not known when something happened."""

EVENT_KINDS = (
    "view", "play", "read", "watch", "like", "dislike", "rate", "purchase", "cart", "save", "share",
    "comment", "follow", "search", "skip", "hide", "survey",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The columns of a frame, which of them a row cannot do without, and what an absent column becomes."""

    name: str
    columns: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> pl.Schema:
        """The columns as a polars schema."""
        return pl.Schema(self.columns)

    def empty(self) -> pl.DataFrame:
        """No rows, all columns."""
        return pl.DataFrame(schema=self.schema)


_UTC = pl.Datetime("us", "UTC")
_TEXT_LIST = pl.List(pl.String())

EVENT = Table(
    "event",
    {
        "event_id": pl.String(),
        "platform": pl.String(),
        "user_id": pl.String(),
        "item_id": pl.String(),
        "kind": pl.String(),
        "value": pl.Float64(),
        "unit": pl.String(),
        "occurred_at": _UTC,
        "text": pl.String(),
        "recommendation_id": pl.String(),
        "context": pl.Struct({"device": pl.String(), "scenario": pl.String()}),
    },
    required=("platform", "user_id"),
)
"""What a person did. `item_id` may be null for a search or a survey; `unit` is rating, seconds or count."""

ITEM = Table(
    "item",
    {
        "platform": pl.String(),
        "item_id": pl.String(),
        "title": pl.String(),
        "description": pl.String(),
        "creators": _TEXT_LIST,
        "categories": _TEXT_LIST,
        "tags": _TEXT_LIST,
        "language": pl.String(),
        "published_at": _UTC,
        "url": pl.String(),
        "hidden": pl.Boolean(),
        "extra": pl.String(),
    },
    required=("platform", "item_id"),
)
"""What can be recommended. `extra` is a JSON object; a `hidden` item is known but never
recommended (null: not said, so not hidden)."""

LINK = Table(
    "link",
    {"person": pl.String(), "platform": pl.String(), "user_id": pl.String()},
    required=("person", "platform", "user_id"),
)
"""(`platform`, `user_id`) belongs to `person`."""


REJECT = Table(
    "reject",
    {
        "file": pl.String(),
        "line": pl.Int64(),
        "field": pl.String(),
        "reason": pl.String(),
        "platform": pl.String(),
        "user_id": pl.String(),
        "raw": pl.String(),
    },
    required=("file", "reason"),
)
"""A row that could not be taken, and why; `raw` is the row as JSON, or the line of a broken file."""


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Give `frame` exactly the columns of `table`: absent ones take their defaults, the others their types.

    Raises InputError when a required column is absent, a column is unknown or a value has the wrong type.
    """
    missing = [name for name in table.required if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in table.columns]
    if missing or unknown:
        what = f"lacks the column {missing[0]!r}" if missing else f"has the unknown column {unknown[0]!r}"
        raise InputError(f"the {table.name} frame {what}", f"Its columns are: {', '.join(table.columns)}.")
    return frame.select(_column(frame, name, dtype, table) for name, dtype in table.columns.items())


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType, table: Table) -> pl.Series:
    default = table.defaults.get(name)
    if name not in frame.columns:
        return pl.Series(name, [default], dtype=dtype).new_from_index(0, frame.height)
    series = frame[name]
    if isinstance(dtype, pl.List) and series.dtype == pl.String:
        series = series.cast(dtype)
    if isinstance(dtype, pl.Datetime):
        series = _as_utc(series)
    try:
        series = series.cast(dtype)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"cannot read {name} as {dtype}: {error}", field=name) from error
    return series if default is None else series.fill_null(default)


def _as_utc(series: pl.Series) -> pl.Series:
    """Times without a zone are taken as UTC, whole numbers as seconds since 1970, text as ISO 8601."""
    if series.dtype.is_integer():
        return pl.from_epoch(series, time_unit="s").dt.replace_time_zone("UTC")
    if series.dtype == pl.String:
        return series.str.to_datetime(time_zone="UTC", time_unit="us", strict=True)
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is None:
        return series.dt.replace_time_zone("UTC")
    return series


@dataclass(frozen=True)
class Query:
    """Who asks, and from what a list may be made, in the item numbers a model was fitted on."""

    history: csr_array
    """What each person did, float64 (q, n_items): positive weights."""
    platform: int
    """Number of the platform to recommend from (the target)."""
    candidates: ItemNums
    """Items that may be recommended, (c,), ascending."""
    exclude_seen: bool = True
    """Whether items of the history are left out of the list."""
    times: csr_array | None = None
    """When each item of the history was last touched, int64 seconds since 1970, (q, n_items) with the pattern
    of `history`; None or NO_TIME where unknown."""
    blocked: csr_array | None = None
    """(q, n_items): non-zero for further items never shown to a person (hidden, disliked, given)."""
    taken: csr_array | None = None
    """(q, n_items): non-zero for items never shown since a person took the same thing on another platform.
    Unlike `blocked` it says nothing about what they like."""
    here: csr_array | None = None
    """Where a list is asked for on a device: the part of each past item that was done on it, 0 to 1, with the
    pattern of `history`. None: no device asks. Models see only `parts`."""
    elsewhere: float = 1.0
    """What the rest of the history counts where a device asks, 0 to 1."""

    def __len__(self) -> int:
        return int(self.history.shape[0])

    @property
    def leaning_history(self) -> csr_array:
        """`history` with what was not done on the asking device at its smaller weight, (q, n_items)."""
        if self.here is None:
            return self.history
        weights = self.elsewhere + (1 - self.elsewhere) * _or_all(self.here).data
        return csr_array(
            (self.history.data * weights, self.history.indices, self.history.indptr), shape=self.history.shape
        )

    def parts(self) -> list[tuple[float, Self]]:
        """Questions that no device asks, and weights: the scores of this one are the weighted sum of theirs.

        The whole history at `elsewhere`, and what was done on the asking device at the rest of one. For a
        model that is linear in the history that is `leaning_history`; for one that only asks what a person
        touched, or how much, it means the same. Whoever did nothing on the device has the whole history in
        both.
        """
        whole = replace(self, here=None, elsewhere=1.0)
        if self.here is None or self.elsewhere == 1:
            return [(1.0, whole)]
        device = _or_all(self.here)
        kept = device.data > 0
        history = _picked(self.history, self.history.data * device.data, kept)
        times = None if self.times is None else _picked(self.times, self.times.data, kept)
        on_device = replace(whole, history=history, times=times)
        parts = [(self.elsewhere, whole), (1 - self.elsewhere, on_device)]
        return parts if self.elsewhere > 0 else parts[1:]

    def barred(self) -> list[csr_array]:
        """(q, n_items) each: non-zero for items that a person must not be shown."""
        masks = [self.history if self.exclude_seen else None, self.blocked, self.taken]
        return [mask for mask in masks if mask is not None]

    def rows(self, start: int, stop: int) -> Self:
        """The same question for the people `start` to `stop`, so that many can be answered piece by piece."""
        return self.take(slice(start, stop))

    def take(self, people: slice | IntArray) -> Self:
        """The same question for some of the people, by their rows."""
        times = None if self.times is None else self.times[people]
        blocked = None if self.blocked is None else self.blocked[people]
        taken = None if self.taken is None else self.taken[people]
        here = None if self.here is None else self.here[people]
        return replace(
            self, history=self.history[people], times=times, blocked=blocked, taken=taken, here=here
        )


def _or_all(here: csr_array) -> csr_array:
    """The parts done on a device; all of it for people (rows) who did nothing there."""
    row = np.repeat(np.arange(here.shape[0]), np.diff(here.indptr))
    nothing = np.bincount(row, here.data, here.shape[0]) == 0
    return csr_array((np.where(nothing[row], 1.0, here.data), here.indices, here.indptr), shape=here.shape)


def _picked(matrix: csr_array, data: NDArray[Any], kept: NDArray[np.bool_]) -> csr_array:
    """`matrix` with `data` (nnz,) and only the entries marked in (nnz,) `kept`."""
    indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return csr_array((data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


@dataclass(frozen=True)
class Recommendations:
    """Ranked lists, best first: `item_nums` (q, n) with NO_ITEM and `scores` (q, n) with -inf where short."""

    item_nums: ItemNums
    scores: FloatArray


@dataclass(frozen=True)
class Explanations:
    """Why each asked item scores what it scores: the shares of one score add up to it.

    A share is a row of the four arrays of equal length (s,); `past_item` is NO_ITEM where a share rests on no
    past item (popularity, a constant).
    """

    scores: FloatArray
    """(q, m): the score of each asked item."""
    query_row: IntArray
    """(s,): whose share this is, 0..q-1."""
    position: IntArray
    """(s,): of which asked item, 0..m-1."""
    past_item: ItemNums
    """(s,): the item of the person's history that carries the share, or NO_ITEM."""
    component: IntArray
    """(s,): index into `components`."""
    share: FloatArray
    """(s,): how much of the score it carries."""
    components: tuple[str, ...]
    """Names a person understands: "read together", "same creator", "popular"."""


@dataclass(frozen=True)
class Forgotten:
    """The receipt of an erasure from a model."""

    n_users: int
    exact: bool
    """True where the model now equals one fitted without these people, to rounding."""
    how: Literal["subtracted", "refitted", "nothing kept"]
