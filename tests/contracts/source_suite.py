"""What every source must do. A source's test subclasses `SourceSuite` and says where its fixture is."""

import gzip
import random
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

from isthmus.errors import InputError, IsthmusError
from isthmus.schema import EVENT, EVENT_KINDS, ITEM, LINK, REJECT
from isthmus.sources import Batch, Source, load_source

ADDRESS = "203.0.113.7"
"""Stands somewhere in every fixture and must come out nowhere."""


class SourceSuite:
    name: ClassVar[str]
    fixture: ClassVar[Path]
    options: ClassVar[dict[str, Any]] = {"user_id": "mira"}
    personal: ClassVar[bool] = True

    def spoil(self, text: str) -> tuple[str, list[int]]:
        """The fixture with rows added that cannot be read, and the lines on which these start."""
        raise NotImplementedError

    def load(self, **more: Any) -> Source:
        return load_source(self.name, **{**self.options, **more})

    def read(self, file: Path, **more: Any) -> Batch:
        return joined(list(self.load(**more).read(file)))

    def test_finds_its_fixture_in_a_folder_and_by_name(self) -> None:
        assert self.fixture in self.load().files([self.fixture.parent])
        assert self.load().files([self.fixture, self.fixture]) == [self.fixture]

    def test_says_what_it_looked_for_where_there_is_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "notes.odt").write_text("nothing")
        with pytest.raises(InputError, match=r"\*") as caught:
            self.load().files([tmp_path])
        assert caught.value.hint

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nowhere"):
            self.load().files([tmp_path / "nowhere"])

    def test_its_fixture_becomes_events_with_the_columns_of_the_schema(self) -> None:
        batch = self.read(self.fixture)
        assert batch.events.height > 2
        assert batch.events.schema == pl.Schema({**EVENT.columns, "line": pl.Int64()})
        assert batch.items.schema == ITEM.schema
        assert batch.links.schema == LINK.schema
        assert batch.rejects.schema == REJECT.schema
        assert batch.rejects.is_empty()

    def test_ids_are_there_and_items_describe_them(self) -> None:
        batch = self.read(self.fixture)
        for name in ("platform", "user_id", "item_id", "kind"):
            assert batch.events[name].null_count() == 0, name
        assert set(batch.events["kind"]) <= set(EVENT_KINDS)
        assert set(batch.items["item_id"]) == set(batch.events["item_id"])
        assert batch.events["occurred_at"].drop_nulls().dt.year().is_between(1995, 2026).all()

    def test_the_platform_can_be_named(self) -> None:
        batch = self.read(self.fixture, platform="elsewhere")
        assert set(batch.events["platform"]) | set(batch.items["platform"]) == {"elsewhere"}

    def test_no_address_comes_out(self, tmp_path: Path) -> None:
        assert ADDRESS in self.fixture.read_text(encoding="utf-8")
        text, _ = self.spoil(self.fixture.read_text(encoding="utf-8"))
        for batch in (self.read(self.fixture), self.read(self.write(tmp_path, text.encode()))):
            for frame in (batch.events, batch.items, batch.links, batch.rejects):
                assert ADDRESS not in frame.write_ndjson()

    def test_every_bad_row_is_a_reject_and_the_others_are_taken(self, tmp_path: Path) -> None:
        text, lines = self.spoil(self.fixture.read_text(encoding="utf-8"))
        file = self.write(tmp_path, text.encode())
        batch = self.read(file)
        assert sorted(batch.rejects["line"]) == lines
        assert set(batch.rejects["file"]) == {str(file)}
        assert batch.rejects["reason"].str.len_chars().min() > 5  # type: ignore[operator]
        same_events(batch, self.read(self.fixture), ignoring_lines=True)

    def test_lines_are_those_of_the_file(self) -> None:
        lines = self.read(self.fixture).events["line"]
        assert lines.min() >= 1  # type: ignore[operator]
        assert lines.max() <= self.fixture.read_text(encoding="utf-8").count("\n") + 1  # type: ignore[operator]
        assert lines.is_sorted()

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        for content in (b"", b"\xef\xbb\xbf", b"\xff\xfe"):
            with pytest.raises(InputError, match="empty"):
                self.read(self.write(tmp_path, content))

    def test_reading_twice_gives_the_same(self) -> None:
        first, second = self.read(self.fixture), self.read(self.fixture)
        assert first.events.equals(second.events)
        assert first.items.equals(second.items)

    def test_batches_of_one_row_hold_the_same(self) -> None:
        batches = list(self.load(batch_rows=1).read(self.fixture))
        assert len(batches) > 2
        same_events(joined(batches), self.read(self.fixture))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_a_byte_order_mark_is_understood(self, tmp_path: Path, encoding: str) -> None:
        text = self.fixture.read_text(encoding="utf-8")
        same_events(self.read(self.write(tmp_path, text.encode(encoding))), self.read(self.fixture))

    def test_utf_16_without_a_mark_is_refused(self, tmp_path: Path) -> None:
        text = self.fixture.read_text(encoding="utf-8")
        with pytest.raises(InputError, match="zero bytes"):
            self.read(self.write(tmp_path, text.encode("utf-16-le")))

    def test_gzip_is_unpacked_and_a_damaged_one_refused(self, tmp_path: Path) -> None:
        packed = gzip.compress(self.fixture.read_bytes())
        file = tmp_path / f"{self.fixture.name}.gz"
        file.write_bytes(packed)
        same_events(self.read(file), self.read(self.fixture))
        file.write_bytes(packed[:-20])
        with pytest.raises(InputError, match="damaged"):
            self.read(file)

    def test_damaged_bytes_never_raise_anything_but_our_own_errors(self, tmp_path: Path) -> None:
        content = self.fixture.read_bytes()
        dice = random.Random(self.name)
        for _ in range(60):
            damaged = bytearray(content)
            for _ in range(dice.randint(1, 8)):
                at = dice.randrange(len(damaged))
                damaged[at : at + dice.randint(0, 3)] = dice.choices(
                    b'"\n\r,;:[]{}\0\xff\\u 0a', k=dice.randint(0, 3)
                )
            with suppress(IsthmusError):
                self.read(self.write(tmp_path, bytes(damaged)))

    def test_a_personal_export_needs_its_person(self) -> None:
        if self.personal:
            with pytest.raises(InputError, match="whose") as caught:
                self.load(user_id=None)
            assert "--user" in caught.value.hint

    def write(self, folder: Path, content: bytes) -> Path:
        file = folder / self.fixture.name
        file.write_bytes(content)
        return file


def joined(batches: list[Batch]) -> Batch:
    left_out: dict[str, int] = {}
    for batch in batches:
        for reason, count in batch.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
    return Batch(
        events=pl.concat([batch.events for batch in batches]),
        items=pl.concat([batch.items for batch in batches]).unique(maintain_order=True),
        links=pl.concat([batch.links for batch in batches]),
        rejects=pl.concat([batch.rejects for batch in batches]),
        ignored=tuple(name for batch in batches for name in batch.ignored),
        left_out=left_out,
        notes=tuple(note for batch in batches for note in batch.notes),
    )


def same_events(one: Batch, other: Batch, ignoring_lines: bool = False) -> None:
    columns = ["line"] if ignoring_lines else []
    assert one.events.drop(columns).equals(other.events.drop(columns))
    assert one.items.sort("item_id", "title").equals(other.items.sort("item_id", "title"))
