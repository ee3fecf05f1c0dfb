"""From the workspace to a dataset."""

import polars as pl

from isthmus.dataset import Dataset, IdMap
from isthmus.encoders import Encoder
from isthmus.errors import InputError
from isthmus.items import CERTAIN, Matches, clean
from isthmus.pipeline.workspace import Workspace
from isthmus.schema import ITEM, FloatArray, conform

__all__ = ["WEIGHED", "all_items", "item_frame", "past_of", "read_dataset", "read_history", "titles_of"]

WEIGHED = ("platform", "user_id", "item_id", "kind", "value", "unit", "occurred_at")
"""The columns of an event that a dataset is made of."""
_KEY = pl.concat_str("platform", "item_id", separator="\x1f")


def read_dataset(workspace: Workspace, encoder: Encoder | None, *, with_features: bool = True) -> Dataset:
    """Everybody and everything, with the certain matches of items of two platforms.

    Raises InputError where no event joins a person to an item.
    """
    if workspace.log.count() == 0:
        raise InputError(
            f"{workspace.folder} holds no events yet",
            f"Import some: isthmus import {workspace.folder} table FILES...",
        )
    return Dataset.from_frames(
        workspace.log.read(WEIGHED).collect(),
        workspace.catalogue.read(),
        workspace.links.read(),
        encoder=encoder,
        weights=workspace.settings.weights,
        with_features=with_features,
        same=Matches(workspace.store).read(CERTAIN),
    )


def read_history(
    workspace: Workspace,
    known: IdMap,
    items: pl.DataFrame,
    encoder: Encoder | None = None,
    *,
    with_features: bool = False,
    devices: bool = False,
) -> Dataset:
    """What everybody did with the items `known` to a model, in its numbers; without features it is quick.

    `items` are their rows (`item_frame`); with `devices` it is known on which device it was done.
    """
    columns = (*WEIGHED, "context") if devices else WEIGHED
    events = workspace.log.read(columns).collect()
    return Dataset.from_frames(
        events.join(items, on=["platform", "item_id"], how="semi", maintain_order="left"),
        items,
        workspace.links.read(),
        encoder=encoder,
        weights=workspace.settings.weights,
        known=known,
        with_features=with_features,
        devices=devices,
    )


def all_items(workspace: Workspace) -> pl.DataFrame:
    """The catalogue, then bare rows of what only events name. Columns of ITEM."""
    catalogue = workspace.catalogue.read()
    seen = workspace.log.read(["platform", "item_id"]).drop_nulls("item_id").unique().collect()
    bare = seen.join(catalogue, on=["platform", "item_id"], how="anti").sort("platform", "item_id")
    return pl.concat([catalogue, conform(bare, ITEM)])


def item_frame(catalogue: pl.DataFrame, known: IdMap) -> pl.DataFrame:
    """The rows of `catalogue` of the items `known`, in their order; bare ones of which it tells nothing."""
    parts = pl.DataFrame({"key": pl.Series(known.ids.tolist(), dtype=pl.String)}).select(
        pl.col("key").str.split_exact("\x1f", 1).struct.rename_fields(["platform", "item_id"])
    )
    asked = parts.unnest("key")
    told = asked.join(catalogue, on=["platform", "item_id"], how="left", maintain_order="left")
    return conform(told, ITEM)


def titles_of(items: pl.DataFrame) -> pl.Series:
    """The title of each of `items` (columns of ITEM); the id where there is none."""
    return clean(items["title"]).fill_null(items["item_id"]).alias("title")


def past_of(workspace: Workspace, key: str) -> tuple[pl.DataFrame, FloatArray]:
    """The items (columns of ITEM) that the person of this key touched, and the weight of each, not zero.

    Weights are those of the whole log, since they depend on what is usual on a platform.
    """
    dataset = Dataset.from_frames(
        workspace.log.read(WEIGHED).collect(),
        None,
        workspace.links.read(),
        encoder=None,
        weights=workspace.settings.weights,
        known=IdMap.of(()),
        with_features=False,
    )
    num = dataset.users.num(key)
    row = dataset.interactions[[max(num, 0)]] if dataset.n_users else dataset.interactions
    if num < 0 or row.nnz == 0:
        return ITEM.empty(), row.data[:0]
    return item_frame(workspace.catalogue.read(), IdMap(dataset.items.ids[row.indices])), row.data
