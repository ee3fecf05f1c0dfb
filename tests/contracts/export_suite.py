"""What a source of exports must do besides: keep secrets out of all its files, be found by `import auto`."""

import json
from pathlib import Path
from typing import ClassVar

from contracts.planted_suite import PlantedSuite, found_in, fuzz
from contracts.source_suite import ADDRESS
from isthmus.sources import find_sources

SECRETS = (ADDRESS, "48.858370", "4111-1111-1111-1111", "planted private words")
"""A network address, a place, a card and a message; they stand in every fixture and must come out nowhere."""


class ExportSuite(PlantedSuite):
    planted = SECRETS
    other_fixtures: ClassVar[tuple[Path, ...]] = ()
    """Further files of the source, of other shapes."""

    def test_no_secret_comes_out_of_spoilt_or_other_files(self, tmp_path: Path) -> None:
        spoilt = self.write(tmp_path, self.spoil(self.fixture.read_text(encoding="utf-8"))[0].encode())
        for file in (spoilt, *self.other_fixtures):
            assert found_in(self.read(file), SECRETS) == [], file

    def test_other_files_survive_mutation_too(self, tmp_path: Path) -> None:
        for file in self.other_fixtures:
            assert fuzz(self.load(), file, tmp_path, 100) > 0

    def test_auto_recognises_its_files_whatever_their_names(self, tmp_path: Path) -> None:
        for nth, file in enumerate((self.fixture, *self.other_fixtures)):
            renamed = tmp_path / f"renamed{nth}{file.suffix}"
            renamed.write_bytes(file.read_bytes())
            for path in (file, renamed):
                (finding,) = find_sources([path]).findings
                assert finding.source == self.name, path
                assert finding.why


def appended(text: str, rows: list[str]) -> tuple[str, list[int]]:
    """Rows at the end of a table or of JSON lines, and their lines."""
    text = text if text.endswith("\n") else f"{text}\n"
    first = text.count("\n") + 1
    return text + "\n".join(rows) + "\n", list(range(first, first + len(rows)))


def inserted(text: str, rows: list[object], after: str = "[") -> tuple[str, list[int]]:
    """Elements before the others of the first array that follows `after`, and their lines."""
    at = text.index("[", text.index(after)) + 1
    first = text.count("\n", 0, at) + 1
    written = [f"{json.dumps(row, ensure_ascii=False)}," for row in rows]
    return text[:at] + "\n".join(written) + text[at:], list(range(first, first + len(rows)))
