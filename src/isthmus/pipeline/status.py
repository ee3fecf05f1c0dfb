"""What a workspace holds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.items import item_text
from isthmus.pipeline.reading import all_items
from isthmus.pipeline.saved import list_models
from isthmus.pipeline.workspace import Workspace

__all__ = ["PlatformStatus", "Status", "count_without_text", "find_status"]


@dataclass(frozen=True)
class PlatformStatus:
    """What is known of one platform."""

    events: int
    people: int
    """Accounts with at least one event."""
    items: int
    """Of the catalogue."""
    links: int
    """Accounts that belong to a person."""
    without_text: int = 0
    """Items, of the catalogue or named by events only, of which nothing is told that an encoder could read.
    They can be recommended only through people who touched them, never by what they are about."""


@dataclass(frozen=True)
class Status:
    """What a workspace holds."""

    workspace: str
    events: int
    people: int
    """With at least one event; linked accounts are one."""
    items: int
    links: int
    platforms: Mapping[str, PlatformStatus]
    imports: int
    rejects: int
    """Rows that could not be taken, over all imports."""
    encoder: str
    vectors: Mapping[str, int]
    """Per encoder and revision, how many texts are encoded."""
    models: tuple[Mapping[str, Any], ...]
    """The one fitted last first: model, fitted_at, seed, target, encoder, seconds, dataset."""
    size_bytes: int
    """Of all files in the folder."""

    def to_dict(self) -> dict[str, Any]:
        """The same in types that JSON has."""
        return asdict(self)


def find_status(workspace: Workspace) -> Status:
    """Count everything. Raises StorageError and WorkspaceError where something is damaged."""
    accounts = workspace.log.read(["platform", "user_id"]).group_by("platform", "user_id").len().collect()
    links = workspace.links.read()
    persons = accounts.join(links, on=["platform", "user_id"], how="left")
    alone = pl.concat_str("platform", "user_id", separator=":")
    platforms = _per_platform(workspace, accounts, links)
    imports = workspace.store.imports()
    return Status(
        workspace=str(workspace.folder),
        events=workspace.log.count(),
        people=persons.select(pl.coalesce("person", alone).n_unique()).item(),
        items=sum(one.items for one in platforms.values()),
        links=workspace.links.count(),
        platforms=platforms,
        imports=len(imports),
        rejects=sum(one.counts.get("rejects", 0) for one in imports),
        encoder=workspace.settings.encoder.name,
        vectors=_vectors(workspace.folder / "vectors"),
        models=tuple(
            {"model": saved.model, "fitted_at": saved.fitted_at.isoformat(), **saved.about}
            for saved in list_models(workspace)
        ),
        size_bytes=sum(path.stat().st_size for path in workspace.folder.rglob("*") if path.is_file()),
    )


def count_without_text(workspace: Workspace) -> dict[str, int]:
    """Per platform that has any, how many items have no text, as `PlatformStatus.without_text` says."""
    items = all_items(workspace)
    bare = items.filter(item_text(items).is_null())
    return dict(bare.group_by("platform").len().sort("platform").iter_rows())


def _per_platform(
    workspace: Workspace, accounts: pl.DataFrame, links: pl.DataFrame
) -> dict[str, PlatformStatus]:
    events = accounts.group_by("platform").agg(events=pl.col("len").sum(), people=pl.len())
    items = workspace.catalogue.read().group_by("platform").agg(items=pl.len())
    linked = links.group_by("platform").agg(links=pl.len())
    bare = pl.DataFrame(
        list(count_without_text(workspace).items()),
        schema={"platform": pl.String(), "without_text": pl.UInt32()},
        orient="row",
    )
    told = pl.concat([events, items, linked, bare], how="diagonal")
    joined = told.group_by("platform").agg(pl.all().sum())
    wanted = ["events", "people", "items", "links", "without_text"]
    return {
        row["platform"]: PlatformStatus(**{name: int(row[name]) for name in wanted})
        for row in joined.sort("platform").to_dicts()
    }


def _vectors(folder: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for file in sorted(folder.glob("*/*.safetensors")):
        with file.open("rb") as stream:
            about = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        counts[file.parent.name] = counts.get(file.parent.name, 0) + int(about["keys"]["shape"][0])
    return counts
