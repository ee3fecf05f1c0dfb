"""Small synthetic worlds with a known right answer, for tests and for trying things out."""

import numpy as np
import polars as pl

from isthmus.dataset.dataset import Dataset
from isthmus.encoders import Encoder

__all__ = ["checkerboard", "household"]

_TOPICS = (("space", "rocket", "planet", "orbit"), ("garden", "flower", "soil", "seed"))


def checkerboard(
    n_people: int = 40,
    n_items: int = 20,
    *,
    shared: float = 1.0,
    hold_out: int = 0,
    encoder: Encoder | None = None,
) -> Dataset:
    """Two platforms, "here" and "there": person p likes the items whose number is even or odd as p is.

    Whoever likes even items here must be given even items there. `n_items` per platform; each person leaves
    out some of theirs, so that there is something right to recommend. The last `hold_out` people have no
    event "there"; only the first `shared` part of the people is known on both platforms. Titles of even and
    odd items speak of different topics, alike on both platforms.
    """
    person, item = np.meshgrid(np.arange(n_people), np.arange(n_items), indexing="ij")
    liked = (person % 2 == item % 2) & ((person + item // 2) % 4 != 0)
    frames = []
    for platform in ("here", "there"):
        known = np.ones(n_people, dtype=bool)
        if platform == "there":
            known = np.arange(n_people) < min(n_people - hold_out, round(shared * n_people))
        who, what = np.nonzero(liked & known[:, None])
        ids = pl.Series([f"p{number:03d}" for number in who])
        frames.append(pl.DataFrame({
            "platform": platform, "user_id": ids, "kind": "like",
            "item_id": [f"i{number:03d}" for number in what],
        }))  # fmt: skip
    events = pl.concat(frames)
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    return Dataset.from_frames(events, _catalogue(n_items), links, encoder=encoder)


def _catalogue(n_items: int) -> pl.DataFrame:
    rows = []
    for platform in ("here", "there"):
        for number in range(n_items):
            topic = _TOPICS[number % 2]
            title = f"The {topic[number // 2 % 4]} and the {topic[(number // 2 + 1) % 4]} {number}"
            rows.append({
                "platform": platform, "item_id": f"i{number:03d}", "title": title,
                "creators": [f"author {number % 2}"], "categories": [topic[0]],
            })  # fmt: skip
    return pl.DataFrame(rows)


_INTERESTS = {
    "programming": ("compiler", "python", "kernel", "database", "algorithm", "network"),
    "history": ("empire", "dynasty", "revolution", "castle", "archive", "treaty"),
    "children": ("dragon", "bedtime", "puppy", "fairy", "school", "adventure"),
    "cooking": ("noodle", "kitchen", "spice", "bread", "harvest", "market"),
    "crime": ("detective", "murder", "alibi", "inspector", "poison", "witness"),
    "nature": ("forest", "river", "glacier", "whale", "orchid", "mountain"),
    "music": ("piano", "orchestra", "guitar", "melody", "opera", "drummer"),
    "travel": ("island", "railway", "harbour", "desert", "journey", "lighthouse"),
}
_PICKS = {"computer": 9, "phone": 5, "tablet": 4}
"""Items a person picks on a device, on each platform."""
_ASTRAY = 0.15
"""Share of the picks that follow no interest."""


def household(
    n_people: int = 300, n_items: int = 240, *, seed: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Events with a device, items and links of people whose interests differ by device; all simulated.

    On two platforms, "books" and "films" with `n_items` each in eight categories, everybody has one interest
    on the computer, another on the phone, and on the tablet, which the person before or after them in the
    same household uses too, that of the household. Most is done on the computer, least on the tablet; one
    pick in seven follows no interest, and within a category some items are picked more often. The frames
    have columns of EVENT, ITEM and LINK; a seed, a world.
    """
    rng = np.random.default_rng(seed)
    n_interests = len(_INTERESTS)
    category = np.arange(n_items) % n_interests
    chance = (1 + np.arange(n_items) // n_interests) ** -0.7
    likes = rng.random((n_people, n_interests)).argsort(axis=1)[:, :3]  # computer, phone, tablet
    likes[1::2, 2] = likes[::2, 2][: n_people // 2]
    frames = []
    for platform in ("books", "films"):
        for column, (device, n_picks) in enumerate(_PICKS.items()):
            fits = category[None, :] == likes[:, [column]]
            appeal = np.where(fits, 1 - _ASTRAY, 0.0) / (n_items / n_interests) + _ASTRAY / n_items
            noisy = np.log(appeal * chance) + rng.gumbel(size=appeal.shape)
            picked = np.argsort(-noisy, axis=1)[:, :n_picks]
            frames.append(pl.DataFrame({
                "platform": platform, "kind": "like", "context": {"device": device, "scenario": None},
                "user_id": [f"p{person:03d}" for person in np.repeat(np.arange(n_people), n_picks)],
                "item_id": [f"i{item:03d}" for item in picked.ravel()],
            }))  # fmt: skip
    events = pl.concat(frames)
    accounts = events.select("platform", "user_id").unique(maintain_order=True)
    return events, _household_items(category), accounts.with_columns(person="user_id")


def _household_items(category: np.ndarray) -> pl.DataFrame:
    names = list(_INTERESTS)
    rows = []
    for platform, apart in (("books", 1), ("films", 2)):
        for number, of in enumerate(category):
            words, place = _INTERESTS[names[of]], number // len(names)
            first, second = words[place % 6], words[(place + apart) % 6]
            rows.append({
                "platform": platform, "item_id": f"i{number:03d}", "title": f"The {first} and the {second}",
                "categories": [names[of]],
            })  # fmt: skip
    return pl.DataFrame(rows)
