"""Put the results in results/*.json into the tables of README.md, between its markers.

    python benchmarks/report.py [--check]

Nothing between a pair of markers is written by hand; a test compares README.md with what is rendered here.
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
_PART = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Write README.md, or with --check say whether it is as it should be."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="Example: benchmarks/report.py")
    made.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 where README.md differs"
    )
    asked = made.parse_args()
    old = README.read_text(encoding="utf-8")
    new = render(old, read_results(RESULTS))
    if asked.check:
        print("README.md is up to date" if old == new else "README.md differs: run benchmarks/report.py")
        return int(old != new)
    README.write_text(new, encoding="utf-8")
    return 0


def read_results(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The results in `folder`, by the name of the benchmark."""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return {result["benchmark"]: result for result in found}


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
