"""Put the results in results/*.json into README.md and the docs, between their markers.

    python benchmarks/report.py [--check]

Nothing between a pair of markers is written by hand; a test compares both with what is rendered here.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import HERE, RESULTS, Table

README = HERE / "README.md"
GUIDE = HERE.parent / "docs" / "guide" / "results.md"
"""The pages with markers: the first has a place for every result, the other for some."""
_PART = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Write the pages, or with --check say whether they are as they should be."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="Example: benchmarks/report.py")
    made.add_argument("--check", action="store_true", help="write nothing; end with 1 where a page differs")
    asked = made.parse_args()
    results = read_results(RESULTS)
    differing = [
        page for page in (README, GUIDE) if page.read_text(encoding="utf-8") != rendered(page, results)
    ]
    for page in differing:
        if asked.check:
            print(f"{page.name} differs: run benchmarks/report.py")
        else:
            page.write_text(rendered(page, results), encoding="utf-8")
    return int(asked.check and bool(differing))


def read_results(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The results in `folder`, by the name of the benchmark."""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return {result["benchmark"]: result for result in found}


def rendered(page: Path, results: Mapping[str, Mapping[str, Any]]) -> str:
    """What `page` should hold."""
    text = page.read_text(encoding="utf-8")
    if page != README:
        places = {match[2] for match in _PART.finditer(text)}
        results = {name: result for name, result in results.items() if name in places}
    return render(text, results)


def render(readme: str, results: Mapping[str, Mapping[str, Any]]) -> str:
    """`readme` with what stands between its markers made anew.

    Raises ValueError for a result that has no place in it.
    """
    places = {match[2] for match in _PART.finditer(readme)}
    if homeless := sorted(results.keys() - places):
        raise ValueError(f"README.md has no place for the results of {homeless[0]}")
    return _PART.sub(lambda part: f"{part[1]}{_render_one(results.get(part[2]))}{part[3]}", readme)


def _render_one(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "\nNot run yet.\n\n"
    about = {
        "machine": result["machine"]
        + (f", load {result['load']} at the start" if result["load"] > 0.5 else ""),
        "date": result["date"],
        "versions": result["versions"],
    }
    lines = [
        "",
        "| machine | date | versions |",
        "| --- | --- | --- |",
        f"| {' | '.join(about.values())} |",
        "",
    ]
    if result["quick"]:
        lines += ["A quick run over a small part: no result.", ""]
    lines += [f"- {note}" for note in result["notes"]]
    for table in result["tables"]:
        lines += ["", Table(**table).markdown()]
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    sys.exit(main())
