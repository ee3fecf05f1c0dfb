"""The order of the page: what stands on it of one evaluation, and of several."""

from isthmus.evaluation.page.groups import divisions, render_groups
from isthmus.evaluation.page.headline import render_headline, render_lead, render_study_headline
from isthmus.evaluation.page.overview import (
    render_overview,
    render_skipped,
    render_standings,
    render_study_cost,
)
from isthmus.evaluation.page.pairs import render_pairs
from isthmus.evaluation.page.quality import render_cost, render_quality, render_shots, render_twins
from isthmus.evaluation.page.settings import render_leaks
from isthmus.evaluation.page.table import render_table
from isthmus.evaluation.page.transfer import render_matrices, render_transfer
from isthmus.evaluation.page.writing import Page
from isthmus.evaluation.plots.markup import element, escaped
from isthmus.evaluation.results import Report
from isthmus.evaluation.study import Study

__all__ = ["render_figures", "render_study"]


def render_figures(page: Page, report: Report) -> list[str]:
    """Headline and sections of one evaluation, in reading order."""
    return [render_lead(page, report), render_headline(page, report), *_sections(page, report)]


def render_study(page: Page, study: Study) -> list[str]:
    """What the evaluations say together, then each of them, folded away."""
    body = [render_study_headline(page, study), render_overview(page, study)]
    if any(report.transfer for report in study.reports):
        body.append(render_matrices(page, study.reports))
    body.append(element("div", render_study_cost(page, study), render_standings(page, study), class_="cards"))
    if study.skipped:
        body.append(render_skipped(page, study))
    for place, report in enumerate(study.reports):
        # The anchor lies inside of the folded part, so that a browser which follows a link opens it.
        anchor = element("div", render_lead(page, report), id=f"{page.language}-{place}")
        inside = [anchor, render_headline(page, report), *_sections(page, report)]
        body.append(element("details", element("summary", escaped(report.name)), *inside, class_="scenario"))
    return body


def _sections(page: Page, report: Report) -> list[str]:
    cards = [render_quality(page, report), render_cost(page, report)]
    if report.ks:
        cards.append(render_shots(page, report))
    if report.twins.get("test_rows_with_a_twin"):
        cards.append(render_twins(page, report))
    sections = [element("div", *cards, class_="cards tall" if len(cards) > 2 else "cards")]
    if report.pairs:
        sections.append(render_pairs(page, report))
    if report.transfer:
        sections.append(render_transfer(page, report))
    if divisions(report):
        sections.append(render_groups(page, report))
    sections.append(render_table(page, report))
    if report.leaks:
        sections.append(render_leaks(page, report))
    return sections
