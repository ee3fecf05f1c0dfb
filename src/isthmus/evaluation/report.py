"""The report as one page of HTML that loads nothing: figures, drawings, and how to run it again."""

import tomllib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from isthmus.errors import UnknownNameError
from isthmus.evaluation.figures import render_figures, render_study
from isthmus.evaluation.page.settings import render_settings
from isthmus.evaluation.page.writing import Page
from isthmus.evaluation.plots import Flow, InterestMap, draw_flow, draw_interest_map, element, escaped
from isthmus.evaluation.plots.markup import colour_class
from isthmus.evaluation.results import Report
from isthmus.evaluation.study import Study

__all__ = ["BOTH", "LANGUAGES", "ListedItem", "PersonList", "render_report"]

LANGUAGES = ("en", "zh")
"""Of the page."""
BOTH = "both"
"""In place of a language: all of them, with a switch."""


@dataclass(frozen=True)
class ListedItem:
    """One recommended item and the reasons for it, in words."""

    title: str
    reasons: tuple[str, ...] = ()
    platform: str = ""


@dataclass(frozen=True)
class PersonList:
    """What somebody was recommended on a platform, best first, and some of what is known of them."""

    person: str
    platform: str
    items: tuple[ListedItem, ...]
    history: tuple[str, ...] = ()
    """Titles."""


@dataclass(frozen=True)
class _Content:
    """All that a page is given besides its title and language."""

    report: Report | Study | None
    interest_map: InterestMap | None
    flow: Flow | None
    people: Sequence[PersonList]
    command: str


def render_report(
    report: Report | Study | None = None,
    *,
    title: str,
    interest_map: InterestMap | None = None,
    flow: Flow | None = None,
    people: Sequence[PersonList] | None = None,
    language: str = "en",
    command: str = "",
) -> str:
    """The whole page as text; what is not given has no section.

    Of a `Study` the page says what its evaluations say together, and then each of them. `command` is what
    was typed to make it. Whatever comes from data is escaped; nothing is loaded from anywhere, and the page
    itself forbids every style and script but its own. `language` is en, zh, or both for a page with a switch.
    Raises UnknownNameError for another language.
    """
    content = _Content(report, interest_map, flow, people or (), command)
    languages = LANGUAGES if language == BOTH else (language,)
    mains = [
        element("main", *_body(Page(one, _words(one)), title, content), lang=one, class_=f"in-{one}")
        for one in languages
    ]
    if len(mains) > 1:
        mains.insert(0, _switch())
    style, script = _page_file("report.css"), _page_file("report.js")
    return Template(_page_file("report.html")).substitute(
        language=languages[0],
        title=escaped(title),
        style=style,
        script=script,
        style_hash=_hash(f"\n{style}\n"),
        script_hash=_hash(f"\n{script}\n"),
        body="\n".join(mains),
    )


def _body(page: Page, title: str, content: _Content) -> list[str]:
    report = content.report
    reports = report.reports if isinstance(report, Study) else () if report is None else (report,)
    body = [element("h1", escaped(title))]
    if isinstance(report, Study):
        body += render_study(page, report)
    elif report is not None:
        body += render_figures(page, report)
    drawings = []
    if content.interest_map is not None:
        drawings.append(_map_card(page, content.interest_map))
    if content.flow is not None:
        colours = _colours(reports, content.interest_map, content.flow)
        drawings.append(page.card("flow", draw_flow(content.flow, page.say("flow"), colours)))
    if drawings:
        body.append(element("div", *drawings, class_="cards"))
    if content.people:
        body.append(page.card("people", *(_person(page, one) for one in content.people)))
    if reports:
        body.append(render_settings(page, reports, content.command))
    body.append(element("footer", escaped(page.say("footer"))))
    return body


def _switch() -> str:
    """One language or the other, without a script."""
    buttons = []
    for one in LANGUAGES:
        checked = "checked" if one == LANGUAGES[0] else None
        radio = element("input", type="radio", name="language", id=f"say-{one}", checked=checked)
        name = element("span", escaped(_words(one)["language"]))
        buttons.append(element("label", radio, name, lang=one))
    return element("nav", *buttons, class_="switch", aria_label="Language 语言")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _map_card(page: Page, found: InterestMap) -> str:
    person = found.person or page.say("somebody")
    roles = {"history": page.say("history", person=person), "recommended": page.say("recommended")}
    shown = sorted(set(found.platform.tolist()))
    chips = [page.chip(found.platforms[number], colour_class(number)) for number in shown]
    chips += [page.chip(words, "", role) for role, words in roles.items() if role in found.role]
    drawing = draw_interest_map(found, page.say("map"), roles)
    return page.card("map", drawing, element("ul", *chips, class_="legend"))


def _person(page: Page, one: PersonList) -> str:
    parts = [element("h3", escaped(page.say("on", person=one.person, platform=one.platform)))]
    if one.history:
        parts.append(element("p", escaped(page.say("knows", titles=" · ".join(one.history))), class_="past"))
    items = []
    for item in one.items:
        name = f"{item.title} ({item.platform})" if item.platform else item.title
        reasons = [element("span", escaped(reason), class_="reason") for reason in item.reasons]
        items.append(element("li", escaped(name), *reasons))
    return element("div", *parts, element("ol", *items), class_="person")


def _colours(reports: Sequence[Report], interest_map: InterestMap | None, flow: Flow) -> dict[str, int]:
    """A platform has one colour on the whole page, its place in alphabetical order."""
    names: Sequence[str] = tuple(sorted({*flow.sources, *flow.targets}))
    if interest_map is not None:
        names = interest_map.platforms
    elif reports:
        names = tuple(reports[0].dataset["platforms"])
    known = {name: number for number, name in enumerate(names)}
    further = [name for name in (*flow.sources, *flow.targets) if name not in known]
    return known | {name: len(known) + place for place, name in enumerate(dict.fromkeys(further))}


def _words(language: str) -> Mapping[str, str]:
    languages: dict[str, Any] = tomllib.loads(_page_file("words.toml"))
    if language not in languages:
        raise UnknownNameError("language of reports", language, languages)
    words: dict[str, str] = languages[language]
    return words


def _page_file(name: str) -> str:
    return (files("isthmus.evaluation") / "page" / name).read_text(encoding="utf-8")
