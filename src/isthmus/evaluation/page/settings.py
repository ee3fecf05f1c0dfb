"""What a figure depends on: leaks that were looked for, and all it takes to run it again."""

from collections.abc import Iterable, Sequence

from isthmus.evaluation.page.writing import Page, listed, percent
from isthmus.evaluation.plots.markup import element, escaped
from isthmus.evaluation.results import Report

__all__ = ["render_leaks", "render_settings"]

Terms = list[tuple[str, str]]


def render_leaks(page: Page, report: Report) -> str:
    """What was looked for and what was found, the warnings marked."""
    entries = []
    for found in report.leaks.values():
        key = "leak" if found["warning"] else "no_leak" if found["of"] else "unchecked"
        said = str(found.get(f"says_{page.language}", found["says"]))
        mark = element("span", escaped(page.say(key)), class_=f"mark {key}")
        entries.append(element("li", mark, element("span", escaped(said))))
    return page.card("leaks", element("ul", *entries, class_="leaks"))


def render_settings(page: Page, reports: Sequence[Report], command: str = "") -> str:
    """Everything the figures depend on, as terms and their values; what all reports share stands once."""
    lines = _shared(page, reports[0])
    for report in reports:
        lines += _own(page, report)
    for name, about in reports[0].models.items():
        kind = "" if about["kind"] == name else f"{about['kind']} · "
        term = page.say("settings", model=name)
        lines.append((term, kind + listed(_settings(reports, name), page.say("defaults"))))
    parts = [element("dl", *_terms(lines))]
    if command:
        parts.insert(0, element("pre", element("code", escaped(command))))
    return page.card("again", *parts)


def _settings(reports: Sequence[Report], name: str) -> dict[str, object]:
    """Settings of a model; where the reports differ (its target), all values."""
    configs = [report.models[name]["config"] for report in reports if name in report.models]
    found = {}
    for key in configs[0]:
        values = list(dict.fromkeys(str(config.get(key)) for config in configs))
        found[key] = configs[0][key] if len(values) == 1 else values
    return found


def _shared(page: Page, report: Report) -> Terms:
    none = page.say("none")
    level = page.say("intervals_value", level=percent(report.level), resamples=f"{report.resamples:,}")
    lines = [
        (page.say("versions"), listed(report.machine, none)),
        (page.say("seeds"), ", ".join(map(str, report.seeds))),
        (page.say("metrics"), ", ".join(report.metrics)),
        (page.say("intervals"), level),
        (page.say("tests"), page.say("tests_value", resamples=f"{report.resamples:,}")),
        (page.say("dataset"), page.say("all_people", people=f"{report.dataset['people']:,}")),
    ]
    for platform, counts in report.dataset["platforms"].items():
        written = {name: f"{count:,}" for name, count in counts.items()}
        lines.append(("", page.say("dataset_value", platform=platform, **written)))
    lines.append((page.say("fingerprint"), str(report.dataset.get("fingerprint", none))))
    lines.append((page.say("encoder"), report.dataset["encoder"] or none))
    return lines


def _own(page: Page, report: Report) -> Terms:
    none, defaults = page.say("none"), page.say("defaults")
    lines = [
        (page.say("protocol"), report.name),
        (page.say("options"), listed(report.options, defaults)),
    ]
    for split in report.splits:
        facts = {name: value for name, value in split.items() if name != "seed"}
        lines.append((page.say("split", seed=split["seed"]), listed(facts, none)))
    lines.append((page.say("twin_settings"), listed(report.twins, none)))
    return lines


def _terms(lines: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (element("dt", escaped(term)) + element("dd", escaped(value)) for term, value in lines)
