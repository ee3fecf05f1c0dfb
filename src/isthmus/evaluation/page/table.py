"""All figures: a row per model, a column per metric, in any order."""

from isthmus.evaluation.page.writing import Page, cell, interval, percent
from isthmus.evaluation.plots.markup import element, escaped
from isthmus.evaluation.results import Report

__all__ = ["render_table"]


def render_table(page: Page, report: Report) -> str:
    """Means with intervals and seconds; below it what the metrics say."""
    head = [page.say("model"), *report.metrics, page.say("fit"), page.say("recommend")]
    best = {metric: report.best(metric) for metric in report.metrics}
    rows = []
    for model in report.models:
        cells = []
        for metric in report.metrics:
            found = report.figure(model, metric)
            is_best = best[metric] == model and found.mean == found.mean
            cells.append(
                cell(found.mean, small=interval(found.low, found.high), kind="best" if is_best else "")
            )
        cells += [cell(seconds, _seconds(seconds)) for seconds in report.seconds(model)]
        rows.append(element("tr", element("th", escaped(model), scope="row"), *cells))
    table = element("div", page.table(head, rows, about=page.say("table")), class_="figures")
    which = page.say(f"which_{report.headline}")
    return page.card("table", table, _meaning(page, report), level=percent(report.level), which=which)


def _meaning(page: Page, report: Report) -> str:
    entries = []
    for metric in report.metrics:
        name = metric.partition("@")[0]
        said = escaped(page.say(f"about_{name}"))
        entries.append(element("dt", escaped(metric)) + element("dd", said))
    return page.fold("meaning", element("dl", *entries))


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}" if value >= 0.001 else "< 0.001"
