"""The dataset: people, items and what joins them, as numbers and sparse matrices."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset.features import ItemFeatures
from isthmus.dataset.ids import IdMap
from isthmus.dataset.weights import share_devices, weigh
from isthmus.encoders import Encoder, load_encoder
from isthmus.errors import InputError, UnknownNameError
from isthmus.schema import EVENT, ITEM, LINK, NO_TIME, IntArray, ItemNums, Query, UserNums, conform
from isthmus.settings import WeightSettings

__all__ = ["Dataset"]

D = TypeVar("D", bound="Dataset")

_KEY = pl.concat_str("platform", "item_id", separator="\x1f")


@dataclass(frozen=True)
class Dataset:
    """People x items in numbers. Every array is in user or item order and none is ever changed in place."""

    users: IdMap
    """People; one who is not linked is known as `platform:user_id`."""
    items: IdMap
    """Items under `item_key(platform, item_id)`."""
    platforms: tuple[str, ...]
    """Names in alphabetical order; a platform's number is its place here."""
    item_platform: IntArray
    """(n_items,): number of the platform an item is on."""
    interactions: csr_array
    """(n_users, n_items) float64: positive weights, canonical (sorted, no duplicates)."""
    times: IntArray
    """(nnz,) seconds since 1970 of the last event of each interaction, in its order; NO_TIME if unknown."""
    blocked: csr_array
    """(n_users, n_items): one where a person's events say no (hidden, disliked)."""
    hidden: NDArray[np.bool_]
    """(n_items,): items that are known but never recommended."""
    features: ItemFeatures
    devices: tuple[str, ...] = ()
    """Names in alphabetical order; empty where devices were not asked for, or events name none."""
    on_device: csr_array | None = None
    """(nnz, n_devices): the part of each interaction done on each device, in the order of `interactions`."""
    same: IntArray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    """(p, 2): numbers of items on two platforms that are known to be one thing, each pair once."""

    def __post_init__(self) -> None:
        """Raises InputError where `same` is no pairs of items of two platforms."""
        _check_same(self.same, self.item_platform)

    @classmethod
    def from_frames(
        cls,
        events: pl.DataFrame,
        items: pl.DataFrame | None = None,
        links: pl.DataFrame | None = None,
        *,
        encoder: Encoder | str | None = "use",
        weights: WeightSettings | None = None,
        known: IdMap | None = None,
        with_features: bool = True,
        devices: bool = False,
        same: pl.DataFrame | None = None,
    ) -> Self:
        """Count people and items of frames with the columns of EVENT, ITEM and LINK (absent ones: defaults).

        Items that only occur in events are taken too, without text. `encoder` is an encoder, a name for
        `load_encoder`, or None for no vectors. With `known` items keep the numbers they have there and new
        ones come behind. With `devices` it is kept on which device each interaction happened, so that lists
        can lean to the one that asks. `same` (the first four columns of MATCH) holds pairs of items that are
        one thing, such as those that `match_items` finds; pairs of unknown items are left out. Raises
        InputError for wrong columns, for a pair within one platform and, without `known`, for events that
        join no person to any item.
        """
        events = conform(events, EVENT)
        events = events.with_columns(kind=pl.col("kind").fill_null(_default_kind()))
        catalogue = conform(ITEM.empty() if items is None else items, ITEM)
        events = _with_person(events, conform(LINK.empty() if links is None else links, LINK))
        pairs = weigh(events, weights)
        if pairs.is_empty() and known is None:
            raise InputError("no event joins a person to an item", "Give events that have an item_id.")
        frame = _all_items(catalogue, pairs, known)
        if isinstance(encoder, str):
            encoder = load_encoder(encoder)
        features = ItemFeatures.build(frame, encoder) if with_features else ItemFeatures.absent(frame)
        dataset = _assemble(cls, pairs, frame, features)
        if same is not None:
            dataset = replace(dataset, same=_numbered(same, dataset.items))
        return _with_devices(dataset, share_devices(events, weights)) if devices else dataset

    @property
    def n_users(self) -> int:
        """How many people."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """How many items, of all platforms."""
        return len(self.items)

    @property
    def times_matrix(self) -> csr_array:
        """`times` as a matrix with the pattern of `interactions`."""
        matrix = self.interactions
        return csr_array((self.times, matrix.indices, matrix.indptr), shape=matrix.shape)

    def platform_num(self, name: str) -> int:
        """The number of a platform; raises UnknownNameError."""
        if name not in self.platforms:
            raise UnknownNameError("platform", name, self.platforms)
        return self.platforms.index(name)

    def candidates(self, platform: str) -> ItemNums:
        """Items of `platform` that may be recommended, ascending."""
        on_platform = self.item_platform == self.platform_num(platform)
        return np.flatnonzero(on_platform & ~self.hidden)

    def device_num(self, name: str) -> int:
        """The number of a device; raises UnknownNameError."""
        if name not in self.devices:
            hint = "" if self.devices else "No event names one: their column is context.device."
            raise UnknownNameError("device", name, self.devices, hint)
        return self.devices.index(name)

    def here(self, device: str) -> csr_array:
        """The part of each interaction done on `device`, with the pattern of `interactions`."""
        number, matrix = self.device_num(device), self.interactions
        assert self.on_device is not None  # a device has a number only where it was counted
        part = self.on_device[:, [number]].toarray().ravel()
        return csr_array((part, matrix.indices, matrix.indptr), shape=matrix.shape)

    def query(
        self,
        users: UserNums | Sequence[int],
        platform: str,
        *,
        exclude_seen: bool = True,
        device: str | None = None,
        elsewhere: float = 0.3,
    ) -> Query:
        """The question: what of `platform` for `users`, with what is known of them here as history.

        Asked on a `device` the lists lean to what was done on it: the rest of the history counts `elsewhere`
        times as much. Raises UnknownNameError for platform and device, InputError for `elsewhere` out of 0
        to 1.
        """
        if not 0 <= elsewhere <= 1:
            raise InputError(f"elsewhere lies between 0 and 1, not at {elsewhere:g}", field="elsewhere")
        rows = np.asarray(users, dtype=np.int64)
        return Query(
            history=self.interactions[rows],
            platform=self.platform_num(platform),
            candidates=self.candidates(platform),
            exclude_seen=exclude_seen,
            times=self.times_matrix[rows],
            blocked=self.blocked[rows],
            here=None if device is None else self.here(device)[rows],
            elsewhere=1.0 if device is None else elsewhere,
        )

    def without_users(self, users: UserNums) -> Self:
        """The same without these people; everybody else's number moves up, items keep theirs."""
        keep = np.setdiff1d(np.arange(self.n_users), users)
        row = np.repeat(np.arange(self.n_users), np.diff(self.interactions.indptr))
        return replace(
            self,
            users=IdMap(self.users.ids[keep]),
            interactions=self.interactions[keep],
            times=self.times_matrix[keep].data,
            blocked=self.blocked[keep],
            on_device=None if self.on_device is None else self.on_device[np.flatnonzero(np.isin(row, keep))],
        )

    def keeping(self, interactions: NDArray[np.bool_]) -> Self:
        """The same with only the interactions marked in (nnz,) `interactions`; people and items stay."""
        rows = np.repeat(np.arange(self.n_users), np.diff(self.interactions.indptr))[interactions]
        columns = self.interactions.indices[interactions]
        data = self.interactions.data[interactions]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=self.n_users))])
        matrix = csr_array((data, columns, indptr), shape=self.interactions.shape)
        on_device = None if self.on_device is None else self.on_device[np.flatnonzero(interactions)]
        return replace(self, interactions=matrix, times=self.times[interactions], on_device=on_device)

    def counts(self, platform: str) -> IntArray:
        """(n_users,): how many items of `platform` each person has touched."""
        on_platform = (self.item_platform == self.platform_num(platform)).astype(np.float64)
        ones = csr_array(
            (np.ones(self.interactions.nnz), self.interactions.indices, self.interactions.indptr),
            shape=self.interactions.shape,
        )
        return np.asarray(ones @ on_platform).astype(np.int64)


def _default_kind() -> pl.Expr:
    rated = pl.col("value").is_not_null() & pl.col("unit").fill_null("rating").eq("rating")
    return pl.when(rated).then(pl.lit("rate")).otherwise(pl.lit("view"))


def _with_person(events: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    links = links.unique(["platform", "user_id"], keep="first", maintain_order=True)
    joined = events.join(links, on=["platform", "user_id"], how="left", maintain_order="left")
    alone = pl.concat_str("platform", "user_id", separator=":")
    return joined.with_columns(person=pl.col("person").fill_null(alone))


def _all_items(catalogue: pl.DataFrame, pairs: pl.DataFrame, known: IdMap | None) -> pl.DataFrame:
    """One row per item, catalogue first, then those only events name; `known` ones in their old order."""
    seen = pairs.select("platform", "item_id").unique(maintain_order=True)
    bare = seen.join(catalogue, on=["platform", "item_id"], how="anti", maintain_order="left")
    frame = pl.concat([catalogue, conform(bare, ITEM)]).with_columns(key=_KEY)
    frame = frame.unique("key", keep="last", maintain_order=True)
    if known is not None:
        old = pl.DataFrame({"key": pl.Series(known.ids.tolist(), dtype=pl.String)})
        parts = old["key"].str.split_exact("\x1f", 1)
        old = old.with_columns(
            platform=parts.struct.field("field_0"), item_id=parts.struct.field("field_1"), hidden=pl.lit(True)
        )
        gone = old.join(frame, on="key", how="anti").drop("key")
        frame = pl.concat([frame, conform(gone, ITEM).with_columns(key=_KEY)])
        new = frame.join(old, on="key", how="anti", maintain_order="left")
        frame = pl.concat(
            [old.select("key").join(frame, on="key", maintain_order="left").select(frame.columns), new]
        )
    return frame


def _assemble(cls: type[D], pairs: pl.DataFrame, frame: pl.DataFrame, features: ItemFeatures) -> D:
    platforms = tuple(sorted(frame["platform"].unique().to_list()))
    users = IdMap(np.array(pairs["person"].unique().sort().to_list(), dtype=object))
    items = IdMap(np.array(frame["key"].to_list(), dtype=object))
    numbered = pairs.with_columns(
        user_num=pl.Series(users.nums_of_column(pairs["person"])),
        item_num=pl.Series(items.nums_of_column(pairs.select(_KEY.alias("key"))["key"])),
        seconds=pl.col("last").dt.epoch("s").fill_null(NO_TIME),
    ).sort("user_num", "item_num")
    shape = (len(users), len(items))
    liked = numbered.filter(pl.col("weight") > 0)
    interactions = _matrix(liked["weight"].to_numpy(), liked, shape)
    refused = numbered.filter(pl.col("weight") < 0)
    return cls(
        users=users,
        items=items,
        platforms=platforms,
        item_platform=np.searchsorted(np.array(platforms, dtype=object), frame["platform"].to_numpy()).astype(
            np.int64
        ),
        interactions=interactions,
        times=liked["seconds"].to_numpy(),
        blocked=_matrix(np.ones(refused.height), refused, shape),
        hidden=frame["hidden"].fill_null(value=False).to_numpy(),
        features=features,
    )


def _with_devices(dataset: D, shares: pl.DataFrame) -> D:
    """The same with the rows of `share_devices` laid beside its interactions."""
    devices = tuple(shares["device"].unique().sort())
    users = dataset.users.nums_of_column(shares["person"])
    items = dataset.items.nums_of_column(shares.select(_KEY.alias("key"))["key"])
    rows = np.repeat(np.arange(dataset.n_users), np.diff(dataset.interactions.indptr))
    # Interactions are sorted, so that their cells are; shares of refused items have none.
    cells = rows * dataset.n_items + dataset.interactions.indices
    asked = users * dataset.n_items + items
    place = np.searchsorted(cells, asked)
    found = (users >= 0) & (items >= 0) & (np.append(cells, -1)[place] == asked)
    column = shares["device"].cast(pl.Enum(devices)).to_physical().to_numpy().astype(np.int64)
    triples = (shares["share"].to_numpy()[found], (place[found], column[found]))
    return replace(dataset, devices=devices, on_device=csr_array(triples, shape=(len(cells), len(devices))))


def _numbered(same: pl.DataFrame, items: IdMap) -> IntArray:
    """(p, 2): pairs of outside ids as numbers, the lower one first, ascending."""
    sides = (("platform", "item_id"), ("other_platform", "other_item_id"))
    missing = [name for side in sides for name in side if name not in same.columns]
    if missing:
        raise InputError(f"the frame of same items lacks the column {missing[0]!r}", field=missing[0])
    keys = [same.select(pl.concat_str(side, separator="\x1f").alias("key"))["key"] for side in sides]
    pairs = np.column_stack([items.nums_of_column(key) for key in keys])
    known = np.sort(pairs[(pairs >= 0).all(axis=1)], axis=1)
    return np.asarray(np.unique(known, axis=0), dtype=np.int64)


def _check_same(same: IntArray, item_platform: IntArray) -> None:
    if same.ndim != 2 or same.shape[1] != 2:
        raise InputError(f"pairs of same items have the shape (p, 2), not {same.shape}", field="same")
    if same.size and not 0 <= same.min() <= same.max() < len(item_platform):
        raise InputError(f"same items have numbers from 0 to {len(item_platform) - 1}", field="same")
    if (item_platform[same[:, 0]] == item_platform[same[:, 1]]).any():
        raise InputError("two same items are on one platform", "A pair joins two platforms.", field="same")


def _matrix(data: NDArray[np.float64], sorted_pairs: pl.DataFrame, shape: tuple[int, int]) -> csr_array:
    counts = np.bincount(sorted_pairs["user_num"].to_numpy(), minlength=shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((np.array(data), sorted_pairs["item_num"].to_numpy(), indptr), shape=shape)
