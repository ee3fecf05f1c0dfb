"""The interest map: items on a plane by what their texts say, with one person's past and list among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.evaluation.plots.markup import colour_class, element, escaped
from isthmus.schema import NO_ITEM, FloatArray, IntArray, ItemNums

__all__ = ["InterestMap", "draw_interest_map", "map_interests"]

_WIDTH, _HEIGHT, _EDGE = 480.0, 400.0, 16.0


@dataclass(frozen=True)
class InterestMap:
    """Points of a plane. Arrays in point order."""

    xy: FloatArray
    """(n, 2): any scale."""
    platform: IntArray
    """(n,): index into `platforms`."""
    platforms: tuple[str, ...]
    titles: tuple[str, ...]
    role: tuple[str, ...]
    """(n,): "history", "recommended", or "" for the rest."""
    person: str = ""

    def __post_init__(self) -> None:
        n = len(self.titles)
        if self.xy.shape != (n, 2) or len(self.platform) != n or len(self.role) != n:
            raise InputError(f"a map of {n} titles needs as many points, platforms and roles")


def map_interests(
    dataset: Dataset,
    history: ItemNums,
    recommended: ItemNums,
    *,
    person: str = "",
    limit: int = 1200,
    rng: np.random.Generator | int | None = 0,
) -> InterestMap:
    """Items on the two directions in which the texts of all items differ most (pearson-1901).

    `history` and `recommended` are item numbers; NO_ITEM and items without text are left out, and of all
    others a random `limit` is shown. Raises InputError where fewer than three items have text.
    """
    vectors = dataset.features.vectors
    has_text = np.flatnonzero(dataset.features.has_text)
    if len(has_text) < 3:
        raise InputError("a map needs the texts of at least three items", "Fit with an encoder.")
    marked = np.zeros(dataset.n_items, dtype=np.int64)
    for role, items in enumerate((history, recommended), start=1):
        marked[items[items != NO_ITEM]] = role
    others = has_text[marked[has_text] == 0]
    shown = np.random.default_rng(rng).choice(others, min(limit, len(others)), replace=False)
    points = np.concatenate([np.sort(shown), has_text[marked[has_text] > 0]])
    mean = vectors[has_text].mean(axis=0)
    return InterestMap(
        xy=(vectors[points] - mean) @ _main_directions(vectors[has_text] - mean),
        platform=dataset.item_platform[points],
        platforms=dataset.platforms,
        titles=tuple(dataset.features.titles[points].tolist()),
        role=tuple(("", "history", "recommended")[role] for role in marked[points]),
        person=person,
    )


def draw_interest_map(found: InterestMap, about: str, roles: dict[str, str] | None = None) -> str:
    """The map as SVG, marked items on top; `roles` are the words for "history" and "recommended"."""
    words = roles or {}
    at = _fitted(found.xy)
    order = np.argsort([("", "history", "recommended").index(role) for role in found.role], kind="stable")
    drawn = []
    for point in order:
        role = found.role[point]
        said = [found.titles[point], found.platforms[found.platform[point]], words.get(role, role)]
        drawn.append(
            element(
                "circle",
                element("title", escaped(" · ".join(part for part in said if part))),
                cx=float(at[point, 0]),
                cy=float(at[point, 1]),
                r={"": 2.6, "history": 5.5, "recommended": 6.0}[role],
                class_=f"point {colour_class(int(found.platform[point]))} {role}".strip(),
            )
        )
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return element("svg", *drawn, viewBox=box, role="img", aria_label=about)


def _main_directions(centred: NDArray[Any]) -> FloatArray:
    """(d, 2): eigenvectors of the two largest eigenvalues, their sign fixed so that a map does not flip."""
    wide = centred.astype(np.float64)
    _, directions = np.linalg.eigh(wide.T @ wide)
    two = directions[:, :-3:-1] if directions.shape[1] > 1 else np.hstack([directions, 0 * directions])
    largest = two[np.abs(two).argmax(axis=0), np.arange(2)]
    return np.asarray(two * np.where(largest < 0, -1.0, 1.0))


def _fitted(xy: FloatArray) -> FloatArray:
    """The points in the drawing's units; a few outliers are drawn at the edge."""
    low, high = np.quantile(xy, [0.002, 0.998], axis=0) if len(xy) else (np.zeros(2), np.ones(2))
    share = np.clip((xy - low) / np.where(high > low, high - low, 1.0), 0, 1)
    return np.asarray(_EDGE + share * (np.array([_WIDTH, _HEIGHT]) - 2 * _EDGE))
