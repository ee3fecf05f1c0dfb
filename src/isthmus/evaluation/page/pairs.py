"""Which differences between models are real, in words and pair by pair."""

from isthmus.evaluation.page.writing import Page, bold, cell, interval, signed
from isthmus.evaluation.plots.markup import element, escaped
from isthmus.evaluation.results import PairedDifference, Report

__all__ = ["render_pairs", "write_p"]


_HEAD = ("model", "against_head", "difference", "p_value", "adjusted", "verdict")


def render_pairs(page: Page, report: Report) -> str:
    """A sentence per model, the best first, and the table of all pairs folded away."""
    metric = report.headline_metric
    means = {name: report.figure(name, metric).mean for name in report.models}
    ordered = sorted(report.models, key=lambda name: -means[name] if means[name] == means[name] else 1.0)
    said = [element("li", *_verdict(page, report, name)) for name in ordered]
    head = [
        page.say(key) for key in ("model", "against_head", "difference", "p_value", "adjusted", "verdict")
    ]
    rows = [_pair_row(page, pair) for pair in report.pairs]
    table = page.table(head, rows, about=page.say("pairs"))
    words = element("ul", *said, class_="verdicts")
    folded = page.fold("all_pairs", table, n=len(rows))
    return page.card("pairs", words, folded, metric=metric, n=len(rows))


def write_p(page: Page, value: float) -> str:
    """A p-value as people write it."""
    return page.say("p_below", value="0.001") if value < 0.001 else f"{value:.3f}"


def _verdict(page: Page, report: Report, name: str) -> list[str]:
    better = [pair.against for pair in report.pairs if pair.model == name and pair.real]
    worse = [pair.model for pair in report.pairs if pair.against == name and pair.real]
    parts = []
    for key, names in (("better", better), ("tied", report.tied(name)), ("worse", worse)):
        if names and not (key == "worse" and (better or report.tied(name))):
            parts.append(page.say(f"verdict_{key}", names=page.names(names)))
    return [bold(name), element("span", escaped(page.say("semicolon")).join(parts) or "–")]


def _pair_row(page: Page, pair: PairedDifference) -> str:
    verdict = page.say("real" if pair.real else "maybe_chance")
    return element(
        "tr",
        element("th", escaped(pair.model), scope="row"),
        element("td", escaped(pair.against)),
        cell(pair.difference, signed(pair.difference), interval(pair.low, pair.high)),
        cell(pair.p_value, write_p(page, pair.p_value)),
        cell(pair.adjusted, write_p(page, pair.adjusted)),
        element("td", escaped(verdict), class_="real" if pair.real else "chance"),
    )
