"""Lists of one platform for one person, several or everybody, from the model that was fitted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from isthmus.dataset import Dataset, IdMap, item_key
from isthmus.engine import Progress, Silent
from isthmus.errors import InputError, UnknownNameError
from isthmus.models import Scorer, load_model
from isthmus.pipeline.matching import same_items
from isthmus.pipeline.people import all_people, find_people
from isthmus.pipeline.reading import item_frame, read_history, titles_of
from isthmus.pipeline.saved import Saved, open_model
from isthmus.pipeline.workspace import Workspace
from isthmus.ranking import RankedList, Speaker, item_topics, ranked_lists, with_categories
from isthmus.ranking.reasons import Language
from isthmus.schema import ItemNums, Query
from isthmus.settings import RankingSettings

__all__ = ["RECOMMENDED", "Answer", "Wish", "recommend"]

RECOMMENDED = pl.Schema({
    "user": pl.String(), "platform": pl.String(), "item_id": pl.String(), "rank": pl.Int64(),
    "score": pl.Float64(),
})  # fmt: skip
"""The columns of `Answer.frame`; `rank` begins at 1."""

_LIKELY = 0.5
"""Reasons name matches of at least this confidence: below, they are more often wrong than right."""
_AT_ONCE = 2_000
"""People answered between two words to who wants to know how far it is."""


@dataclass(frozen=True)
class Wish:
    """What a list should be like."""

    platform: str
    n: int = 10
    categories: tuple[str, ...] = ()
    """Only items that bear one of these; empty: all."""
    exclude: tuple[str, ...] = ()
    """Ids of items of the platform that must not be in the list."""
    diversity: float | None = None
    """MMR trade-off; None: as the settings say, but 0 where the wish is for calibration."""
    calibration: float | None = None
    """How much a list keeps interests in proportion; None as with diversity."""
    device: str | None = None
    """The device that asks: lists lean to what a person did on it."""
    include_seen: bool = False
    repeats: bool = False
    """Also what is one with something the person took on another platform (`same_items`)."""
    explain: bool = False


@dataclass(frozen=True)
class Answer:
    """Lists, one per person asked about, in their order."""

    saved: Saved
    """The model that made them."""
    wish: Wish
    users: tuple[str, ...]
    """As they were asked for."""
    lists: tuple[RankedList, ...]
    """One per user; equal people share one."""
    causes: tuple[str | None, ...]
    """Per user, why the list shows what is popular instead, if it does."""
    notes: tuple[str, ...]
    """What a person should know of all lists."""
    items: IdMap
    speaker: Speaker
    """Says reasons; titles in item numbers."""
    n_known: int
    """Items of the workspace that the model knows."""

    def frame(self) -> pl.DataFrame:
        """All lists, one row per item, with the columns of RECOMMENDED."""
        lengths = np.array([len(one.item_nums) for one in self.lists], dtype=np.int64)
        nums = np.concatenate([np.zeros(0, np.int64), *(one.item_nums for one in self.lists)])
        scores = np.concatenate([np.zeros(0), *(one.scores for one in self.lists)])
        start = np.repeat(np.cumsum(lengths) - lengths, lengths)
        users = pl.Series(self.users, dtype=pl.String).gather(np.repeat(np.arange(len(lengths)), lengths))
        ids = pl.Series(self.items.ids.tolist(), dtype=pl.String).gather(nums)
        return pl.DataFrame(
            {
                "user": users,
                "platform": pl.Series([self.wish.platform], dtype=pl.String).new_from_index(0, len(nums)),
                "item_id": ids.str.split_exact("\x1f", 1).struct.field("field_1"),
                "rank": np.arange(len(nums)) - start + 1,
                "score": scores,
            },
            schema=RECOMMENDED,
        )

    def item_id(self, num: int) -> str:
        """The outside id of an item number."""
        return str(self.items.ids[num]).partition("\x1f")[2]

    def sentence(self, position: int, place: int, language: Language = "en") -> str:
        """Why the item at `place` is in the list at `position`; "" where no reasons were asked for."""
        reasons = self.lists[position].reasons
        return self.speaker.sentence(reasons[place], language) if reasons else ""


def recommend(
    workspace: Workspace,
    users: Sequence[str] | None,
    wish: Wish,
    *,
    model: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Lists for `users` (`platform:id` or linked persons; None: everybody) with `model` (None: last fitted).

    Whoever is not known gets what is popular, and the answer says so. Raises NotFittedError without a model,
    UnknownNameError for a platform, device, category or item to exclude, InputError for a wish out of range.
    """
    _check(wish)
    progress = progress or Silent()
    fitted, items, saved = open_model(workspace, model)
    settings = _settings(workspace, wish)
    rearranged = settings.diversity > 0 or settings.calibration > 0
    encoder = workspace.encoder(progress) if rearranged else None
    catalogue = workspace.catalogue.read()
    rows = item_frame(catalogue, items)
    dataset = read_history(
        workspace, items, rows, encoder,
        with_features=rearranged or bool(wish.categories), devices=wish.device is not None,
    )  # fmt: skip
    _check_platform(workspace, wish.platform, dataset, saved)
    users, keys = _asked(workspace, users, dataset)
    nums = np.array([-1 if key is None else dataset.users.num(key) for key in keys], dtype=np.int64)
    repeats = None if wish.repeats or wish.include_seen else same_items(workspace, dataset.items)
    same = same_items(workspace, dataset.items, _LIKELY) if wish.explain else None
    lists = _Asking(settings, dataset, fitted, wish, repeats, same).lists(nums, progress)
    return Answer(
        saved=saved,
        wish=wish,
        users=tuple(users),
        lists=tuple(lists),
        causes=tuple(_cause(one, key, dataset) for one, key in zip(lists, keys, strict=True)),
        notes=_notes(workspace, wish, catalogue, dataset.items) + _device_notes(dataset, wish, nums),
        items=items,
        speaker=Speaker(titles_of(rows).to_numpy(), dataset.platforms),
        n_known=len(items),
    )


def _asked(
    workspace: Workspace, users: Sequence[str] | None, dataset: Dataset
) -> tuple[list[str], list[str | None]]:
    """The names of who is asked for and their keys; None: everybody."""
    if users is None:
        everybody = all_people(workspace, dataset.users.ids.tolist())
        return list(everybody), list(everybody.values())
    return list(users), find_people(workspace, users)["key"].to_list()


class _Asking:
    """One wish, put to a model for any number of people."""

    def __init__(
        self,
        settings: RankingSettings,
        dataset: Dataset,
        model: Scorer,
        wish: Wish,
        repeats: csr_array | None,
        same: csr_array | None,
    ) -> None:
        self.settings, self.dataset, self.model, self.wish = settings, dataset, model, wish
        self.repeats, self.same = repeats, same
        self.topics = None
        if settings.calibration:
            candidates = dataset.candidates(wish.platform)
            self.topics = item_topics(dataset.features, dataset.interactions, candidates)
        self.popular = load_model("popularity").fit(dataset)
        self.only = with_categories(dataset.features, wish.categories) if wish.categories else None
        self.exclude = _excluded(dataset, wish)

    def lists(self, nums: ItemNums, progress: Progress) -> list[RankedList]:
        """A list for each person number, in order; all who are unknown (-1) share one."""
        known = np.flatnonzero(nums >= 0)
        found: dict[int, RankedList] = {}
        with progress.track(f"Recommending from {self.wish.platform}", len(known)) as advance:
            for start in range(0, len(known), _AT_ONCE):
                part = known[start : start + _AT_ONCE]
                query = self.dataset.query(
                    nums[part],
                    self.wish.platform,
                    exclude_seen=not self.wish.include_seen,
                    device=self.wish.device,
                    elsewhere=self.settings.elsewhere,
                )
                found |= zip(part.tolist(), self._ask(_without_repeats(query, self.repeats)), strict=True)
                advance(len(part))
        if len(known) < len(nums):
            stranger = self._ask(self._of_nobody())[0]
            found |= dict.fromkeys(np.flatnonzero(nums < 0).tolist(), stranger)
        return [found[place] for place in range(len(nums))]

    def _ask(self, query: Query) -> list[RankedList]:
        vectors = self.dataset.features.vectors
        return ranked_lists(
            self.model,
            query,
            self.wish.n,
            popular=self.popular,
            item_platform=self.dataset.item_platform,
            settings=self.settings,
            vectors=vectors if vectors.shape[1] else None,
            topics=self.topics,
            exclude=self.exclude,
            only=self.only,
            explain=self.wish.explain,
            same=self.same,
        )

    def _of_nobody(self) -> Query:
        return Query(
            history=csr_array((1, self.dataset.n_items), dtype=np.float64),
            platform=self.dataset.platform_num(self.wish.platform),
            candidates=self.dataset.candidates(self.wish.platform),
        )


def _check(wish: Wish) -> None:
    if wish.n < 1:
        raise InputError(f"a list needs a length of at least 1, not {wish.n}", field="n")
    if wish.diversity is not None and not 0 <= wish.diversity <= 1:
        raise InputError(f"diversity lies between 0 and 1, not at {wish.diversity:g}", field="diversity")
    if wish.calibration is not None and not 0 <= wish.calibration <= 1:
        raise InputError(
            f"calibration lies between 0 and 1, not at {wish.calibration:g}", field="calibration"
        )


def _settings(workspace: Workspace, wish: Wish) -> RankingSettings:
    """Those of the workspace with what the wish says; of diversity and calibration a wish for one wins."""
    ranking = workspace.settings.ranking
    diversity, calibration = wish.diversity, wish.calibration
    if diversity is None:
        diversity = 0.0 if calibration else ranking.diversity
    if calibration is None:
        calibration = 0.0 if wish.diversity else ranking.calibration
    return replace(ranking, diversity=diversity, calibration=calibration)


def _check_platform(workspace: Workspace, platform: str, dataset: Dataset, saved: Saved) -> None:
    if platform in dataset.platforms:
        return
    of_items = workspace.catalogue.read()["platform"]
    of_events = workspace.log.read(["platform"]).unique().collect()["platform"]
    if platform in {*of_items.unique(), *of_events}:
        raise UnknownNameError(
            f"platform in the model {saved.model}",
            platform,
            hint=f"It came in after that was fitted: isthmus fit {workspace.folder} --model {saved.model}",
        )
    raise UnknownNameError("platform", platform, dataset.platforms)


def _excluded(dataset: Dataset, wish: Wish) -> ItemNums:
    nums = dataset.items.nums(item_key(wish.platform, id_) for id_ in wish.exclude)
    if (nums < 0).any():
        raise UnknownNameError(f"item of {wish.platform}", wish.exclude[int(np.argmin(nums))])
    return nums


def _without_repeats(query: Query, repeats: csr_array | None) -> Query:
    """Whatever a person touched elsewhere, liked or not, is not shown again under another name."""
    if repeats is None:
        return query
    touched = query.history if query.blocked is None else query.history + query.blocked
    return replace(query, taken=csr_array(abs(touched) @ repeats))


def _cause(one: RankedList, key: str | None, dataset: Dataset) -> str | None:
    if one.fallback is None:
        return None
    if key is None:
        where = dataset.platforms[one.fallback.platform]
        return f"Nobody of this name ever came in, so the list shows what is popular on {where}."
    return one.fallback.sentence(dataset.platforms)


def _notes(workspace: Workspace, wish: Wish, catalogue: pl.DataFrame, known: IdMap) -> tuple[str, ...]:
    told = catalogue.filter(pl.col("platform") == wish.platform)
    keys = told.select(pl.concat_str("platform", "item_id", separator="\x1f").alias("key"))["key"]
    n_new = int((known.nums_of_column(keys) < 0).sum())
    if not n_new:
        return ()
    are = "1 item of the catalogue came" if n_new == 1 else f"{n_new:,} items of the catalogue came"
    return (f"{are} in after the model was fitted: isthmus fit {workspace.folder} takes them in.",)


def _device_notes(dataset: Dataset, wish: Wish, nums: ItemNums) -> tuple[str, ...]:
    """Whose lists lean nowhere, since nothing they did is known to be of the device that asks."""
    known = nums[nums >= 0]
    if wish.device is None or len(known) == 0:
        return ()
    there = np.asarray(dataset.here(wish.device)[known].sum(axis=1)).ravel() > 0
    without = int(np.count_nonzero(~there))
    if without == 0:
        return ()
    if len(known) == 1:
        return (f"Nothing of this person is known from {wish.device}, so the list leans to no device.",)
    return (f"Of {without:,} people nothing is known from {wish.device}: their lists lean to no device.",)
