"""The transfer flow: which platforms carry the scores of what is recommended, as bands from left to right."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.evaluation.plots.markup import colour_class, element, escaped
from isthmus.schema import NO_ITEM, Explanations, FloatArray

__all__ = ["Flow", "draw_flow", "measure_flow"]

_WIDTH, _HEIGHT = 480.0, 300.0
_BAR, _GAP, _LABEL = 12.0, 12.0, 104.0


@dataclass(frozen=True)
class Flow:
    """What carries what: `shares` (s, t) of all that is recommended, not negative, adding up to one."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    shares: FloatArray

    def __post_init__(self) -> None:
        if self.shares.shape != (len(self.sources), len(self.targets)):
            raise InputError(f"a flow of {len(self.sources)} to {len(self.targets)} needs as many shares")
        if not (np.isfinite(self.shares).all() and (self.shares >= 0).all()):
            raise InputError("the shares of a flow must be numbers of at least 0")


def measure_flow(
    dataset: Dataset, explained: Mapping[str, Explanations], everybody: str = "everybody"
) -> Flow:
    """Add up the shares of explained lists, per platform of the past items that carry them.

    `explained` maps a target platform to the explanation of its lists. Every recommended item counts the
    same; what rests on no past item (popularity) flows from `everybody`. Shares below zero are left out.
    """
    shares = np.zeros((len(dataset.platforms) + 1, len(explained)))
    for column, found in enumerate(explained.values()):
        carried = np.maximum(found.share, 0.0)
        item = found.query_row * found.scores.shape[1] + found.position
        total = np.bincount(item, carried, found.scores.size)
        part = carried / np.where(total > 0, total, 1.0)[item]
        nobody = found.past_item == NO_ITEM
        source = np.where(nobody, len(dataset.platforms), dataset.item_platform[found.past_item])
        shares[:, column] = np.bincount(source, part, len(shares))
    used = shares.sum(axis=1) > 0
    names = (*dataset.platforms, everybody)
    sources = tuple(name for name, is_used in zip(names, used, strict=True) if is_used)
    total_share = shares.sum()
    return Flow(sources, tuple(explained), shares[used] / (total_share if total_share > 0 else 1.0))


def draw_flow(flow: Flow, about: str, colours: Mapping[str, int] | None = None) -> str:
    """The bands as SVG; `colours` gives a name's number in the page's palette, by default its place."""
    palette = colours or {}
    total = float(flow.shares.sum())
    if not total > 0:
        return ""
    left, right = _stacked(flow.shares.sum(axis=1) / total), _stacked(flow.shares.sum(axis=0) / total)
    bands = []
    for source, name in enumerate(flow.sources):
        for target, other in enumerate(flow.targets):
            share = float(flow.shares[source, target]) / total
            if share > 0:
                start = left[source] + _scaled(flow.shares[source, :target].sum() / total, len(left))
                end = right[target] + _scaled(flow.shares[:source, target].sum() / total, len(right))
                thick = (_scaled(share, len(left)), _scaled(share, len(right)))
                said = f"{name} → {other}: {share:.1%}"
                bands.append(_band(start, end, thick, said, palette.get(name, source)))
    bars = [
        *_bars(flow.sources, flow.shares.sum(axis=1) / total, left, palette, on_left=True),
        *_bars(flow.targets, flow.shares.sum(axis=0) / total, right, palette, on_left=False),
    ]
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return element("svg", *bands, *bars, viewBox=box, role="img", aria_label=about)


def _scaled(share: float, n: int) -> float:
    return float(share) * (_HEIGHT - _GAP * (n + 1))


def _stacked(shares: FloatArray) -> list[float]:
    """Where each bar begins, from the top."""
    lengths = [_scaled(share, len(shares)) + _GAP for share in shares]
    return [_GAP + sum(lengths[:place]) for place in range(len(lengths))]


def _band(start: float, end: float, thick: tuple[float, float], said: str, colour: int) -> str:
    x0, x1 = _LABEL + _BAR, _WIDTH - _LABEL - _BAR
    middle = (x0 + x1) / 2
    low_start, low_end = start + thick[0], end + thick[1]
    path = (
        f"M{x0:.2f} {start:.2f}C{middle:.2f} {start:.2f} {middle:.2f} {end:.2f} {x1:.2f} {end:.2f}"
        f"V{low_end:.2f}C{middle:.2f} {low_end:.2f} {middle:.2f} {low_start:.2f} {x0:.2f} {low_start:.2f}Z"
    )
    return element("path", element("title", escaped(said)), d=path, class_=f"flow {colour_class(colour)}")


def _bars(
    names: tuple[str, ...],
    shares: FloatArray,
    starts: list[float],
    palette: Mapping[str, int],
    *,
    on_left: bool,
) -> list[str]:
    x = _LABEL if on_left else _WIDTH - _LABEL - _BAR
    at, anchor = (x - 8, "end") if on_left else (x + _BAR + 8, "start")
    drawn = []
    for place, (name, share, y) in enumerate(zip(names, shares, starts, strict=True)):
        height = max(_scaled(share, len(names)), 1.0)
        said = escaped(f"{name}: {share:.1%}")
        middle = y + height / 2
        drawn += [
            element("rect", element("title", said), x=x, y=y, width=_BAR, height=height, rx=3.0,
                    class_=f"bar {colour_class(palette.get(name, place))}"),
            element("text", escaped(name), x=at, y=middle + (0 if height > 24 else 4), text_anchor=anchor),
        ]  # fmt: skip
        if height > 24:
            drawn.append(
                element("text", f"{share:.0%}", x=at, y=middle + 15, class_="tick", text_anchor=anchor)
            )
    return drawn
