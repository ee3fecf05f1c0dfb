"""What a reader in a hurry takes along: who was asked, who is best, and how surely."""

import math

from isthmus.evaluation.page.writing import Page, bold, percent
from isthmus.evaluation.plots.markup import element, escaped, number
from isthmus.evaluation.results import Report
from isthmus.evaluation.study import Study

__all__ = ["render_headline", "render_lead", "render_study_headline"]


def render_lead(page: Page, report: Report) -> str:
    """Protocol, target, people and seeds in one line."""
    people = sum(split["test_people"] for split in report.splits)
    said = page.say(
        "lead",
        protocol=report.protocol,
        target=report.target,
        people=f"{people:,}",
        items=f"{report.dataset['platforms'][report.target]['items']:,}",
        seeds=", ".join(map(str, report.seeds)),
    )
    return element("p", escaped(said), class_="lead")


def render_headline(page: Page, report: Report) -> str:
    """The best model by the headline metric, and how far it is ahead of the next."""
    return element("p", _headline(page, report), class_="headline")


def render_study_headline(page: Page, study: Study) -> str:
    """Of all evaluations: the model that is best most often, and in how many of them surely."""
    first = study.standings[0]
    counts = {"best": first.best, "clear": first.clear, "tied": first.tied, "of": first.of}
    key = "study_headline_tied" if first.tied else "study_headline"
    lead = page.say(
        "study_lead",
        scenarios=len(study.reports),
        models=len(study.models),
        metric=study.reports[0].headline_metric,
        seeds=", ".join(map(str, study.reports[0].seeds)),
    )
    return element("p", escaped(lead), class_="lead") + element(
        "p", page.say(key, model=bold(first.model), **counts), class_="headline"
    )


def _headline(page: Page, report: Report) -> str:
    metric = report.headline_metric
    best = report.figure(report.best(metric), metric)
    if math.isnan(best.mean):
        return escaped(page.say("nothing"))
    said = {"model": escaped(best.model), "metric": escaped(metric), "value": number(best.mean)}
    said["level"] = percent(report.level)
    for row in report.comparisons:
        at = (row.model, row.metric, row.k, row.twins)
        if at == (best.model, metric, None, report.headline) and math.isfinite(row.ratio):
            low, high = number(row.ratio_low, 2), number(row.ratio_high, 2)
            ratio, other = number(row.ratio, 2), escaped(row.against)
            return page.say("headline", **said, ratio=ratio, other=other, low=low, high=high, n=f"{row.n:,}")
    low, high = number(best.low), number(best.high)
    return page.say("headline_alone", **said, low=low, high=high, n=f"{best.n:,}")
