import gzip
import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isthmus.encoders import load_encoder
from isthmus.errors import InputError
from isthmus.items import MATCH, MatchSettings, match_items, split_titles
from isthmus.schema import ITEM, conform

ALL = MatchSettings(least=0.001)


def item(platform, item_id, title=None, creators=(), year=None, **more):
    published = None if year is None else f"{year}-05-01T00:00:00Z"
    return {"platform": platform, "item_id": item_id, "title": title, "creators": list(creators),
            "published_at": published, **more}  # fmt: skip


def frame(*rows):
    strings = dict.fromkeys(("title", "published_at", "extra", "url"), pl.String)
    lists = dict.fromkeys(("creators", "categories"), pl.List(pl.String))
    return conform(pl.DataFrame(list(rows), schema_overrides=strings | lists, infer_schema_length=None), ITEM)


def pair(one, two, settings=ALL):
    """How two items of platforms a and b match, and how surely."""
    found = match_items(frame(item("a", "1", **one), item("b", "2", **two)), None, settings)
    assert found.height <= 1
    return (found["how"].item(), found["confidence"].item()) if found.height else None


@pytest.mark.parametrize(
    ("mine", "theirs", "confidence"),
    [
        ({"creators": ["Liu Cixin"], "year": 2008}, {"creators": ["Cixin Liu"], "year": 2009}, 0.98),
        ({"creators": ["J.R.R. Tolkien"]}, {"creators": ["Tolkien, J. R. R.", "Alan Lee"]}, 0.95),
        ({"creators": ["Weezer"], "year": 1994}, {"creators": ["Weezer"], "year": 2001}, 0.85),
        ({"creators": ["A"], "year": 1994}, {"year": 1994}, 0.8),
        ({}, {"year": 1994}, 0.6),
        ({"year": 1994}, {"year": 1999}, 0.3),
        ({"creators": ["A"], "year": 1994}, {"creators": ["B"], "year": 1994}, 0.5),
        ({"creators": ["A"]}, {"creators": ["B"]}, 0.3),
        ({"creators": ["A"], "year": 1954}, {"creators": ["B"], "year": 1994}, 0.1),
    ],
)
def test_confidence_by_title_is_the_table_of_the_docstring(mine, theirs, confidence):
    assert pair({"title": "The Wall"} | mine, {"title": "Wall, The"} | theirs) == ("title", confidence)


@pytest.mark.parametrize(
    ("one", "two", "confidence"),
    [
        ("Leviathan Wakes (The Expanse #1)", "Leviathan Wakes", 0.95),
        ("Heat (1995) [DVD]", "HEAT - VHS", 0.95),
        ("算法导论（第2版）", "算法导论", 0.95),
        ("Friends: Season 2", "Friends: The Complete Second Season [DVD]", 0.95),
        ("三体 The Three-Body Problem", "The Three-Body Problem", 0.95 * 0.9),
        ("Seven Samurai (七人の侍)", "七人の侍", 0.95 * 0.9),
        ("Berserk, Vol. 1", "Berserk", 0.95 * 0.6),
        ("Yesterday (Live)", "Yesterday", 0.95 * 0.6),
        ("深入理解 Java", "深入理解 Python", 0.95 * 0.6),
        ("Berserk, Vol. 1", "Berserk, Vol. 2", None),
        ("Friends: Season 1", "Friends: Season 2", None),
        ("Toy Story", "Toy Story 2", None),
        ("Symphony No. 5", "Symphony No. 9", None),
    ],
)
def test_titles_of_one_creator(one, two, confidence):
    found = pair({"title": one, "creators": ["Somebody"]}, {"title": two, "creators": ["Somebody"]})
    assert found == (None if confidence is None else ("title", pytest.approx(confidence)))


def test_the_original_title_of_a_source_counts():
    theirs = {"title": "千と千尋の神隠し", "creators": ["宫崎骏"]}
    mine = {"title": "千与千寻", "creators": ["宫崎骏"], "extra": '{"original_title": "千と千尋の神隠し"}'}
    assert pair(mine, theirs) == ("title", pytest.approx(0.95 * 0.9))


def test_a_story_and_its_film_are_two_things():
    book = {"title": "Dune", "creators": ["Frank Herbert"], "categories": ["novel"]}
    film = {"title": "Dune", "creators": ["Frank Herbert"], "categories": ["Film", "science fiction"]}
    assert pair(book, book) == ("title", 0.95)
    assert pair(book, film) == ("title", 0.95 / 2)
    assert pair(book, film, MatchSettings()) is None


def test_ids_come_first_and_other_ids_of_a_work_contradict():
    imdb = [{"title": "Heat", "extra": f'{{"imdb": "tt{number}"}}'} for number in ("0113277", "0091187")]
    assert pair(imdb[0], imdb[0]) == ("id", 0.99)
    assert pair(imdb[0], imdb[1]) is None
    isbn = [{"title": "Emma", "creators": ["Jane Austen"], "extra": f'{{"isbn": "{number}"}}'}
            for number in ("0439785960", "0306406152")]  # fmt: skip
    assert pair(isbn[0], isbn[1]) == ("title", 0.95)  # two editions of one book
    assert pair(isbn[0], {"extra": '{"isbn13": "9780439785969"}'}) == ("id", 0.99)


def test_an_id_that_several_items_bear_says_less_and_one_of_a_crowd_nothing():
    def borne_by(n):
        rows = [item("a", f"{number}", f"Part {number} of it", extra='{"isbn": "0439785960"}')
                for number in range(n)]  # fmt: skip
        found = match_items(frame(*rows, item("b", "box", extra='{"isbn": "0439785960"}')), None, ALL)
        return sorted(found["confidence"].to_list())

    assert borne_by(2) == [0.8, 0.8]
    assert borne_by(31) == []


def test_a_common_title_says_less_without_a_creator():
    rows = [item("a", str(number), "Greatest Hits", [f"Band {number}"]) for number in range(40)]
    found = match_items(frame(*rows, item("b", "x", "Greatest Hits", ["Band 7"])), None, ALL)
    assert found.select("item_id", "confidence").rows() == [("7", 0.95)]
    found = match_items(frame(*rows[:3], item("b", "x", "Greatest Hits")), None, ALL)
    assert found["confidence"].to_list() == pytest.approx([0.6 / 3] * 3)


def test_matches_join_platforms_in_alphabetical_order_and_never_one_with_itself():
    rows = [item(platform, f"{platform}{n}", "Dune", ["Herbert"]) for platform in "cab" for n in (1, 2)]
    found = match_items(frame(*rows))
    assert found.schema == MATCH
    assert found.height == 3 * 4
    assert (found["platform"] < found["other_platform"]).all()
    assert not found.select(found.columns[:4]).is_duplicated().any()
    assert match_items(ITEM.empty()).schema == MATCH
    assert match_items(frame(*rows[:2])).is_empty()


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def test_vectors_match_what_nothing_else_has_but_are_never_certain():
    rng = np.random.default_rng(0)
    base = rng.standard_normal((6, 32))
    titles = ["Война и мир", "War and Peace", "Alpha", "Omega", "Same", "Same"]
    rows = [item("a" if n % 2 == 0 else "b", str(n), title, ["X"]) for n, title in enumerate(titles)]
    base[1] = base[0] + 0.01 * base[1]
    found = match_items(frame(*rows), unit(base))
    assert found.select("item_id", "other_item_id", "how").rows() == [
        ("4", "5", "title"),
        ("0", "1", "vectors"),
    ]
    assert 0.55 < found["confidence"][1] <= 0.6
    assert match_items(frame(*rows)).height == 1
    assert match_items(frame(*rows), unit(base), MatchSettings(least=0.9)).height == 1
    base[0] = 0  # no text
    assert match_items(frame(*rows), unit(base)).height == 1


@pytest.mark.parametrize(("one", "two"), [("Alien 3", "Alien 4"), ("Alien, Vol. 1", "Alienated, Vol. 2")])
def test_other_numbers_are_other_things_however_near(one, two):
    rng = np.random.default_rng(0)
    base = rng.standard_normal((4, 32))
    base[1] = base[0]
    rows = [item("a", "0", one), item("b", "1", two), item("a", "2", "x"), item("b", "3", "y")]
    assert match_items(frame(*rows), unit(base), ALL).is_empty()
    rows[1]["title"] = "Ксеноморф " + "".join(letter for letter in one if letter.isdigit())
    assert match_items(frame(*rows), unit(base), ALL)["how"].to_list() == ["vectors"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError):
        match_items(frame(item("a", "1")), np.zeros((2, 3), dtype=np.float32))
    for wrong in ({"least": 0}, {"least": 1.1}, {"cosine": 1}, {"lead": 0}):
        with pytest.raises(InputError):
            MatchSettings(**wrong)


DATA = Path(os.environ.get("ISTHMUS_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def test_real_films_are_found_by_what_their_names_mean_in_another_language():
    file = DATA / "douban-movies-zh" / "movies.json.gz"
    if not file.exists():
        pytest.skip(f"needs {file} (ISTHMUS_DATA)")
    names = [film["movie_name"] for film in json.loads(gzip.decompress(file.read_bytes())).values()]
    both = split_titles(pl.Series(names)).drop_nulls("other_title").select("title", "other_title")
    both = both.unique("title", maintain_order=True).unique("other_title", maintain_order=True)
    assert both.height > 350
    rows = [item("a", str(n), name) for n, name in enumerate(both["title"])]
    rows += [item("b", str(n), name) for n, name in enumerate(both["other_title"]) if n % 2]
    vectors = load_encoder("use").encode([row["title"] for row in rows])
    found = match_items(frame(*rows), vectors, MatchSettings(least=0.28)).filter(how="vectors")
    right = found.filter(pl.col("item_id") == pl.col("other_item_id")).height
    assert right >= 0.9 * found.height  # measured: 44 of 47
    assert right >= 0.2 * (both.height // 2)
    assert found["confidence"].max() <= 0.6


@pytest.fixture(scope="module")
def amazon():
    folder = DATA / "amazon-books-movies"
    parts = []
    for platform in ("books", "movies"):
        files = sorted(folder.glob(f"*/{platform}_*.csv*"))
        if not files:
            pytest.skip(f"amazon-books-movies is not at {folder} (set ISTHMUS_DATA)")
        read = pl.concat([pl.read_csv(file, infer_schema=False) for file in files])
        rows = read.unique("item_id", maintain_order=True)
        parts.append(
            rows.select("item_id", "title", platform=pl.lit(platform), creators=pl.concat_list("brand"))
        )
    return conform(pl.concat(parts), ITEM)


def test_real_books_and_their_films_are_found_and_known_for_two_things(amazon):
    assert amazon.height > 50_000
    started = time.perf_counter()
    found = match_items(amazon, None, MatchSettings(least=0.05))
    assert time.perf_counter() - started < 30  # 3 s alone on two cores; other work may share them
    titles = amazon.select("platform", "item_id", "title")
    other = titles.rename({name: f"other_{name}" for name in titles.columns})
    beside = found.join(titles, on=titles.columns[:2]).join(other, on=other.columns[:2])
    pairs = set(beside.select("title", "other_title").rows())
    assert pairs >= {
        ("Cloud Atlas", "Cloud Atlas"),
        ("Sideways: A Novel", "Sideways (Region 2)"),
        ("Case Histories: A Novel", "CASE HISTORIES"),
        ("Requiem for a Dream", "Requiem for a Dream - Director's Cut"),
        ("The Diving Bell and the Butterfly  (Vintage International)", "The Diving Bell and the Butterfly"),
        ("The ODESSA File", "Odessa File VHS"),
    }
    assert 500 < found.height < 2_000
    assert found["how"].unique().to_list() == ["title"]
    assert found["confidence"].max() < 0.5  # whoever read the book may be shown the film
