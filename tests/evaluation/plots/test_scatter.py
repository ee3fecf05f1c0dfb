"""Quality against cost: who is beaten by nobody, and labels that can be read."""

import math
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isthmus.evaluation.plots import Dot, DotRow, Spot, draw_dots, draw_scatter
from isthmus.evaluation.plots.scatter import find_unbeaten


def spot(label, cost, worth):
    return Spot(label, cost, worth, worth / 2, worth * 1.1)


def test_the_line_goes_through_whom_nobody_beats():
    cheap, beaten, better, dear = (
        spot("cheap", 0.01, 0.1), spot("beaten", 2.0, 0.3), spot("better", 1.0, 0.4), spot("dear", 50.0, 0.5),
    )  # fmt: skip
    assert find_unbeaten([dear, beaten, cheap, better]) == [cheap, better, dear]
    assert find_unbeaten([spot("a", 1.0, 0.2), spot("b", 1.0, 0.3)])[0].label == "b"


costs, worths = st.floats(1e-6, 1e5), st.floats(0, 1) | st.just(math.nan)


@given(st.lists(st.tuples(costs, worths), min_size=1, max_size=8))
def test_everything_stays_inside(values):
    spots = [spot(f"m{place}", cost, worth) for place, (cost, worth) in enumerate(values)]
    drawn = draw_scatter(spots, "seconds", "ndcg", "about")
    known = sum(not math.isnan(worth) for _, worth in values)
    assert drawn.count("<circle") == known
    for x, y in re.findall(r'cx="([^"]+)" cy="([^"]+)"', drawn):
        assert 52 <= float(x) <= 480
        assert 0 <= float(y) <= 290
    for place in range(len(values)):
        assert drawn.count(f">m{place}<") == (not math.isnan(values[place][1]))


def test_labels_of_spots_that_lie_together_do_not_lie_on_each_other():
    drawn = draw_scatter([spot("itemknn", 0.1, 0.42), spot("ease", 0.11, 0.41)], "s", "n", "about")
    boxes = [
        (float(x), float(y), float(x) + 7.2 * len(name))
        for x, y, name in re.findall(r'<text x="([^"]+)" y="([^"]+)" class="c\d">(\w+)<', drawn)
    ]
    (x0, y0, end0), (x1, y1, end1) = boxes
    assert abs(y0 - y1) >= 13 or end0 <= x1 or end1 <= x0


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_differences_stand_on_both_sides_of_zero(values):
    rows = [DotRow("s", (Dot(value, value - 0.1, value + 0.1, "s"),)) for value in values]
    drawn = draw_dots(rows, "about")
    ends = [float(x) for x in re.findall(r'\b(?:cx|x1|x2)="([^"]+)"', drawn)]
    assert np.min(ends) >= 0
    assert np.max(ends) <= 480
    assert ('class="grid zero"' in drawn) == (min(values) < 0.1)
