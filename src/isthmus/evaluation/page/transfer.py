"""What each source adds to a target: one column of the matrix, or the whole of it."""

from collections.abc import Sequence

from isthmus.evaluation.page.pairs import write_p
from isthmus.evaluation.page.writing import Page, cell, interval, percent, signed
from isthmus.evaluation.plots.dots import Dot, DotRow, draw_dots
from isthmus.evaluation.plots.lines import Line, draw_lines
from isthmus.evaluation.plots.markup import element, escaped, number
from isthmus.evaluation.results import Report, TransferFigure

__all__ = ["render_matrices", "render_transfer"]


def render_transfer(page: Page, report: Report) -> str:
    """Of one target: how the lists fare without each source, and with k events alone."""
    figures = [one for one in report.transfer if one.k is None]
    model = figures[0].model
    place = list(report.models).index(model)
    drawn = [_row(page, one, place) for one in figures]
    drawing = draw_dots(drawn, page.say("transfer"))
    head = ["source", "with_it", "without_it", "difference", "ratio", "adjusted", "verdict", "known"]
    rows = [_table_row(page, one) for one in figures]
    table = page.table([page.say(key) for key in head], rows, about=page.say("transfer"))
    blocks = [element("div", element("h3", escaped(page.say("transfer_gain"))), drawing)]
    if per_k := [one for one in report.transfer if one.k is not None]:
        blocks.append(_per_k(page, report, per_k, place))
    said = {"model": model, "target": report.target, "metric": report.headline_metric}
    return page.card("transfer", element("div", *blocks, class_="blocks"), table, **said)


def render_matrices(page: Page, reports: Sequence[Report]) -> str:
    """Sources by targets, a matrix per protocol; shaded where the difference is real."""
    known = [report for report in reports if report.transfer]
    matrices = []
    for protocol in dict.fromkeys(report.protocol for report in known):
        of = [report for report in known if report.protocol == protocol]
        matrices.append(element("div", element("h3", escaped(protocol)), _matrix(page, of)))
    gain, chance, loss = (page.say(f"matrix_{key}") for key in ("gain", "chance", "loss"))
    chips = page.chip(gain, "", "gain"), page.chip(chance, "", "nothing"), page.chip(loss, "", "loss")
    legend = element("ul", *chips, class_="legend")
    first = known[0]
    said = {"model": first.transfer[0].model, "metric": first.headline_metric}
    said["level"] = percent(first.level)
    return page.card("matrix", element("div", *matrices, class_="blocks"), legend, **said)


def _row(page: Page, one: TransferFigure, place: int) -> DotRow:
    name = _source(page, one)
    dot = Dot(one.difference, one.low, one.high, name, hollow=not one.real, colour=place)
    return DotRow(name, (dot,), place)


def _source(page: Page, one: TransferFigure) -> str:
    return page.say("all_sources") if one.source is None else one.source


def _table_row(page: Page, one: TransferFigure) -> str:
    return element(
        "tr",
        element("th", escaped(_source(page, one)), scope="row"),
        cell(one.with_it),
        cell(one.without),
        cell(one.difference, signed(one.difference), interval(one.low, one.high)),
        cell(one.ratio, number(one.ratio, 2), interval(one.ratio_low, one.ratio_high, 2)),
        cell(one.adjusted, write_p(page, one.adjusted)),
        element("td", escaped(_verdict(page, one)), class_="real" if one.real else "chance"),
        cell(one.known, f"{percent(one.known)} %"),
    )


def _verdict(page: Page, one: TransferFigure) -> str:
    return page.say("maybe_chance" if not one.real else "helps" if one.difference > 0 else "harms")


def _per_k(page: Page, report: Report, figures: Sequence[TransferFigure], place: int) -> str:
    ks = [one.k for one in figures]
    model, metric = figures[0].model, report.headline_metric
    whole = [report.figure(model, metric, k=k) for k in ks]
    means, lows, highs = (tuple(getattr(one, end) for one in whole) for end in ("mean", "low", "high"))
    nothing = (float("nan"),) * len(ks)
    with_it = Line(page.say("with_sources"), means, lows, highs, place)
    alone = Line(
        page.say("alone"), tuple(one.without for one in figures), nothing, nothing, place, dashed=True
    )
    axis = page.say("shots_axis", target=report.target)
    drawing = draw_lines(ks, [with_it, alone], axis, page.say("transfer_per_k", target=report.target))
    chips = page.chip(with_it.label, "", "full"), page.chip(alone.label, "", "dashed")
    legend = element("ul", *chips, class_="legend")
    return element(
        "div", element("h3", escaped(page.say("transfer_per_k", target=report.target))), drawing, legend
    )


def _matrix(page: Page, reports: Sequence[Report]) -> str:
    sources = dict.fromkeys(one.source for report in reports for one in report.transfer if one.k is None)
    names = [*sorted(name for name in sources if name is not None), *([None] if None in sources else [])]
    rows = []
    for name in names:
        said = page.say("all_sources") if name is None else name
        cells = [_matrix_cell(page, report, name) for report in reports]
        rows.append(element("tr", element("th", escaped(said), scope="row"), *cells))
    head = [page.say("matrix_corner"), *(report.target for report in reports)]
    return page.table(head, rows, about=page.say("matrix"), kind="matrix")


def _matrix_cell(page: Page, report: Report, source: str | None) -> str:
    found = next((one for one in report.transfer if (one.source, one.k) == (source, None)), None)
    if found is None:
        return element("td", "·", class_="none")
    small = interval(found.low, found.high, 3)
    about = page.say(
        "matrix_cell",
        with_it=number(found.with_it),
        without=number(found.without),
        p=write_p(page, found.adjusted),
    )
    written = escaped(signed(found.difference, 3)), element("small", escaped(small))
    return element("td", *written, class_=_shade(found), title=about)


def _shade(found: TransferFigure) -> str:
    """The share of the figure that is the source's, in four steps; none where it may be chance."""
    if not found.real:
        return "chance"
    whole = max(found.with_it, found.without, 1e-12)
    step = sum(abs(found.difference) / whole > edge for edge in (0.0, 0.05, 0.15, 0.4))
    return f"{'gain' if found.difference > 0 else 'loss'}{max(step, 1)}"
