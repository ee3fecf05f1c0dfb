"""For exports of people: what must never be stored is planted in the fixture, and the reader is fuzzed."""

import random
import re
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from contracts.source_suite import ADDRESS, SourceSuite
from isthmus.errors import IsthmusError
from isthmus.sources import Batch, Source

PLACE = "52.520008"
NOTE = "meet me at the old harbour"
CARD = "4111111111111111"
PLANTED = (ADDRESS, PLACE, NOTE, CARD)
"""An address of the network, a precise place, private words and a payment card."""

MUTATIONS = 300
_PIECES = (
    b"", b"\0", b"\xff", b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"{", b"}", b"[", b"]", b":", b"<",
    b">",
    b"&",
    b"null", b"true", b"NaN", b"-1", b"1e400", b"9" * 40, b"[" * 3_000, b'{"a":' * 3_000,
    b'"\\ud83d"', b"\\u0000",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<![CDATA[", b"<!--", b"&a;", b"0000-00-00",
    b"\xe2\x80\xae", b"\xed\xa0\x80",
)  # fmt: skip


class PlantedSuite(SourceSuite):
    planted: ClassVar[tuple[str, ...]] = PLANTED
    """Stands in the fixture and must come out nowhere."""

    def test_what_must_not_be_stored_is_not(self) -> None:
        said = self.fixture.read_text(encoding="utf-8")
        assert [secret for secret in self.planted if secret not in said] == []
        assert found_in(self.read(self.fixture), self.planted) == []

    def test_mutated_files_raise_nothing_but_our_own_errors(self, tmp_path: Path) -> None:
        taken = fuzz(self.load(), self.fixture, tmp_path, MUTATIONS)
        assert 0 < taken < MUTATIONS, "mutations must leave some files readable and break others"


def found_in(batch: Batch, secrets: tuple[str, ...]) -> list[str]:
    """Which of the secrets stand anywhere in what was read."""
    frames = (batch.events, batch.items, batch.links, batch.rejects)
    words = " ".join(frame.write_ndjson() for frame in frames) + repr((batch.notes, dict(batch.left_out)))
    return [secret for secret in secrets if secret in words]


def fuzz(source: Source, fixture: Path, folder: Path, n: int) -> int:
    """Read `n` mutations of `fixture`; any error but ours passes through. How many were read."""
    content = fixture.read_bytes()
    dice = random.Random(f"{source.name} {fixture.name}")
    file = folder / fixture.name
    taken = 0
    for _ in range(n):
        file.write_bytes(mutated(content, dice))
        with suppress(IsthmusError):
            for _ in source.read(file):
                pass
            taken += 1
    return taken


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The same with one to four changes: bytes, slices, values, or the end cut off."""
    for _ in range(dice.randint(1, 4)):
        content = dice.choice((_insert, _cut_out, _double, _swap_values, _replace_value, _cut_off))(
            content, dice
        )
    return content


def _at(content: bytes, dice: random.Random) -> int:
    return dice.randrange(len(content) + 1)


def _insert(content: bytes, dice: random.Random) -> bytes:
    at = _at(content, dice)
    return content[:at] + dice.choice(_PIECES) + content[at + dice.randint(0, 2) :]


def _cut_out(content: bytes, dice: random.Random) -> bytes:
    at = _at(content, dice)
    return content[:at] + content[at + dice.randint(1, 60) :]


def _double(content: bytes, dice: random.Random) -> bytes:
    at, size = _at(content, dice), dice.randint(1, 200)
    return content[: at + size] + content[at : at + size] + content[at + size :]


def _values(content: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(rb'"[^"\n]{0,200}"|(?<=[,\t>:])[^,\t<>\n"]{1,80}', content)]


def _swap_values(content: bytes, dice: random.Random) -> bytes:
    values = _values(content)
    if len(values) < 2:
        return content
    (a, b), (c, d) = sorted(dice.sample(values, 2))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _replace_value(content: bytes, dice: random.Random) -> bytes:
    values = _values(content)
    if not values:
        return content
    start, end = dice.choice(values)
    return content[:start] + dice.choice(_PIECES) + content[end:]


def _cut_off(content: bytes, dice: random.Random) -> bytes:
    return content[: _at(content, dice)] if dice.random() < 0.2 else content
