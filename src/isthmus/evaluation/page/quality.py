"""How good the lists are: everybody, with what is known, at what cost, with and without twins."""

import math

from isthmus.evaluation.page.writing import Page, cell, interval, percent
from isthmus.evaluation.plots.dots import Dot, DotRow, draw_dots
from isthmus.evaluation.plots.lines import Line, draw_lines
from isthmus.evaluation.plots.markup import element, escaped, number
from isthmus.evaluation.plots.scatter import Spot, draw_scatter
from isthmus.evaluation.results import Comparison, Figure, Report

__all__ = ["render_cost", "render_quality", "render_shots", "render_twins"]


def render_quality(page: Page, report: Report) -> str:
    """A dot and interval per model, and each against the best of the others."""
    metric = report.headline_metric
    rows = [
        DotRow(model, (_dot(report.figure(model, metric), model),), place)
        for place, model in enumerate(report.models)
    ]
    drawing = draw_dots(rows, f"{page.say('quality')}: {metric}")
    level = percent(report.level)
    return page.card("quality", drawing, *_comparisons(page, report), metric=metric, level=level)


def render_cost(page: Page, report: Report) -> str:
    """Quality against the seconds to fit; whoever stands on the line is beaten by nobody in both."""
    metric = report.headline_metric
    spots = []
    for place, model in enumerate(report.models):
        figure = report.figure(model, metric)
        spots.append(Spot(model, report.seconds(model)[0], figure.mean, figure.low, figure.high, place))
    drawing = draw_scatter(spots, page.say("cost_axis"), metric, page.say("cost"))
    cores, threads = report.machine.get("cores"), report.machine.get("threads")
    note = page.say("machine_threads", cores=cores, threads=threads) if threads else ""
    return page.card("cost", drawing, metric=metric, machine=note or page.say("machine", cores=cores))


def render_shots(page: Page, report: Report) -> str:
    """A line per model over the number of events that are left to the people."""
    metric = report.headline_metric
    lines = []
    for place, model in enumerate(report.models):
        found = [report.figure(model, metric, k=k) for k in report.ks]
        means, lows, highs = (tuple(getattr(f, end) for f in found) for end in ("mean", "low", "high"))
        lines.append(Line(model, means, lows, highs, place))
    drawing = draw_lines(report.ks, lines, page.say("shots_axis", target=report.target), page.say("shots"))
    legend = page.models(list(report.models))
    return page.card("shots", drawing, legend, metric=metric, target=report.target)


def render_twins(page: Page, report: Report) -> str:
    """Both figures of every model: without the test rows that have a twin in the past, and with them."""
    metric = report.headline_metric
    without, with_twins = page.say("without_twins"), page.say("with_twins")
    rows = [
        DotRow(
            model,
            (
                _dot(report.figure(model, metric, twins="without"), f"{model}, {without}"),
                _dot(report.figure(model, metric, twins="with"), f"{model}, {with_twins}", hollow=True),
            ),
            place,
        )
        for place, model in enumerate(report.models)
    ]
    chips = page.chip(without, "", "full"), page.chip(with_twins, "", "hollow")
    counts = {
        "pairs": f"{report.twins['pairs']:,}",
        "leaking": f"{report.twins['test_rows_with_a_twin']:,}",
        "rows": f"{report.twins['test_rows']:,}",
    }
    drawing = draw_dots(rows, page.say("twins"))
    return page.card("twins", drawing, element("ul", *chips, class_="legend"), **counts)


def _dot(figure: Figure, what: str, hollow: bool = False) -> Dot:
    return Dot(figure.mean, figure.low, figure.high, what, hollow)


def _comparisons(page: Page, report: Report) -> list[str]:
    rows = [
        _comparison_row(page, row)
        for row in report.comparisons
        if (row.metric, row.k, row.twins) == (report.headline_metric, None, report.headline)
    ]
    head = [page.say("model"), page.say("difference"), page.say("ratio")]
    return [page.table(head, rows, about=page.say("quality"))] if rows else []


def _comparison_row(page: Page, row: Comparison) -> str:
    against = page.say("against", model=row.against)
    ratio = number(row.ratio, 2)
    ratio_ends = "" if math.isnan(row.ratio) else interval(row.ratio_low, row.ratio_high, 2)
    return element(
        "tr",
        element("th", escaped(row.model), element("small", escaped(against)), scope="row"),
        cell(row.difference, small=interval(row.low, row.high)),
        cell(row.ratio, ratio, ratio_ends),
    )
