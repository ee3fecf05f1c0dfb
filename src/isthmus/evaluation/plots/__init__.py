"""Small drawings as inline SVG, one file each; colours come from the page, so light and dark both fit."""

from isthmus.evaluation.plots.dots import Dot, DotRow, draw_dots
from isthmus.evaluation.plots.flow import Flow, draw_flow, measure_flow
from isthmus.evaluation.plots.interest_map import InterestMap, draw_interest_map, map_interests
from isthmus.evaluation.plots.lines import Line, draw_lines
from isthmus.evaluation.plots.markup import element, escaped
from isthmus.evaluation.plots.scatter import Spot, draw_scatter

__all__ = [
    "Dot",
    "DotRow",
    "Flow",
    "InterestMap",
    "Line",
    "Spot",
    "draw_dots",
    "draw_flow",
    "draw_interest_map",
    "draw_lines",
    "draw_scatter",
    "element",
    "escaped",
    "map_interests",
    "measure_flow",
]
