"""Dot and whisker: a mean and its interval per row, on one axis that starts at zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.evaluation.plots.markup import element, escaped, number, ticks

__all__ = ["Dot", "DotRow", "draw_dots"]

_WIDTH, _LEFT, _RIGHT = 480.0, 112.0, 18.0
_ROW, _TOP, _BOTTOM = 34.0, 8.0, 30.0


@dataclass(frozen=True)
class Dot:
    """A mean and its interval; `hollow` dots are the lesser figure of a row."""

    mean: float
    low: float
    high: float
    what: str
    """Shown when pointed at."""
    hollow: bool = False


@dataclass(frozen=True)
class DotRow:
    """A label and its dots, one below the other; `colour` is a number of the page's palette."""

    label: str
    dots: tuple[Dot, ...]
    colour: int = 0


def draw_dots(rows: Sequence[DotRow], about: str) -> str:
    """The rows from top to bottom as SVG; `about` is what a screen reader says of it."""
    ends = [end for row in rows for dot in row.dots for end in (dot.mean, dot.high) if math.isfinite(end)]
    marks = ticks(max(ends, default=1.0))
    height = _TOP + _ROW * len(rows) + _BOTTOM
    axis = [_tick(mark, marks[-1], height) for mark in marks]
    drawn = [_row(row, _TOP + _ROW * (place + 0.5), marks[-1]) for place, row in enumerate(rows)]
    return element(
        "svg", *axis, *drawn, viewBox=f"0 0 {_WIDTH:.0f} {height:.0f}", role="img", aria_label=about
    )


def _x(value: float, top: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / top


def _tick(mark: float, top: float, height: float) -> str:
    x = _x(mark, top)
    grid = element("line", x1=x, x2=x, y1=_TOP, y2=height - _BOTTOM, class_="grid")
    label = element("text", f"{mark:.4g}", x=x, y=height - _BOTTOM + 18, class_="tick", text_anchor="middle")
    return grid + label


def _row(row: DotRow, y: float, top: float) -> str:
    label = element("text", escaped(_shortened(row.label)), x=_LEFT - 12, y=y + 4.5, text_anchor="end")
    parts = [label, element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="rule")]
    offset = 5.0 if len(row.dots) > 1 else 0.0
    for place, dot in enumerate(row.dots):
        if math.isfinite(dot.mean):
            parts.append(_dot(dot, y - offset + 2 * offset * place, top, row.colour))
    return element("g", *parts)


def _dot(dot: Dot, y: float, top: float, colour: int) -> str:
    parts = [element("title", escaped(f"{dot.what}: {number(dot.mean)}"))]
    if math.isfinite(dot.low) and math.isfinite(dot.high):
        said = f"{dot.what}: {number(dot.mean)} [{number(dot.low)}, {number(dot.high)}]"
        parts = [
            element("title", escaped(said)),
            element("line", x1=_x(dot.low, top), x2=_x(dot.high, top), y1=y, y2=y, class_="whisker"),
        ]
    parts.append(element("circle", cx=_x(dot.mean, top), cy=y, r=5.0))
    return element("g", *parts, class_=f"dot c{colour % 6}{' hollow' if dot.hollow else ''}")


def _shortened(label: str) -> str:
    return label if len(label) <= 14 else f"{label[:13]}…"
