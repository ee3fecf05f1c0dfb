"""Small synthetic worlds with a known right answer, for tests and for trying things out."""

import numpy as np
import polars as pl

from isthmus.dataset.dataset import Dataset
from isthmus.encoders import Encoder

__all__ = ["checkerboard"]

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
