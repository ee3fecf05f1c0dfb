"""Dot and whisker: means and their intervals per row, on one axis that holds zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.evaluation.plots.markup import colour_class, element, escaped, number, ticks

__all__ = ["Dot", "DotRow", "draw_dots"]

_WIDTH, _LEFT, _RIGHT = 480.0, 112.0, 18.0
_ROW, _TOP, _BOTTOM = 34.0, 8.0, 30.0
_STEP = 9.5
"""From one dot of a row to the next."""


@dataclass(frozen=True)
class Dot:
    """A mean and its interval; `hollow` dots are the lesser figure of a row."""

    mean: float
    low: float
    high: float
    what: str
    """Shown when pointed at."""
    hollow: bool = False
    colour: int | None = None
    """A number of the page's palette; None: that of the row."""


@dataclass(frozen=True)
class DotRow:
    """A label and its dots, one below the other; `colour` is a number of the page's palette."""

    label: str
    dots: tuple[Dot, ...]
    colour: int = 0


def draw_dots(rows: Sequence[DotRow], about: str) -> str:
    """The rows from top to bottom as SVG; `about` is what a screen reader says of it."""
    ends = [end for row in rows for dot in row.dots for end in (dot.mean, dot.low, dot.high)]
    axis = _axis([end for end in ends if math.isfinite(end)])
    tops = [_TOP]
    for row in rows:
        tops.append(tops[-1] + max(_ROW, _STEP * len(row.dots) + 16))
    height = tops[-1] + _BOTTOM
    marks = [_tick(mark, axis, height) for mark in axis]
    drawn = [_row(row, (tops[place] + tops[place + 1]) / 2, axis) for place, row in enumerate(rows)]
    return element(
        "svg", *marks, *drawn, viewBox=f"0 0 {_WIDTH:.0f} {height:.0f}", role="img", aria_label=about
    )


def _axis(ends: Sequence[float]) -> list[float]:
    """Round values around all of `ends` and zero; the step is that of the longer side."""
    top, bottom = max(ends, default=1.0), -min(ends, default=0.0)
    if bottom <= 0:
        return ticks(top)
    step = ticks(max(top, bottom))[1]
    first, last = math.ceil(bottom / step - 1e-9), math.ceil(max(top, 0.0) / step - 1e-9)
    return [step * place for place in range(-first, max(last, 1) + 1)]


def _x(value: float, axis: Sequence[float]) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - axis[0]) / (axis[-1] - axis[0])


def _tick(mark: float, axis: Sequence[float], height: float) -> str:
    x = _x(mark, axis)
    kind = "grid zero" if mark == 0 and axis[0] < 0 else "grid"
    grid = element("line", x1=x, x2=x, y1=_TOP, y2=height - _BOTTOM, class_=kind)
    written = f"{mark:.4g}".replace("-", "−")
    return grid + element("text", written, x=x, y=height - _BOTTOM + 18, class_="tick", text_anchor="middle")


def _row(row: DotRow, y: float, axis: Sequence[float]) -> str:
    label = element("text", escaped(_shortened(row.label)), x=_LEFT - 12, y=y + 4.5, text_anchor="end")
    parts = [label, element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="rule")]
    first = y - _STEP * (len(row.dots) - 1) / 2
    for place, dot in enumerate(row.dots):
        if math.isfinite(dot.mean):
            colour = row.colour if dot.colour is None else dot.colour
            parts.append(_dot(dot, first + _STEP * place, axis, colour, small=len(row.dots) > 2))
    return element("g", *parts)


def _dot(dot: Dot, y: float, axis: Sequence[float], colour: int, *, small: bool) -> str:
    parts = [element("title", escaped(f"{dot.what}: {number(dot.mean)}"))]
    if math.isfinite(dot.low) and math.isfinite(dot.high):
        said = f"{dot.what}: {number(dot.mean)} [{number(dot.low)}, {number(dot.high)}]"
        parts = [
            element("title", escaped(said)),
            element("line", x1=_x(dot.low, axis), x2=_x(dot.high, axis), y1=y, y2=y, class_="whisker"),
        ]
    parts.append(element("circle", cx=_x(dot.mean, axis), cy=y, r=4.0 if small else 5.0))
    return element("g", *parts, class_=f"dot {colour_class(colour)}{' hollow' if dot.hollow else ''}")


def _shortened(label: str) -> str:
    return label if len(label) <= 14 else f"{label[:13]}…"
