"""Fuzzes one reader: python tests/sources/fuzz_readers.py SOURCE [FIXTURE] [--n 10000]."""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from contracts.planted_suite import fuzz
from isthmus.sources import load_source

FIXTURES = Path(__file__).parent / "fixtures"


def main() -> None:
    """Read mutated fixtures; an error that is not ours ends it with a traceback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("fixture", nargs="?", type=Path)
    parser.add_argument("--n", type=int, default=10_000)
    given = parser.parse_args()
    below = sorted((FIXTURES / given.source).rglob("*.*"))
    found = [given.fixture] if given.fixture else [file for file in below if file.is_file()]
    for fixture in found:
        with tempfile.TemporaryDirectory() as folder:
            taken = fuzz(load_source(given.source, user_id="mira"), fixture, Path(folder), given.n)
        print(f"{fixture.name}: {given.n:,} mutations, {taken:,} read, the others refused by our errors")


if __name__ == "__main__":
    main()
