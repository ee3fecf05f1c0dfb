"""The demo, step by step: what a newcomer would do, with the bundled exports and the bundled world."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from isthmus.demo.world import READER, copy_exports, load_items, load_population
from isthmus.engine import Progress, Silent
from isthmus.errors import NotAWorkspaceError, WorkspaceError
from isthmus.evaluation import (
    ListedItem,
    PersonList,
    Report,
    map_interests,
    measure_flow,
    render_report,
)
from isthmus.pipeline import (
    Answer,
    Imported,
    Saved,
    TextScore,
    Wish,
    Workspace,
    evaluate_models,
    fit_model,
    import_batches,
    item_frame,
    open_model,
    read_history,
    recommend,
    score_text,
)
from isthmus.sources import Batch, load_source
from isthmus.sources.base import make_batch
from isthmus.storage import storage_errors

__all__ = ["EXPORTS", "NEW_PLATFORMS", "TEXT", "Demo"]

EXPORTS = {"goodreads": "books", "spotify": "music", "netflix": "films"}
"""Sources of the reader's exports, and what their platforms are called here."""
NEW_PLATFORMS = ("games", "shop")
"""Where the reader is new."""
TEXT = "我想了解最新的科技新闻"
"""I would like to hear the latest news of technology."""
_MODELS = ("popularity", "content", "ease", "bridge")
_TARGET = "games"

_MARK = "demo:"
"""Every import of the demo is noted under a name that begins so."""
_OURS = {
    "events", "items", "links", "private", "rejects", "vectors", "models", "exports", "report.html", "lock",
    "isthmus.toml", "manifest.sqlite", "manifest.sqlite-wal", "manifest.sqlite-shm",
}  # fmt: skip
_FLOWING = 60
"""People whose lists are drawn as a flow between platforms."""


class Demo:
    """One run, in a workspace of its own; the steps are called in the order in which they stand here."""

    def __init__(self, workspace: Workspace, progress: Progress | None = None) -> None:
        self.workspace = workspace
        self.progress = progress or Silent()

    @classmethod
    def begin(cls, folder: Path, progress: Progress | None = None) -> Self:
        """Make the workspace; one that an earlier demo left, and nobody used since, is made anew.

        Raises WorkspaceError where anything else is in `folder`, StorageError.
        """
        _clear_earlier(folder)
        workspace = Workspace.create(folder)
        copy_exports(folder / "exports")
        return cls(workspace, progress)

    def import_exports(self) -> list[Imported]:
        """The reader's own exports, in the formats of their platforms."""
        folder = self.workspace.folder / "exports"
        sources = [load_source(name, user_id=READER, platform=on) for name, on in EXPORTS.items()]
        return [
            self._take(source.read(file), source.name, file.name)
            for source in sources
            for file in source.files([folder])
        ]

    def import_world(self) -> list[Imported]:
        """The catalogue, whose texts are richer than those of exports, and a simulated population."""
        events, links = load_population()
        events = events.with_columns(line=pl.int_range(1, pl.len() + 1))
        reader = pl.DataFrame({"person": READER, "platform": list(EXPORTS.values()), "user_id": READER})
        return [
            self._take([make_batch(items=load_items())], "bundled", "catalogue"),
            self._take([make_batch(events=events, links=links)], "simulated", "simulated population"),
            self._take([make_batch(links=reader)], "bundled", f"accounts of {READER}"),
        ]

    def fit(self) -> Saved:
        """Bridge, with its defaults."""
        return fit_model(self.workspace, "bridge", seed=0, progress=self.progress)

    def recommend(self, platform: str, n: int = 8) -> Answer:
        """What the reader may like on a platform, item by item with a reason."""
        wish = Wish(platform, n=n, explain=True)
        return recommend(self.workspace, [READER], wish, progress=self.progress)

    def score(self) -> TextScore:
        """The reader's interest in a sentence of Chinese."""
        return score_text(self.workspace, READER, TEXT, self.progress)

    def evaluate(self) -> Report:
        """How good lists of games are for people of the simulated population who are new there."""
        return evaluate_models(self.workspace, _MODELS, target=_TARGET, progress=self.progress)

    def write_report(self, report: Report, answers: list[Answer]) -> Path:
        """One page of HTML in the workspace: figures, interest map, flow between platforms, lists."""
        model, items, _ = open_model(self.workspace)
        encoder = self.workspace.encoder(self.progress)
        rows = item_frame(self.workspace.catalogue.read(), items)
        dataset = read_history(self.workspace, items, rows, encoder, with_features=True)
        reader = dataset.users.num(self.workspace.pseudonyms.person(READER))
        history = dataset.interactions[[reader]].indices.astype(np.int64)
        titles = tuple(dataset.features.titles[history].tolist())
        explained = {}
        with self.progress.track("Drawing the report", len(dataset.platforms)) as advance:
            for platform in dataset.platforms:
                query = dataset.query(range(min(_FLOWING, dataset.n_users)), platform)
                explained[platform] = model.explain(query, model.recommend(query, 10).item_nums)
                advance(1)
        page = render_report(
            report,
            title="Isthmus demo (simulated population)",
            interest_map=map_interests(dataset, history, answers[0].lists[0].item_nums, person=READER),
            flow=measure_flow(dataset, explained),
            people=[_as_person_list(answer, titles) for answer in answers],
        )
        file = self.workspace.folder / "report.html"
        with storage_errors(f"write {file}"):
            file.write_text(page, encoding="utf-8")
        return file

    def _take(self, batches: Iterable[Batch], source: str, name: str) -> Imported:
        return import_batches(
            self.workspace, batches, source=source, file=f"{_MARK}{name}", progress=self.progress
        )


def _as_person_list(answer: Answer, history: tuple[str, ...]) -> PersonList:
    listed = [
        ListedItem(str(answer.speaker.titles[num]), (answer.sentence(0, place),))
        for place, num in enumerate(answer.lists[0].item_nums.tolist())
    ]
    return PersonList(READER, answer.wish.platform, tuple(listed), history[:12])


def _clear_earlier(folder: Path) -> None:
    try:
        earlier = Workspace.open(folder)
    except NotAWorkspaceError:
        return
    foreign = [one.file for one in earlier.store.imports() if not one.file.startswith(_MARK)]
    strange = sorted({entry.name for entry in folder.iterdir()} - _OURS)
    if foreign or strange or not (folder / "exports").is_dir():
        what = f": {(foreign or strange)[0]}" if foreign or strange else ""
        raise WorkspaceError(
            f"{folder} holds more than the demo{what}; it was left as it is.",
            "Choose another folder: isthmus demo --workspace FOLDER",
        )
    with storage_errors(f"remove the earlier demo in {folder}"):
        shutil.rmtree(folder)
