"""For whom and for which items the lists are good: a drawing per division, the figures folded away."""

from isthmus.evaluation.page.writing import Page, cell, interval
from isthmus.evaluation.plots.dots import Dot, DotRow, draw_dots
from isthmus.evaluation.plots.markup import colour_class, element, escaped
from isthmus.evaluation.results import GroupFigure, Report

__all__ = ["divisions", "render_groups"]

_DRAWN = 6
"""Models in one row of a drawing, the best ones; the table has them all."""


def divisions(report: Report) -> dict[str, list[str]]:
    """The groups of every division that has at least two."""
    found: dict[str, list[str]] = {}
    for figure in report.groups:
        names = found.setdefault(figure.by, [])
        if figure.group not in names:
            names.append(figure.group)
    return {by: names for by, names in found.items() if len(names) > 1}


def render_groups(page: Page, report: Report) -> str:
    """Drawings side by side, one legend, one table."""
    figures = {(str(figure.by), figure.group, figure.model): figure for figure in report.groups}
    metric = report.headline_metric
    order = sorted(report.models, key=lambda name: -_or_zero(report.figure(name, metric).mean))[:_DRAWN]
    drawn = [name for name in report.models if name in order]
    place = {name: number for number, name in enumerate(report.models)}
    blocks = []
    for by, names in divisions(report).items():
        rows = []
        for group in names:
            dots = [_dot(page, figures[by, group, model], place[model]) for model in drawn]
            rows.append(DotRow(_name(page, by, group), tuple(dots)))
        heading = element("h3", escaped(page.say(f"by_{by}", target=report.target)))
        about = f"{page.say('groups')}: {page.say(f'by_{by}', target=report.target)}"
        blocks.append(element("div", heading, draw_dots(rows, about)))
    chips = [page.chip(name, colour_class(place[name])) for name in drawn]
    legend = element("ul", *chips, class_="legend")
    content = element("div", *blocks, class_="blocks"), legend, _table(page, report)
    return page.card("groups", *content, metric=metric)


def _dot(page: Page, figure: GroupFigure, colour: int) -> Dot:
    what = f"{figure.model}, {_name(page, figure.by, figure.group)} ({figure.n:,})"
    return Dot(figure.mean, figure.low, figure.high, what, colour=colour)


def _name(page: Page, by: str, group: str) -> str:
    return page.say(f"items_{group}") if by == "items" else group


def _table(page: Page, report: Report) -> str:
    shown = divisions(report)
    rows = []
    for by, names in shown.items():
        for group in names:
            found = [one for one in report.groups if (one.by, one.group) == (by, group)]
            small = element("small", escaped(page.say(f"by_{by}", target=report.target)))
            head = element("th", escaped(_name(page, by, group)), small, scope="row")
            n = max(one.n for one in found)
            cells = [cell(one.mean, small=interval(one.low, one.high)) for one in found]
            rows.append(element("tr", head, cell(n, f"{n:,}"), *cells))
    head_row = [page.say("group"), page.say("lists"), *report.models]
    return page.fold("group_figures", page.table(head_row, rows, about=page.say("groups")))


def _or_zero(value: float) -> float:
    return value if value == value else 0.0
