"""Lines: how a figure grows with the number of events a person has left on the target."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.evaluation.plots.markup import colour_class, element, escaped, number, ticks

__all__ = ["Line", "draw_lines"]

_WIDTH, _HEIGHT = 480.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 18.0, 12.0, 46.0


@dataclass(frozen=True)
class Line:
    """A series: one mean with interval per x; `colour` is a number of the page's palette."""

    label: str
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    colour: int = 0
    dashed: bool = False


def draw_lines(xs: Sequence[object], lines: Sequence[Line], x_label: str, about: str) -> str:
    """The series over evenly spaced `xs` as SVG, each with its interval as a band."""
    ends = [end for line in lines for end in (*line.means, *line.highs) if math.isfinite(end)]
    marks = ticks(max(ends, default=1.0))
    axis = [_tick(mark, marks[-1]) for mark in marks]
    feet = [
        element("text", escaped(x), x=_x(place, len(xs)), y=_HEIGHT - 26, class_="tick", text_anchor="middle")
        for place, x in enumerate(xs)
    ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    foot = element("text", escaped(x_label), x=middle, y=_HEIGHT - 6, class_="tick", text_anchor="middle")
    drawn = [_band(line, marks[-1]) for line in lines] + [_series(line, xs, marks[-1]) for line in lines]
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return element("svg", *axis, *feet, foot, *drawn, viewBox=box, role="img", aria_label=about)


def _x(place: int, n: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((place + 0.5) / n)


def _y(value: float, top: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)


def _tick(mark: float, top: float) -> str:
    y = _y(mark, top)
    grid = element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
    return grid + element("text", f"{mark:.4g}", x=_LEFT - 8, y=y + 4, class_="tick", text_anchor="end")


def _band(line: Line, top: float) -> str:
    n = len(line.means)
    known = [
        place for place in range(n) if math.isfinite(line.lows[place]) and math.isfinite(line.highs[place])
    ]
    if len(known) < 2:
        return ""
    there = [(_x(place, n), _y(line.highs[place], top)) for place in known]
    back = [(_x(place, n), _y(line.lows[place], top)) for place in reversed(known)]
    corners = "L".join(f"{x:.2f} {y:.2f}" for x, y in there + back)
    return element("path", d=f"M{corners}Z", class_=f"band {colour_class(line.colour)}")


def _series(line: Line, xs: Sequence[object], top: float) -> str:
    n = len(line.means)
    known = [place for place in range(n) if math.isfinite(line.means[place])]
    points = [(_x(place, n), _y(line.means[place], top)) for place in known]
    kind = "series dashed" if line.dashed else "series"
    path = element("polyline", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in points), class_=kind)
    dots = []
    for place, (x, y) in zip(known, points, strict=True):
        said = f"{line.label}, {xs[place]}: {number(line.means[place])}"
        if math.isfinite(line.lows[place]):
            said += f" [{number(line.lows[place])}, {number(line.highs[place])}]"
        dots.append(element("circle", element("title", escaped(said)), cx=x, cy=y, r=4.0))
    return element(
        "g", path, *dots, class_=f"dot{' hollow' if line.dashed else ''} {colour_class(line.colour)}"
    )
