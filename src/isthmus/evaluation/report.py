"""The report as one page of HTML that loads nothing: figures, drawings, and how to run it again."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

from isthmus.errors import UnknownNameError
from isthmus.evaluation.figures import Page, render_figures, render_settings
from isthmus.evaluation.plots import Flow, InterestMap, draw_flow, draw_interest_map, element, escaped
from isthmus.evaluation.results import Report

__all__ = ["ListedItem", "PersonList", "render_report"]


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


def render_report(
    report: Report | None = None,
    *,
    title: str,
    interest_map: InterestMap | None = None,
    flow: Flow | None = None,
    people: Sequence[PersonList] | None = None,
    language: str = "en",
) -> str:
    """The whole page as text; what is not given has no section.

    Whatever comes from data is escaped; nothing is loaded from anywhere. `language` is en or zh. Raises
    UnknownNameError for another language.
    """
    page = Page(_words(language))
    body = [element("h1", escaped(title))]
    if report is not None:
        body += render_figures(page, report)
    colours = _colours(report, interest_map, flow)
    drawings = []
    if interest_map is not None:
        drawings.append(_map_card(page, interest_map))
    if flow is not None:
        drawings.append(page.card("flow", draw_flow(flow, page.say("flow"), colours)))
    if drawings:
        body.append(element("div", *drawings, class_="cards"))
    if people:
        body.append(page.card("people", *(_person(page, one) for one in people)))
    if report is not None:
        body.append(render_settings(page, report))
    body.append(element("footer", escaped(page.say("footer"))))
    frame = Template(_page_file("report.html"))
    return frame.substitute(
        language=language, title=escaped(title), style=_page_file("report.css"), body="\n".join(body)
    )


def _map_card(page: Page, found: InterestMap) -> str:
    person = found.person or page.say("somebody")
    roles = {"history": page.say("history", person=person), "recommended": page.say("recommended")}
    shown = sorted(set(found.platform.tolist()))
    chips = [page.chip(found.platforms[number], f"c{number % 6}") for number in shown]
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


def _colours(report: Report | None, interest_map: InterestMap | None, flow: Flow | None) -> dict[str, int]:
    """A platform has one colour on the whole page, its place in alphabetical order."""
    names: Sequence[str] = ()
    if interest_map is not None:
        names = interest_map.platforms
    elif report is not None:
        names = tuple(report.dataset["platforms"])
    elif flow is not None:
        names = tuple(sorted({*flow.sources, *flow.targets}))
    known = {name: number for number, name in enumerate(names)}
    further = [name for name in (*flow.sources, *flow.targets) if name not in known] if flow else []
    return known | {name: len(known) + place for place, name in enumerate(dict.fromkeys(further))}


def _words(language: str) -> Mapping[str, str]:
    languages: dict[str, Any] = tomllib.loads(_page_file("words.toml"))
    if language not in languages:
        raise UnknownNameError("language of reports", language, languages)
    words: dict[str, str] = languages[language]
    return words


def _page_file(name: str) -> str:
    return (files("isthmus.evaluation") / "page" / name).read_text(encoding="utf-8")
