"""A simulated population for the demo world. No real person's behaviour is in it.

A simulated person has a few themes, leans to Chinese or English titles, and is active on two to five
platforms, where the same themes weigh a little differently. Items are drawn by theme, language and
popularity: there is something to find for a recommender that carries tastes across, and for one that only
counts.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from isthmus.demo.themes import PLATFORMS, THEMES, theme_shares
from isthmus.schema import EVENT, LINK, FloatArray, IntArray, conform

__all__ = ["END", "simulate"]

END = datetime(2026, 6, 30, tzinfo=UTC)
"""No simulated event is later."""
_SPAN_S = 730 * 86_400

_THEME_CONCENTRATION = 0.12  # of the Dirichlet: about two or three themes carry a person
_PLATFORM_CONCENTRATION = 6.0  # of the gamma factors: how alike a person's themes stay across platforms
_LANGUAGE_CONCENTRATION = 0.6  # below one, most people lean to one language
_PLATFORMS_ACTIVE = {2: 0.2, 3: 0.35, 4: 0.3, 5: 0.15}
_PICKS = (18, 30)  # items a person picks in total, before the ratings and purchases that follow
_OFF_TASTE = 0.01  # share of every item that is picked for no reason of taste
_TASTE_SHARPNESS = 1.5
_ZIPF = 0.7
_ZIPF_SHIFT = 4.0

_FIRST_KIND = {"books": "read", "films": "watch", "music": "play", "games": "play", "shop": "view"}
_THEN_KIND = {"books": "rate", "films": "rate", "shop": "purchase"}
_THEN_SHARE = 0.45  # how often a rating or a purchase follows, at an average match of taste


def simulate(
    items: pl.DataFrame, *, n_people: int = 600, rng: np.random.Generator | int | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Simulated events (columns of EVENT) and links (columns of LINK) of `n_people` people over `items`.

    People are called "sim-0001" and so on, on every platform. Each has about 25 to 40 events within the two
    years before `END`. The same `rng` seed gives the same frames.
    """
    rng = np.random.default_rng(rng)
    shares = theme_shares(items)
    tastes = rng.dirichlet(np.full(len(THEMES), _THEME_CONCENTRATION), size=n_people)  # (p, themes)
    chinese = rng.beta(_LANGUAGE_CONCENTRATION, _LANGUAGE_CONCENTRATION, size=n_people)
    n_picks = _share_out_picks(n_people, rng)  # (p, platforms)
    frames = []
    for column, platform in enumerate(PLATFORMS):
        here = np.flatnonzero((items["platform"] == platform).to_numpy())
        match = _lean(tastes, rng) @ shares[here].T  # (p, items here)
        appeal = (match + _OFF_TASTE) ** _TASTE_SHARPNESS
        appeal *= _popularity(here.size, rng)
        appeal *= _readable((items["language"][here] == "zh").to_numpy(), chinese)
        person, item = _draw(appeal, n_picks[:, column], rng)
        picked = pl.DataFrame({"person": person, "item_id": items["item_id"][here[item]]})
        frames.append(_happen(platform, picked, match[person, item], rng))
    events = pl.concat(frames).sort("occurred_at", "platform", "user_id", "item_id")
    accounts = events.select("user_id", "platform").unique().sort("user_id", "platform")
    links = accounts.select("platform", "user_id", person="user_id")
    return conform(events, EVENT), conform(links, LINK)


def _share_out_picks(n_people: int, rng: np.random.Generator) -> IntArray:
    """How many items each person picks on each platform, (p, platforms); zero where not active."""
    counts, odds = list(_PLATFORMS_ACTIVE), list(_PLATFORMS_ACTIVE.values())
    n_active = rng.choice(counts, size=n_people, p=odds)
    order = rng.random((n_people, len(PLATFORMS))).argsort(axis=1).argsort(axis=1)
    share = np.where(order < n_active[:, None], rng.gamma(4.0, size=order.shape), 0.0)
    total = rng.integers(*_PICKS, size=n_people, endpoint=True)
    picks = np.rint(total[:, None] * share / share.sum(axis=1, keepdims=True))
    return np.where(share > 0, np.maximum(picks, 2), 0).astype(np.int64)


def _lean(tastes: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The tastes as they show on one platform: the same themes, weighing a little differently."""
    leaning = tastes * rng.gamma(_PLATFORM_CONCENTRATION, size=tastes.shape)
    leaning /= leaning.sum(axis=1, keepdims=True)
    return np.asarray(leaning, dtype=np.float64)


def _popularity(n_items: int, rng: np.random.Generator) -> FloatArray:
    """Zipf's law over items in random order; the shift keeps the first from taking all."""
    rank = rng.permutation(n_items)
    return np.asarray((rank + _ZIPF_SHIFT) ** -_ZIPF, dtype=np.float64)


def _readable(is_chinese: np.ndarray, chinese: FloatArray) -> FloatArray:
    """How much each person takes to the language of each item, (p, items)."""
    return np.where(is_chinese[None, :], chinese[:, None], 1 - chinese[:, None]) + 0.1


def _draw(appeal: FloatArray, n_picks: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw items without replacement, in proportion to their appeal (Gumbel top-k): rows and columns."""
    noisy = np.log(appeal) + rng.gumbel(size=appeal.shape)
    best_first = np.argsort(-noisy, axis=1)
    person, place = np.nonzero(np.arange(appeal.shape[1])[None, :] < n_picks[:, None])
    return person, best_first[person, place]


def _happen(platform: str, picked: pl.DataFrame, match: FloatArray, rng: np.random.Generator) -> pl.DataFrame:
    """Picks become events: the first of its kind, and for some a rating or a purchase within a month."""
    n, at_s = len(match), rng.random(len(match)) * _SPAN_S
    value, unit = _amount(platform, n, rng)
    first = _as_events(platform, picked, _FIRST_KIND[platform], value, unit, at_s)
    if platform not in _THEN_KIND:
        return first
    liking = match / match.mean()
    then = rng.random(n) < np.minimum(_THEN_SHARE * (0.5 + liking / 2), 0.9)
    later = at_s + rng.random(n) * np.minimum(30 * 86_400, _SPAN_S - at_s)
    stars = np.clip(np.rint(2.8 + liking + rng.normal(0, 0.7, size=n)), 1, 5)
    value, unit = (stars, "rating") if _THEN_KIND[platform] == "rate" else (np.ones(n), "count")
    second = _as_events(platform, picked, _THEN_KIND[platform], value, unit, later)
    return pl.concat([first, second.filter(pl.Series(then))])


def _amount(platform: str, n: int, rng: np.random.Generator) -> tuple[FloatArray, str]:
    """Seconds of music (minutes) and of games (hours, heavy-tailed); once for everything else."""
    if platform == "music":
        return np.rint(rng.uniform(60, 420, size=n)), "seconds"
    if platform == "games":
        return np.rint(np.minimum(rng.lognormal(np.log(8 * 3600), 1.2, size=n), 2e6)), "seconds"
    return np.ones(n), "count"


def _as_events(
    platform: str, picked: pl.DataFrame, kind: str, value: FloatArray, unit: str, at_s: FloatArray
) -> pl.DataFrame:
    begin_s = int(END.timestamp()) - _SPAN_S
    return picked.select(
        platform=pl.lit(platform),
        user_id=pl.format("sim-{}", (pl.col("person") + 1).cast(pl.String).str.zfill(4)),
        item_id="item_id",
        kind=pl.lit(kind),
        value=pl.Series(value),
        unit=pl.lit(unit),
        occurred_at=pl.from_epoch(pl.Series(begin_s + at_s.astype(np.int64)), time_unit="s"),
    )
