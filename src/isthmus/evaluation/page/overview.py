"""Several evaluations on one page: who is best where, and what quality costs over all of them."""

import numpy as np

from isthmus.evaluation.page.writing import Page, bold, cell, interval
from isthmus.evaluation.plots.markup import element, escaped, number
from isthmus.evaluation.plots.scatter import Spot, draw_scatter
from isthmus.evaluation.results import Report
from isthmus.evaluation.study import Study

__all__ = ["render_overview", "render_skipped", "render_standings", "render_study_cost"]


def render_overview(page: Page, study: Study) -> str:
    """A row per evaluation, a column per model; the best stands out, its equals are marked."""
    rows = [_row(page, study, report, place) for place, report in enumerate(study.reports)]
    head = [page.say("scenario"), *study.models]
    table = page.table(head, rows, about=page.say("overview"))
    return page.card("overview", table, metric=study.reports[0].headline_metric)


def render_standings(page: Page, study: Study) -> str:
    """A row per model: how often it is best, surely so, or not to be told from the best."""
    rows = []
    for one in study.standings:
        counts = (cell(value, f"{value}") for value in (one.best, one.clear, one.tied))
        rows.append(element("tr", element("th", escaped(one.model), scope="row"), *counts))
    head = [page.say(key) for key in ("model", "best", "surely", "as_good")]
    table = page.table(head, rows, about=page.say("standings"))
    return page.card("standings", table, of=len(study.reports))


def render_study_cost(page: Page, study: Study) -> str:
    """Share of the best figure, averaged over the evaluations, against the mean seconds to fit."""
    spots = []
    for place, model in enumerate(study.models):
        of = [report for report in study.reports if model in report.models]
        shares = [_share(report, model) for report in of]
        seconds = float(np.mean([report.seconds(model)[0] for report in of]))
        spots.append(Spot(model, seconds, float(np.mean(shares)), min(shares), max(shares), place))
    drawing = draw_scatter(spots, page.say("cost_axis"), page.say("share_axis"), page.say("study_cost"))
    return page.card("study_cost", drawing, metric=study.reports[0].headline_metric)


def render_skipped(page: Page, study: Study) -> str:
    """Where nobody could be tested, and why."""
    entries = [
        element("li", bold(f"{one.protocol} · {one.target}"), element("span", escaped(one.why)))
        for one in study.skipped
    ]
    return page.card("skipped", element("ul", *entries, class_="verdicts"))


def _row(page: Page, study: Study, report: Report, place: int) -> str:
    metric = report.headline_metric
    best = report.best(metric)
    tied = report.tied(best)
    cells = []
    for model in study.models:
        found = report.figure(model, metric)
        kind = "best" if model == best else "tied" if model in tied else ""
        written = f"≈ {number(found.mean)}" if model in tied else ""
        cells.append(cell(found.mean, written, interval(found.low, found.high), kind))
    link = element("a", escaped(report.name), href=f"#{page.language}-{place}")
    people = page.say("scenario_lists", n=f"{report.figure(best, metric).n:,}")
    return element("tr", element("th", link, element("small", escaped(people)), scope="row"), *cells)


def _share(report: Report, model: str) -> float:
    metric = report.headline_metric
    top = report.figure(report.best(metric), metric).mean
    return report.figure(model, metric).mean / top if top > 0 else float("nan")
