"""The parts of the page that show an evaluation: headline, drawings, tables, and what it depended on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.evaluation.plots import Dot, DotRow, Line, draw_dots, draw_lines, element, escaped
from isthmus.evaluation.plots.markup import number
from isthmus.evaluation.results import Comparison, Figure, Report

__all__ = ["Page", "render_figures", "render_settings"]


@dataclass(frozen=True)
class Page:
    """The words of one language and the pieces every section is made of."""

    words: Mapping[str, str]

    def say(self, key: str, **filled: object) -> str:
        """A line of the language, filled in; still to be escaped."""
        return self.words[key].format(**filled)

    def card(self, key: str, *content: str, **filled: object) -> str:
        """A section whose heading and note are the lines `key` and `key`_note."""
        heading = element("h2", escaped(self.say(key)))
        note = element("p", escaped(self.say(f"{key}_note", **filled)), class_="note")
        return element("section", heading, note, *content, class_="card")

    def chip(self, text: str, colour: str, shape: str = "") -> str:
        """One entry of a legend."""
        return element("li", element("i", class_=shape or None), escaped(text), class_=colour or None)


def render_figures(page: Page, report: Report) -> list[str]:
    """Headline and sections, in reading order; drawings show the first metric that has intervals."""
    metric = next((name for name in report.metrics if _of_people(report, name)), report.metrics[0])
    quality = (_quality(report, metric), *_comparisons(page, report, metric))
    cards = [page.card("quality", *quality, metric=metric, level=_percent(report))]
    if report.ks:
        cards.append(_shots(page, report, metric))
    if report.twins.get("test_rows_with_a_twin"):
        cards.append(_twins(page, report, metric))
    return [
        element("p", escaped(_lead(page, report)), class_="lead"),
        element("p", _headline(page, report, metric), class_="headline"),
        element("div", *cards, class_="cards"),
        _table(page, report),
    ]


def render_settings(page: Page, report: Report) -> str:
    """Everything the figures depend on, as terms and their values."""
    none, defaults = page.say("none"), page.say("defaults")
    lines = [
        (page.say("protocol"), f"{report.protocol} · {report.target}"),
        (page.say("options"), _listed(report.options, defaults)),
        (page.say("seeds"), ", ".join(map(str, report.seeds))),
        (page.say("metrics"), ", ".join(report.metrics)),
        (
            page.say("intervals"),
            page.say("intervals_value", level=_percent(report), resamples=f"{report.resamples:,}"),
        ),
        (page.say("dataset"), page.say("all_people", people=f"{report.dataset['people']:,}")),
    ]
    for platform, counts in report.dataset["platforms"].items():
        written = {name: f"{count:,}" for name, count in counts.items()}
        lines.append(("", page.say("dataset_value", platform=platform, **written)))
    lines.append((page.say("encoder"), report.dataset["encoder"] or none))
    for split in report.splits:
        facts = {name: value for name, value in split.items() if name != "seed"}
        lines.append((page.say("split", seed=split["seed"]), _listed(facts, none)))
    lines.append((page.say("twin_settings"), _listed(report.twins, none)))
    lines += [
        (page.say("leak" if found["warning"] else "no_leak"), found["says"])
        for found in report.leaks.values()
    ]
    for name, about in report.models.items():
        kind = "" if about["kind"] == name else f"{about['kind']} · "
        lines.append((page.say("settings", model=name), kind + _listed(about["config"], defaults)))
    entries = [element("dt", escaped(term)) + element("dd", escaped(value)) for term, value in lines]
    return page.card("again", element("dl", *entries))


def _of_people(report: Report, metric: str) -> bool:
    return any(key[1] == metric for key in report.per_person)


def _percent(report: Report) -> str:
    return f"{100 * report.level:g}"


def _lead(page: Page, report: Report) -> str:
    people = sum(split["test_people"] for split in report.splits)
    return page.say(
        "lead",
        protocol=report.protocol,
        target=report.target,
        people=f"{people:,}",
        items=f"{report.dataset['platforms'][report.target]['items']:,}",
        seeds=", ".join(map(str, report.seeds)),
    )


def _headline(page: Page, report: Report, metric: str) -> str:
    best = report.figure(report.best(metric), metric)
    if math.isnan(best.mean):
        return escaped(page.say("nothing"))
    said = {"model": escaped(best.model), "metric": escaped(metric), "value": number(best.mean)}
    said["level"] = _percent(report)
    for row in report.comparisons:
        at = (row.model, row.metric, row.k, row.twins)
        if at == (best.model, metric, None, report.headline) and math.isfinite(row.ratio):
            low, high = number(row.ratio_low, 2), number(row.ratio_high, 2)
            ratio, other = number(row.ratio, 2), escaped(row.against)
            return page.say("headline", **said, ratio=ratio, other=other, low=low, high=high, n=f"{row.n:,}")
    low, high = number(best.low), number(best.high)
    return page.say("headline_alone", **said, low=low, high=high, n=f"{best.n:,}")


def _dot(figure: Figure, what: str, hollow: bool = False) -> Dot:
    return Dot(figure.mean, figure.low, figure.high, what, hollow)


def _quality(report: Report, metric: str) -> str:
    rows = [
        DotRow(model, (_dot(report.figure(model, metric), model),), place)
        for place, model in enumerate(report.models)
    ]
    return draw_dots(rows, metric)


def _twins(page: Page, report: Report, metric: str) -> str:
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
    legend = element(
        "ul", page.chip(without, "", "full"), page.chip(with_twins, "", "hollow"), class_="legend"
    )
    counts = {
        "pairs": f"{report.twins['pairs']:,}",
        "leaking": f"{report.twins['test_rows_with_a_twin']:,}",
        "rows": f"{report.twins['test_rows']:,}",
    }
    return page.card("twins", draw_dots(rows, page.say("twins")), legend, **counts)


def _shots(page: Page, report: Report, metric: str) -> str:
    lines = []
    for place, model in enumerate(report.models):
        found = [report.figure(model, metric, k=k) for k in report.ks]
        means, lows, highs = (tuple(getattr(f, end) for f in found) for end in ("mean", "low", "high"))
        lines.append(Line(model, means, lows, highs, place))
    drawing = draw_lines(report.ks, lines, page.say("shots_axis", target=report.target), page.say("shots"))
    chips = [page.chip(model, f"c{place % 6}") for place, model in enumerate(report.models)]
    legend = element("ul", *chips, class_="legend")
    return page.card("shots", drawing, legend, metric=metric, target=report.target)


def _table(page: Page, report: Report) -> str:
    rows = [_metric_row(page, report, metric) for metric in report.metrics]
    for place, key in enumerate(("fit", "recommend")):
        cells = [element("td", f"{report.seconds(model)[place]:.2f}") for model in report.models]
        rows.append(element("tr", element("th", escaped(page.say(key)), scope="row"), *cells))
    table = _rows([page.say("metric"), *report.models], rows)
    return page.card(
        "table",
        element("div", table, class_="figures"),
        level=_percent(report),
        which=page.say(f"which_{report.headline}"),
    )


def _metric_row(page: Page, report: Report, metric: str) -> str:
    about = element("small", escaped(page.say(f"about_{metric.partition('@')[0]}")))
    best = report.best(metric)
    cells = [_figure_cell(report.figure(model, metric), model == best) for model in report.models]
    return element("tr", element("th", escaped(metric), about, scope="row"), *cells)


def _figure_cell(figure: Figure, is_best: bool) -> str:
    small = "" if math.isnan(figure.low) else element("small", _interval(figure.low, figure.high))
    is_best = is_best and not math.isnan(figure.mean)
    return element("td", number(figure.mean), small, class_="best" if is_best else None)


def _comparisons(page: Page, report: Report, metric: str) -> list[str]:
    rows = [
        _comparison_row(page, row)
        for row in report.comparisons
        if (row.metric, row.k, row.twins) == (metric, None, report.headline)
    ]
    head = [page.say("model"), page.say("difference"), page.say("ratio")]
    return [_rows(head, rows)] if rows else []


def _comparison_row(page: Page, row: Comparison) -> str:
    against = page.say("against", model=row.against)
    return element(
        "tr",
        element("th", escaped(row.model), element("small", escaped(against)), scope="row"),
        element("td", number(row.difference), element("small", _interval(row.low, row.high))),
        element("td", number(row.ratio, 2), element("small", _interval(row.ratio_low, row.ratio_high, 2))),
    )


def _interval(low: float, high: float, digits: int = 4) -> str:
    return f"[{number(low, digits)}, {number(high, digits)}]"


def _rows(head: list[str], rows: list[str]) -> str:
    top = element("thead", element("tr", *(element("th", escaped(name), scope="col") for name in head)))
    return element("div", element("table", top, element("tbody", *rows)), class_="scroll")


def _listed(values: Mapping[str, Any], empty: str) -> str:
    """Names and values in one line."""
    parts = []
    for name, value in values.items():
        written = f"({_listed(value, empty)})" if isinstance(value, Mapping) else _written(value)
        parts.append(f"{name.replace('_', ' ')} {written}")
    return ", ".join(parts) or empty


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " / ".join(_written(one) for one in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
