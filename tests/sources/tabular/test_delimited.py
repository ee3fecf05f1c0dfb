import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import InputError, IsthmusError
from isthmus.sources.tabular import LINE, Broken, delimited, read_delimited, stream

LINES = [
    b"1,2", b"1,2\r", b"", b"\r", b"1", b"1,2,3", b",", b",,", b'"1",2', b'"a,b",2\r', b'"x', b'y",2',
    b'"",""', b"a\rb,2", b'a"b,2', b'"a"b,2', b"\xff,2", b"\xc3,\xa4", "ä,€".encode(), b" 1 ,\t2",
    b'"a""b",2',
]  # fmt: skip
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def all_columns(columns: Sequence[str]) -> Sequence[str]:
    return columns


def read(file: Path, batch_rows: int = 1000) -> tuple[pl.DataFrame, list[Broken]]:
    chunks = list(read_delimited(file, batch_rows, all_columns))
    return pl.concat([chunk.frame for chunk in chunks]), [one for chunk in chunks for one in chunk.broken]


def read_bytes(folder: Path, content: bytes, name: str = "t.csv") -> tuple[pl.DataFrame, list[Broken]]:
    file = folder / name
    file.write_bytes(content)
    return read(file)


WAYS = {"plain": (), "surveyed": ("_read_plain",), "exact": ("_read_plain", "_read_at_once")}
"""The ways of reading, the quickest first, and what is taken away so that a block goes through each."""


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """All ways of reading must agree, so the same tests go through each."""
    for name in WAYS[request.param]:
        monkeypatch.setattr(delimited, name, lambda *_: None)
    return str(request.param)


@pytest.mark.usefixtures("way")
class TestEachWay:
    def test_lines_are_those_of_the_file(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b'a,b\r\n1,"x\r\ny"\r\n2,"q""q"\r\n3,')
        assert frame.select("a", LINE).rows() == [("1", 2), ("2", 4), ("3", 5)]
        assert frame["b"].fill_null("").to_list() == ["x\r\ny", 'q"q', ""]
        assert broken == []

    def test_columns_that_are_not_chosen_are_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text("a,b,c\n1,2,3\n")
        chunk = next(read_delimited(tmp_path / "t.csv", 10, lambda _: ["c", "a"]))
        assert chunk.frame.drop(LINE).to_dicts() == [{"c": "3", "a": "1"}]

    def test_a_million_characters_pass(self, tmp_path: Path) -> None:
        frame, _ = read_bytes(tmp_path, b"a,b\n" + b"x" * 1_000_000 + b",1\n")
        assert frame["a"].str.len_chars().to_list() == [1_000_000]

    @settings(max_examples=150, deadline=None)
    @given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3)), all_quoted=st.booleans())
    def test_any_text_comes_back(
        self, rows: list[list[str]], all_quoted: bool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        if not all_quoted:  # Python 3.11 writes a CR without quotes
            rows = [[cell.replace("\r", "") for cell in row] for row in rows]
        written = io.StringIO()
        quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
        csv.writer(written, lineterminator="\n", quoting=quoting).writerows([["a", "b", "c"], *rows])
        content = written.getvalue().encode()
        frame, broken = read_bytes(tmp_path_factory.getbasetemp(), content)
        assert broken == []
        assert [list(row) for row in frame.drop(LINE).fill_null("").rows()] == rows
        starts = [2]
        for row in rows:
            starts.append(starts[-1] + 1 + sum(cell.count("\n") for cell in row))
        assert frame[LINE].to_list() == starts[:-1]


class TestBrokenRows:
    def test_ragged_rows(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b"a,b\n1,2\n1\n1,2,3\n\n4,5\n")
        assert frame["a"].to_list() == ["1", "4"]
        assert frame[LINE].to_list() == [2, 6]
        assert [(one.line, one.raw) for one in broken] == [(3, "1"), (4, "1,2,3")]
        assert "1 fields where the header has 2" in broken[0].reason

    def test_bytes_that_are_no_utf_8_cost_their_row_only(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b"a,b\n1,\xff\xfe\n2,\xc3\xa9\n")
        assert frame.drop(LINE).rows() == [("2", "é")]
        assert [(one.line, one.reason) for one in broken] == [(2, "is not valid UTF-8")]

    def test_a_quote_that_is_never_closed_costs_its_row_only(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b'a,b\n1,"x\n2,y\n3,z\n')
        assert frame["a"].to_list() == ["2", "3"]
        assert [(one.line, one.reason) for one in broken] == [(2, "opens a quote that is never closed")]

    def test_a_quote_inside_a_field_is_a_sign_like_any_other(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b'a,b\n5" disc,1\n7" and 12",2\n')
        assert frame["a"].to_list() == ['5" disc', '7" and 12"']
        assert broken == []

    def test_text_behind_a_closing_quote(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b'a,b\n"Heroes" by Bowie,1\nx,2\n')
        assert frame["a"].to_list() == ["x"]
        assert broken[0].line == 2

    def test_the_limit_of_the_csv_module_is_left_as_it_was(self, tmp_path: Path) -> None:
        before = csv.field_size_limit()
        read_bytes(tmp_path, b"a,b\n1\n" + b"x" * 200_000 + b",1\n")
        assert csv.field_size_limit() == before


class TestWaysAgree:
    @settings(max_examples=300, deadline=None)
    @given(
        lines=st.lists(st.sampled_from(LINES), max_size=12), header=st.sampled_from([b"a,b", b"a", b"a,b,c"])
    )
    def test_on_lines_of_all_sorts(
        self, lines: list[bytes], header: bytes, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        content = b"\n".join([header, *lines])
        folder = tmp_path_factory.mktemp("ways")
        found = []
        for removed in WAYS.values():
            with pytest.MonkeyPatch.context() as patch:
                for name in removed:
                    patch.setattr(delimited, name, lambda *_: None)
                frame, broken = read_bytes(folder, content)
            found.append((frame.fill_null("").rows(), broken))
        assert found[0] == found[1] == found[2]

    def test_a_plain_block_is_read_as_such(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        surveyed: list[bytes] = []
        monkeypatch.setattr(delimited, "_survey", lambda block, _: surveyed.append(block))
        for end in (b"\n", b"\r\n"):
            frame, _ = read_bytes(tmp_path, end.join([b"a,b", "1,é".encode(), b",", b"3,4", b""]))
            assert frame.rows() == [("1", "é", 2), (None, None, 3), ("3", "4", 4)]
        assert b"".join(surveyed).strip() == b""


class TestBlocks:
    def test_blocks_of_plain_files_end_with_lines(self, tmp_path: Path) -> None:
        content = b"".join(b"%d,%s\n" % (i, b"x" * (i % 90)) for i in range(500)) + b"the end"
        (tmp_path / "t.csv").write_bytes(content)
        (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content))
        for block_bytes in (1, 50, 300, 10_000, len(content), 100_000):
            blocks = list(stream.read_blocks(tmp_path / "t.csv", block_bytes, to_newline=True))
            assert b"".join(blocks) == content
            assert max(map(len, blocks)) <= block_bytes
            if block_bytes >= 300:
                assert all(block.endswith(b"\n") for block in blocks[:-1])
            zipped = stream.read_blocks(tmp_path / "t.csv.gz", block_bytes, to_newline=True)
            assert b"".join(zipped) == content

    def test_rows_across_the_ends_of_blocks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = [[f"{i}", 'say "hi"\n' * (i % 3), "é" * (i % 5)] for i in range(300)]
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([["a", "b", "c"], *rows])
        whole, _ = read_bytes(tmp_path, written.getvalue().encode())
        for block_bytes in (7, 64, 1000):
            monkeypatch.setattr(stream.read_blocks, "__defaults__", (block_bytes,))
            pieces, broken = read(tmp_path / "t.csv")
            assert broken == []
            assert pieces.fill_null("").equals(whole.fill_null(""))

    def test_broken_rows_across_the_ends_of_blocks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = b"a,b\n" + b'1,2\n3\n"x" y,1\n\n4,"5\n6"\n' * 40 + b'7,"8\n9,10\n'
        whole, broken = read_bytes(tmp_path, content)
        assert whole.height == 81
        assert len(broken) == 81
        for block_bytes in (5, 50):
            monkeypatch.setattr(stream.read_blocks, "__defaults__", (block_bytes,))
            pieces, again = read(tmp_path / "t.csv")
            assert pieces.equals(whole)
            assert again == broken

    def test_chunks_have_the_rows_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 25)
        heights = [chunk.frame.height for chunk in read_delimited(tmp_path / "t.csv", 10, all_columns)]
        assert heights == [10, 10, 5]

    def test_an_endless_row_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delimited, "MAX_RECORD_BYTES", 1000)
        monkeypatch.setattr(stream.read_blocks, "__defaults__", (100,))
        with pytest.raises(InputError, match="longer"):
            read_bytes(tmp_path, b"a,b\n" + b"x" * 5000)


class TestHeader:
    @pytest.mark.parametrize(
        ("name", "separator"), [("t.csv", ","), ("t.csv", ";"), ("t.csv", "\t"), ("t.tsv", "\t")]
    )
    def test_the_separator_is_read_from_it(self, tmp_path: Path, name: str, separator: str) -> None:
        frame, _ = read_bytes(tmp_path, f"a{separator}b\n1{separator}x\n".encode(), name)
        assert frame.drop(LINE).to_dicts() == [{"a": "1", "b": "x"}]

    def test_alone_it_makes_no_rows_but_columns(self, tmp_path: Path) -> None:
        for content in (b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n"):
            frame, broken = read_bytes(tmp_path, content)
            assert frame.columns == ["a", "b", LINE]
            assert (frame.height, broken) == (0, [])

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "empty"),
            (b"\n\n\n", "no rows"),
            (b"a,b,a\n", "two columns are named 'a'"),
            (b"a,b\r1,2\r", "lone CR"),
            (b'"a,b\n', "never closed"),
            (b"a\0b\n", "zero bytes"),
            (b"\xff,b\n", "not valid UTF-8"),
        ],
    )
    def test_bad_ones_are_refused(self, tmp_path: Path, content: bytes, message: str) -> None:
        with pytest.raises(InputError, match=message) as caught:
            read_bytes(tmp_path, content)
        assert "t.csv" in str(caught.value)
        assert caught.value.hint

    def test_a_single_column(self, tmp_path: Path) -> None:
        frame, broken = read_bytes(tmp_path, b'a\n1\n\n""\n2\n')
        assert frame["a"].fill_null("").to_list() == ["1", "", "2"]
        assert frame[LINE].to_list() == [2, 4, 5]
        assert broken == []


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=80) | st.text('a,"\n\r;x', max_size=60).map(str.encode))
def test_any_bytes_give_rows_or_our_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        frame, broken = read_bytes(tmp_path_factory.getbasetemp(), content, "any.csv")
    except IsthmusError:
        return
    lines = frame[LINE].to_list() + [one.line for one in broken]
    assert len(set(lines)) == len(lines)
    assert all(1 < line <= content.count(b"\n") + 1 for line in lines)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.sampled_from([b"1,2", b'"1","a\nb"', b"x", b"", b"\xff,2", b'"q""q",', b"1,2,3", b'"\xff', b"\r"])
    )
)
def test_both_ways_find_the_same_faults(rows: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    content = b"a,b\n" + b"\n".join(rows)
    with pytest.MonkeyPatch.context() as patch:
        quick = read_bytes(tmp_path_factory.getbasetemp(), content, "both.csv")
        patch.setattr(delimited, "_read_at_once", lambda *_: None)
        exact = read_bytes(tmp_path_factory.getbasetemp(), content, "both.csv")
    assert quick[0].fill_null("").equals(exact[0].fill_null(""))
    assert quick[1] == exact[1]


def test_ragged_rows_and_bad_bytes_do_not_slow_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(delimited, "_read_by_row", refuse)
    frame, broken = read_bytes(tmp_path, b'a,b\n1,2\n3\n\n"x\ny",\xff\n4,"5"\n')
    assert frame["a"].to_list() == ["1", "4"]
    assert [(one.line, one.raw) for one in broken] == [(3, "3"), (5, '"x\ny",\ufffd')]
