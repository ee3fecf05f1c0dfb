import gzip
import json
import os
import re
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.source_suite import SourceSuite, joined
from isthmus.errors import InputError, IsthmusError, MappingError
from isthmus.sources import Batch, load_source

FILE = Path(__file__).parent / "fixtures" / "table" / "events.csv"
REAL = (
    Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "amazon-books-movies"
)
AMAZON = """
[event]
user_id = "user_id"
item_id = "item_id"
platform = { value = "books" }
kind = { value = "rate" }
value = "rating"
unit = { value = "rating" }
occurred_at = { column = "timestamp", unit = "s" }
[item]
title = "title"
creators = { column = "brand", split = ";" }
categories = { column = "category", list = true }
"""


class TestTable(SourceSuite):
    name = "table"
    fixture = FILE
    options = {}  # noqa: RUF012 (declared by the suite)
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        bad = [
            "u1,b1,books,rate,five,rating,2024-03-02,T,,,203.0.113.7",
            "u1,b1,books,rate,5,rating,2024-02-30,T,,,203.0.113.7",
            "u1,b1,books,rate,5,rating,2024-02-20,T,203.0.113.7",
            'u1,b1,books,rate,5,rating,2024-02-20,"T" by 203.0.113.7,,,',
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5]


def read(file: Path, **options: object) -> Batch:
    return joined(list(load_source("table", **options).read(file)))


def write(folder: Path, content: str, name: str = "t.csv") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


class TestWithoutMapping:
    def test_cells_and_items(self) -> None:
        batch = read(FILE)
        assert batch.events["line"].to_list() == [2, 3, 5, 6]
        assert batch.events["value"].to_list() == [5.0, None, 3.5, None]
        assert batch.events["item_id"].to_list() == ["b1", "b/2 é", "b1", "📚3"]
        items = {row["item_id"]: row for row in batch.items.iter_rows(named=True)}
        assert len(items) == batch.items.height == 3
        assert items["b1"]["title"] == 'The Master and Margarita, a "novel"'
        assert items["b1"]["categories"] == ["Fiction", "Classics"]
        assert items["b/2 é"]["title"] == "Two\nlines"
        assert items["b/2 é"]["creators"] == ["A", "B"]
        assert items["📚3"]["categories"] == ["小说", "古典"]
        assert items["b1"]["hidden"] is None  # not said

    def test_other_columns_are_named_once(self) -> None:
        assert read(FILE, batch_rows=1).ignored == ("address",)

    def test_what_a_file_is_is_told_from_its_columns(self, tmp_path: Path) -> None:
        links = read(write(tmp_path, "person,platform,user_id\nmira,books,u1\n"))
        assert links.links.rows() == [("mira", "books", "u1")]
        assert links.events.is_empty()
        items = read(write(tmp_path, "platform,item_id,title,hidden\nbooks,b1,Dune,yes\n"))
        assert items.items.select("item_id", "title", "hidden").rows() == [("b1", "Dune", True)]
        bare = read(write(tmp_path, "platform,user_id,item_id\nbooks,u1,b1\n"))
        assert (bare.events.height, bare.items.height) == (1, 0)

    def test_a_role_settles_it(self, tmp_path: Path) -> None:
        file = write(tmp_path, "platform,user_id,item_id,title\nbooks,u1,b1,Dune\nbooks,u2,,Emma\n")
        batch = read(file, role="items")
        assert batch.events.is_empty()
        assert batch.items["title"].to_list() == ["Dune"]
        assert batch.rejects.select("line", "field", "reason").rows() == [(3, "item_id", "is empty")]
        with pytest.raises(InputError, match="person"):
            read(file, role="links")
        with pytest.raises(InputError, match="no role"):
            read(file, role="people")

    def test_a_platform_must_be_said_somewhere(self, tmp_path: Path) -> None:
        file = write(tmp_path, "user_id,item_id\nu1,b1\n")
        with pytest.raises(InputError, match="platform") as caught:
            read(file)
        assert "--platform" in caught.value.hint
        assert read(file, platform="books").events["platform"].to_list() == ["books"]

    def test_a_person_can_be_said_for_all_rows(self, tmp_path: Path) -> None:
        file = write(tmp_path, "user_id,item_id,platform\nu1,b1,books\n")
        assert read(file, user_id="mira").events["user_id"].to_list() == ["mira"]

    def test_a_table_of_one_person_needs_no_column_for_it(self, tmp_path: Path) -> None:
        batch = read(write(tmp_path, "item_id,title\nb1,Dune\n"), user_id="mira", platform="books")
        assert batch.events["user_id"].to_list() == ["mira"]
        assert batch.items["title"].to_list() == ["Dune"]

    def test_a_search_describes_no_item(self, tmp_path: Path) -> None:
        batch = read(write(tmp_path, "user_id,kind,text,title\nu,search,红楼梦,x\n"), platform="books")
        assert batch.events["text"].to_list() == ["红楼梦"]
        assert batch.items.is_empty()

    def test_json_without_objects_is_refused(self, tmp_path: Path) -> None:
        for content in ("[]", "[1, 2]", "3"):
            with pytest.raises(InputError, match="no JSON objects"):
                read(write(tmp_path, content, "t.json"), platform="books")

    def test_unknown_columns_alone_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="reviewer, asin"):
            read(write(tmp_path, "reviewer,asin\nu1,b1\n"), platform="books")

    def test_no_number_is_rejected_and_nan_is_left_to_the_check_of_events(self, tmp_path: Path) -> None:
        rows = "".join(
            f"u,i,p,{value}\n" for value in ("NaN", "inf", " 2.5 ", "", "3,5"[:1], "1_0", "x" * 500)
        )
        batch = read(write(tmp_path, "user_id,item_id,platform,value\n" + rows))
        assert batch.events["value"].is_nan().to_list() == [True, False, False, None, False]
        assert batch.rejects["line"].to_list() == [7, 8]
        assert batch.rejects["field"].to_list() == ["value", "value"]
        assert batch.rejects["reason"].str.len_chars().max() < 100  # type: ignore[operator]
        assert json.loads(batch.rejects["raw"][0])["value"] == "1_0"
        assert batch.rejects.select("platform", "user_id").rows() == [("p", "u")] * 2

    def test_a_bad_item_does_not_cost_its_event(self, tmp_path: Path) -> None:
        batch = read(write(tmp_path, "user_id,item_id,platform,published_at\nu,i,p,soon\n"))
        assert (batch.events.height, batch.items.height) == (1, 0)
        assert batch.rejects["field"].to_list() == ["published_at"]

    def test_a_million_characters_pass(self, tmp_path: Path) -> None:
        batch = read(write(tmp_path, f"user_id,item_id,platform,title\nu,i,p,{'é' * 1_000_000}\n"))
        assert batch.items["title"].str.len_chars().to_list() == [1_000_000]

    def test_json_and_parquet_and_gzip_hold_the_same(self, tmp_path: Path) -> None:
        expected = read(FILE)
        rows = pl.read_csv(FILE, infer_schema=False)
        rows.write_ndjson(tmp_path / "t.jsonl")
        rows.write_parquet(tmp_path / "t.parquet")
        (tmp_path / "t.json").write_text(json.dumps(rows.to_dicts(), ensure_ascii=False), encoding="utf-8")
        (tmp_path / "t.csv.gz").write_bytes(gzip.compress(FILE.read_bytes()))
        (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress((tmp_path / "t.jsonl").read_bytes()))
        files = load_source("table").files([tmp_path])
        assert len(files) == 5
        for file in files:
            batch = read(file)
            assert batch.events.drop("line").equals(expected.events.drop("line")), file
            assert batch.items.equals(expected.items), file

    def test_typed_columns_of_parquet(self, tmp_path: Path) -> None:
        file = tmp_path / "t.parquet"
        moment = datetime(2024, 3, 2, tzinfo=UTC)
        pl.DataFrame(
            {
                "user_id": [1.0, 2.0, None],  # as pandas writes whole numbers with gaps
                "item_id": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
                "platform": "p",
                "value": [1, 2, 3],
                "occurred_at": [moment.replace(tzinfo=None)] * 3,
                "tags": [["x", "y"], None, []],
                "context": [{"device": "phone", "scenario": None}] * 3,
            }
        ).write_parquet(file)
        batch = read(file)
        assert batch.events["user_id"].to_list() == ["1", "2", None]
        assert batch.events["occurred_at"].to_list() == [moment] * 3
        assert batch.events["context"][0] == {"device": "phone", "scenario": None}
        assert batch.items["tags"].to_list() == [["x", "y"], None, []]

    def test_columns_of_impossible_types_are_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "t.parquet"
        pl.DataFrame({"user_id": ["u"], "item_id": ["i"], "platform": ["p"], "value": [[1]]}).write_parquet(
            file
        )
        with pytest.raises(InputError, match="value"):
            read(file)

    @settings(max_examples=60, deadline=None)
    @given(
        rows=st.lists(
            st.tuples(
                *[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)] * 3
            ),
            min_size=1,
        )
    )
    def test_any_ids_and_titles_come_back(
        self, rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        file = tmp_path_factory.getbasetemp() / "any.csv"
        frame = pl.DataFrame(rows, schema=["user_id", "item_id", "text"], orient="row")
        frame.write_csv(file, quote_style="always")
        batch = read(file, platform="p")
        assert batch.rejects.is_empty()
        assert batch.events.select("user_id", "item_id", "text").rows() == rows

    @settings(max_examples=150, deadline=None)
    @given(content=st.binary(max_size=80))
    def test_any_bytes_behind_a_header(
        self, content: bytes, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        file = tmp_path_factory.getbasetemp() / "bytes.csv"
        file.write_bytes(b"user_id,item_id,platform,value,occurred_at,categories,hidden\n" + content)
        with suppress(IsthmusError):
            read(file)


class TestWithMapping:
    def mapping(self, folder: Path, text: str = AMAZON) -> Path:
        return write(folder, text, "map.toml")

    def test_amazon(self, tmp_path: Path) -> None:
        file = write(
            tmp_path,
            "user_id,item_id,rating,timestamp,title,brand,category\n"
            "A1J0,0001473123,4,1374969600,Revelation,Clarence Larkin; X,\"['Bibles', 'Study & Reference']\"\n"
            "A1J1,0001473123,4,1374969600,Revelation,,not a list\n",
        )
        batch = read(file, mapping=self.mapping(tmp_path))
        event = batch.events.row(0, named=True)
        assert (event["platform"], event["item_id"], event["kind"], event["value"]) == (
            "books",
            "0001473123",
            "rate",
            4.0,
        )
        assert event["occurred_at"] == datetime(2013, 7, 28, tzinfo=UTC)
        assert batch.items.select("creators", "categories").rows() == [
            (["Clarence Larkin", "X"], ["Bibles", "Study & Reference"])
        ]
        assert batch.rejects.select("line", "field").rows() == [(3, "categories")]
        assert batch.events.height == 2

    def test_a_missing_column_is_named_with_the_nearest_first(self, tmp_path: Path) -> None:
        file = write(tmp_path, "user,item_id,timestamp,ratings,title,brand,category,user_idd\n")
        with pytest.raises(MappingError, match=r"'user_id'") as caught:
            read(file, mapping=self.mapping(tmp_path))
        assert "t.csv" in str(caught.value)
        assert "map.toml" in str(caught.value)
        assert caught.value.hint.startswith("Its columns are: user_idd")

    def test_words_for_kinds_zones_formats_and_context(self, tmp_path: Path) -> None:
        mapping = self.mapping(
            tmp_path,
            '[event]\nuser_id="who"\nitem_id="what"\nplatform="where"\nkind="did"\n'
            'occurred_at={column="on",format="%d/%m/%Y %H:%M",timezone="Asia/Shanghai"}\n'
            '"context.device"="device"\n'
            '[link]\nperson="who"\n[kinds]\nbuy="purchase"\n',
        )
        file = write(
            tmp_path, "who,what,where,did,on,device\nu,i,p,buy,03/03/2024 05:14,phone\nu,i,p,view,x,tv\n"
        )
        batch = read(file, mapping=mapping)
        assert batch.events["kind"].to_list() == ["purchase"]
        assert batch.events["occurred_at"].to_list() == [datetime(2024, 3, 2, 21, 14, tzinfo=UTC)]
        assert batch.events["context"].to_list() == [{"device": "phone", "scenario": None}]
        assert batch.links.rows() == [("u", "p", "u")]
        assert batch.rejects["field"].to_list() == ["occurred_at"]

    def test_a_role_takes_its_section(self, tmp_path: Path) -> None:
        file = write(tmp_path, "user_id,item_id,rating,timestamp,title,brand,category\nu,i,x,x,T,,\n")
        batch = read(file, mapping=self.mapping(tmp_path), role="items")
        assert (batch.events.height, batch.items.height, batch.rejects.height) == (0, 1, 0)
        with pytest.raises(MappingError, match=r"\[link\]"):
            read(file, mapping=self.mapping(tmp_path), role="links")

    def test_a_column_of_the_file_may_be_named_line(self, tmp_path: Path) -> None:
        mapping = self.mapping(tmp_path, '[item]\nplatform={value="p"}\nitem_id="line"\ntitle="lines"\n')
        batch = read(write(tmp_path, "line,lines\n7,T\n"), mapping=mapping)
        assert batch.items.select("item_id", "title").rows() == [("7", "T")]


def test_a_gzip_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "t.csv.gz"
    row = b"u1,b1,books," + b"x" * 500 + b"\n"
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write(b"user_id,item_id,platform,title\n")
        for _ in range(150):
            out.write(row * 2_000)  # 150 MB in all
    tracemalloc.start()
    try:
        rows = sum(batch.events.height for batch in load_source("table", batch_rows=20_000).read(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 300_000
    assert peak < 120_000_000


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real data of ISTHMUS_DATA or ../shared/data")
def test_real_ratings_of_books_are_all_read(tmp_path: Path) -> None:
    source = load_source("table", mapping=write(tmp_path, AMAZON, "map.toml"))
    files = source.files([REAL / "Books*" / "books_*"])
    assert len(files) > 3
    batch = joined([batch for file in files for batch in source.read(file)])
    plain = pl.concat([pl.read_csv(file, infer_schema=False) for file in files])
    assert batch.rejects.is_empty()
    assert batch.events["user_id"].equals(plain["user_id"])
    assert batch.events["value"].equals(plain["rating"].cast(float).alias("value"))
    assert batch.items["item_id"].n_unique() == plain["item_id"].n_unique()
    assert batch.items["categories"].null_count() == 0
    assert re.fullmatch(r"\w{10}", batch.items["item_id"][0])
