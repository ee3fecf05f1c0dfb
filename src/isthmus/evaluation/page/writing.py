"""The words of a page and the pieces its sections are made of: cards, legends, tables, figures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.evaluation.plots.markup import colour_class, element, escaped, number

__all__ = ["Page", "bold", "cell", "interval", "listed", "percent", "signed"]


@dataclass(frozen=True)
class Page:
    """One language: its name, its words, and everything that is written with them."""

    language: str
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

    def models(self, names: Sequence[str]) -> str:
        """The legend of the models, each in the colour of its place."""
        chips = [self.chip(name, colour_class(place)) for place, name in enumerate(names)]
        return element("ul", *chips, class_="legend")

    def table(self, head: Sequence[str], rows: Sequence[str], *, about: str, kind: str = "sortable") -> str:
        """A table that scrolls where it is too wide; a `sortable` one can be put in order by any column."""
        top = element("thead", element("tr", *(element("th", escaped(one), scope="col") for one in head)))
        caption = element("caption", escaped(about))
        table = element("table", caption, top, element("tbody", *rows), class_=kind or None)
        return element("div", table, class_="scroll", tabindex="0", role="group", aria_label=about)

    def fold(self, key: str, *content: str, **filled: object) -> str:
        """What only some readers want, behind the line `key`."""
        return element("details", element("summary", escaped(self.say(key, **filled))), *content)

    def names(self, names: Sequence[str]) -> str:
        """Several names in one line, as markup."""
        return escaped(self.say("comma")).join(bold(name) for name in names)


def bold(name: str) -> str:
    """A name that stands out, as markup."""
    return element("b", escaped(name))


def cell(value: float, written: str = "", small: str = "", kind: str = "") -> str:
    """A figure of a table, with `small` below it; sorted by its value, whatever is `written`."""
    below = element("small", escaped(small)) if small else ""
    known = math.isfinite(value)
    return element(
        "td",
        escaped(written or number(value)),
        below,
        class_=kind or None,
        data_sort=f"{value:.10g}" if known else None,
    )


def interval(low: float, high: float, digits: int = 4) -> str:
    """Both ends of an interval, nothing where there is none."""
    return "" if math.isnan(low) else f"[{number(low, digits)}, {number(high, digits)}]"


def signed(value: float, digits: int = 4) -> str:
    """A difference, with its sign."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def percent(share: float) -> str:
    """A share as a number of hundredths, at most one digit behind the point."""
    return f"{100 * share:.1f}".removesuffix(".0")


def listed(values: Mapping[str, Any], empty: str) -> str:
    """Names and values in one line; what is None is left out."""
    parts = []
    for name, value in values.items():
        if value is not None:
            written = f"({listed(value, empty)})" if isinstance(value, Mapping) else _written(value)
            parts.append(f"{name.replace('_', ' ')} {written}")
    return ", ".join(parts) or empty


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " / ".join(_written(one) for one in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
