"""Scatter: what something is worth against what it costs, the cost on a logarithmic axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.evaluation.plots.markup import colour_class, element, escaped, number, ticks

__all__ = ["Spot", "draw_scatter", "find_unbeaten"]

_WIDTH, _HEIGHT = 480.0, 290.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 22.0, 26.0, 46.0
_LINE = 15.0
"""Height of a label."""
_LETTER = 7.2
"""Width of a letter, about."""


@dataclass(frozen=True)
class Spot:
    """A cost above 0 and a worth with its interval (nan: none); `colour` is a number of the palette."""

    label: str
    cost: float
    worth: float
    low: float
    high: float
    colour: int = 0


def draw_scatter(spots: Sequence[Spot], x_label: str, y_label: str, about: str) -> str:
    """The spots with their labels as SVG, and a line through those that nobody beats in both."""
    known = [spot for spot in spots if math.isfinite(spot.worth) and spot.cost > 0]
    marks = ticks(max((end for s in known for end in (s.worth, s.high) if math.isfinite(end)), default=1.0))
    powers = _powers([spot.cost for spot in known])
    below = any(spot.cost < 10.0 ** powers[0] for spot in known)
    axis = [_y_tick(mark, marks[-1]) for mark in marks]
    axis += [_x_tick(power, powers, below=below) for power in range(powers[0], powers[1] + 1)]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    axis += [
        element("text", escaped(x_label), x=middle, y=_HEIGHT - 6, class_="tick", text_anchor="middle"),
        element("text", escaped(y_label), x=6.0, y=12.0, class_="tick"),
    ]
    at = {spot.label: (_x(spot.cost, powers), _y(spot.worth, marks[-1])) for spot in known}
    edge = [at[spot.label] for spot in find_unbeaten(known)]
    line = element("polyline", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in edge), class_="frontier")
    dots = [_spot(spot, at[spot.label], marks[-1]) for spot in known]
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return element("svg", *axis, line, *dots, *_labels(known, at), viewBox=box, role="img", aria_label=about)


def find_unbeaten(spots: Sequence[Spot]) -> list[Spot]:
    """The spots to which none is both cheaper and worth at least as much, the cheapest first."""
    found: list[Spot] = []
    for spot in sorted(spots, key=lambda one: (one.cost, -one.worth)):
        if not found or spot.worth > found[-1].worth:
            found.append(spot)
    return found


def _powers(costs: Sequence[float]) -> tuple[int, int]:
    """Exponents of ten around all costs; what is below a thousandth stands at it."""
    if not costs:
        return 0, 1
    low = max(-3, math.floor(math.log10(min(costs)) + 1e-9))
    return low, max(low + 1, math.ceil(math.log10(max(costs)) - 1e-9))


def _x(cost: float, powers: tuple[int, int]) -> float:
    share = (math.log10(cost) - powers[0]) / (powers[1] - powers[0])
    return _LEFT + 14 + (_WIDTH - _LEFT - _RIGHT - 28) * max(0.0, share)


def _y(worth: float, top: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - worth / top)


def _y_tick(mark: float, top: float) -> str:
    y = _y(mark, top)
    grid = element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
    return grid + element("text", f"{mark:.4g}", x=_LEFT - 8, y=y + 4, class_="tick", text_anchor="end")


def _x_tick(power: int, powers: tuple[int, int], *, below: bool) -> str:
    x = _x(10.0**power, powers)
    grid = element("line", x1=x, x2=x, y1=_TOP, y2=_HEIGHT - _BOTTOM, class_="rule")
    written = f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
    if below and power == powers[0]:
        written = f"≤ {written}"
    return grid + element("text", written, x=x, y=_HEIGHT - 26, class_="tick", text_anchor="middle")


def _spot(spot: Spot, at: tuple[float, float], top: float) -> str:
    x, y = at
    said = f"{spot.label}: {number(spot.worth)}, {spot.cost:.3g} s"
    parts = [element("title", escaped(said))]
    if math.isfinite(spot.low) and math.isfinite(spot.high):
        ends = {"y1": _y(spot.low, top), "y2": _y(spot.high, top)}
        parts.append(element("line", x1=x, x2=x, **ends, class_="whisker"))
    return element(
        "g", *parts, element("circle", cx=x, cy=y, r=5.0), class_=f"dot {colour_class(spot.colour)}"
    )


def _labels(spots: Sequence[Spot], at: dict[str, tuple[float, float]]) -> list[str]:
    """A name beside every spot, on the side where it covers least."""
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in at.values()]
    drawn = []
    for spot in sorted(spots, key=lambda one: -one.worth):
        width = _LETTER * len(spot.label)
        box = min(_places(*at[spot.label], width), key=lambda one: _covered(one, taken))
        taken.append(box)
        name = element("text", escaped(spot.label), x=box[0], y=box[3] - 4, class_=colour_class(spot.colour))
        drawn.append(name)
    return drawn


_Box = tuple[float, float, float, float]


def _places(x: float, y: float, width: float) -> list[_Box]:
    """Where a label may stand: right, left, and further up or down on either side."""
    places = []
    for up in (0.0, -13.0, 13.0, -26.0, 26.0):
        top = y - _LINE / 2 + up
        places += [(x + 10, top, x + 10 + width, top + _LINE), (x - 10 - width, top, x - 10, top + _LINE)]
    return places


def _covered(box: _Box, taken: Sequence[_Box]) -> float:
    """How much of others, and of what lies outside of the drawing, a label would cover."""
    over = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )
    outside = max(0.0, _LEFT - box[0]) + max(0.0, box[2] - _WIDTH) + max(0.0, box[3] - (_HEIGHT - _BOTTOM))
    return over + 1e3 * outside + 1e3 * max(0.0, 14.0 - box[1])
