import json
import random
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import MUTATIONS, PLANTED, PlantedSuite, found_in, fuzz, mutated
from isthmus.errors import InputError, IsthmusError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "calibre"
OPF = FOLDER / "book" / "metadata.opf"
TABLES = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sort TEXT, link TEXT DEFAULT '');
CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL DEFAULT 'Unknown', sort TEXT,
 timestamp TIMESTAMP, pubdate TIMESTAMP, series_index REAL NOT NULL DEFAULT 1.0, author_sort TEXT,
 path TEXT NOT NULL DEFAULT '', uuid TEXT, has_cover BOOL DEFAULT 0, last_modified TIMESTAMP);
CREATE TABLE books_authors_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, author INTEGER NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL, link TEXT DEFAULT '');
CREATE TABLE books_tags_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, tag INTEGER NOT NULL);
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sort TEXT);
CREATE TABLE books_series_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, series INTEGER NOT NULL);
CREATE TABLE publishers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sort TEXT);
CREATE TABLE books_publishers_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, publisher INTEGER);
CREATE TABLE ratings (id INTEGER PRIMARY KEY, rating INTEGER CHECK(rating > -1 AND rating < 11));
CREATE TABLE books_ratings_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, rating INTEGER NOT NULL);
CREATE TABLE identifiers (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, type TEXT, val TEXT);
CREATE TABLE languages (id INTEGER PRIMARY KEY, lang_code TEXT NOT NULL);
CREATE TABLE books_languages_link (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, lang_code INTEGER NOT NULL);
CREATE TABLE comments (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE custom_column_1 (id INTEGER PRIMARY KEY, book INTEGER, value TEXT NOT NULL);
CREATE TABLE annotations (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, searchable_text TEXT);
"""
ROWS = """
INSERT INTO authors VALUES (1, 'Ursula K. Le Guin', '', ''), (2, 'Last| First', '', '');
INSERT INTO books (id, title, timestamp, pubdate, uuid, path) VALUES
 (1, 'The Left Hand of Darkness', '2020-05-06 05:08:09+00:00', '1969-03-01 00:00:00+00:00',
  'u-1', '52.520008'),
 (2, '三体', '2020-05-07 05:08:09.123456+00:00', '0101-01-01 00:00:00+00:00', 'u-2', 'x');
INSERT INTO books_authors_link VALUES (1, 1, 1), (2, 1, 2);
INSERT INTO tags VALUES (1, 'Science Fiction', '');
INSERT INTO books_tags_link VALUES (1, 1, 1);
INSERT INTO series VALUES (1, 'Hainish Cycle', '');
INSERT INTO books_series_link VALUES (1, 1, 1);
INSERT INTO ratings VALUES (1, 9), (2, 0);
INSERT INTO books_ratings_link VALUES (1, 1, 1), (2, 2, 2);
INSERT INTO identifiers VALUES (1, 1, 'isbn', '9780441478125');
INSERT INTO languages VALUES (1, 'eng');
INSERT INTO books_languages_link VALUES (1, 1, 1);
INSERT INTO comments VALUES (1, 1, '<div><p>Winter &amp; two on the ice.</p></div>');
INSERT INTO custom_column_1 VALUES (1, 1, 'meet me at the old harbour 203.0.113.7');
INSERT INTO annotations VALUES (1, 1, '4111111111111111');
"""


class TestCalibre(PlantedSuite):
    name = "calibre"
    fixture = FOLDER / "catalog.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        row = dict.fromkeys(header.split(","), "") | {"title": "T", "uuid": "u", "#notes": "203.0.113.7"}
        bad = [
            ",".join((row | {"uuid": ""}).values()),
            ",".join((row | {"title": ""}).values()),
            ",".join((row | {"rating": "8"}).values()),
            ",".join((row | {"timestamp": "yesterday"}).values()),
            "T,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5, 6]


def library(folder: Path, script: str = TABLES + ROWS) -> Path:
    file = folder / "metadata.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return file


def read(file: Path) -> Batch:
    return next(load_source("calibre", user_id="mira").read(file))


def test_the_database_is_read_and_not_written(tmp_path: Path) -> None:
    file = library(tmp_path)
    before = file.read_bytes()
    batch = read(file)
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("u-1", "save", None),
        ("u-1", "rate", 4.5),
        ("u-2", "save", None),
    ]
    assert batch.events["occurred_at"][0] == datetime(2020, 5, 6, 5, 8, 9, tzinfo=UTC)
    book, other = batch.items.rows(named=True)
    assert book["creators"] == ["Ursula K. Le Guin", "Last, First"]
    assert book["description"] == "Winter & two on the ice."
    assert json.loads(book["extra"]) == {"isbn13": "9780441478125", "series": "Hainish Cycle"}
    assert other["published_at"] is None
    assert found_in(batch, PLANTED) == []
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["metadata.db"]


def test_the_metadata_file_says_the_same_as_the_catalogue() -> None:
    alone, catalogue = read(OPF), read(FOLDER / "catalog.csv")
    assert alone.items.row(0, named=True) == catalogue.items.row(0, named=True)
    told = ["item_id", "kind", "value", "occurred_at"]
    assert alone.events.select(told).equals(catalogue.events.select(told).head(2))
    assert found_in(alone, PLANTED) == []


def test_a_folder_is_read_from_its_database_alone(tmp_path: Path) -> None:
    file = library(tmp_path)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "metadata.opf").write_bytes(OPF.read_bytes())
    source = load_source("calibre", user_id="mira")
    assert source.files([tmp_path]) == [file]
    assert source.files([tmp_path / "book"]) == [tmp_path / "book" / "metadata.opf"]


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE books (id INTEGER);",
        TABLES.replace("CREATE TABLE comments", "CREATE TABLE remarks")
        + f"CREATE VIEW comments AS {ENDLESS} i AS id, i AS book, 'x' AS text FROM n;",
        "CREATE TABLE a (b);",
        TABLES + "INSERT INTO books (id, uuid, title) VALUES (1, 'u', 'T');"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000)"
        "INSERT INTO books_tags_link SELECT i, 1, 1 FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)"
        "INSERT INTO books (id, uuid, title) SELECT i, i, i FROM n;",
    ],
    ids=["no library", "a view in the place of a table", "another database", "endless work"],
)
def test_strange_databases_are_refused(tmp_path: Path, script: str) -> None:
    with pytest.raises(InputError):
        read(library(tmp_path, script))


def test_damaged_databases_raise_nothing_but_our_own_errors(tmp_path: Path) -> None:
    content = library(tmp_path).read_bytes()
    dice = random.Random("calibre")
    file = tmp_path / "damaged.db"
    for _ in range(100):
        file.write_bytes(mutated(content, dice))
        with suppress(IsthmusError):
            read(file)


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><package><metadata>&b;</metadata></package>',
        '<!DOCTYPE p SYSTEM "file:///etc/passwd"><package/>',
        "<package><metadata>",
        "<package/>",
        "<a>" * 10_000,
        "<package><metadata>" + "x" * 5_000_000,
        "no xml",
    ],
    ids=["entities", "outside", "cut", "none", "deep", "huge", "text"],
)
def test_metadata_that_could_do_harm_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "metadata.opf"
    file.write_text(content)
    with pytest.raises(InputError):
        read(file)


def test_mutated_metadata_raises_nothing_but_our_own_errors(tmp_path: Path) -> None:
    assert 0 < fuzz(load_source("calibre", user_id="mira"), OPF, tmp_path, MUTATIONS) < MUTATIONS
