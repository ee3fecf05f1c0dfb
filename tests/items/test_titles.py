import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.items import split_titles

PARTS = ("title", "other_title", "series", "volume", "edition", "aside", "year")


def parts(title):
    (row,) = split_titles(pl.Series([title], dtype=pl.String)).to_dicts()
    assert tuple(row) == PARTS
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Leviathan Wakes (The Expanse #1)",
         {"title": "Leviathan Wakes", "series": "The Expanse", "volume": "1"}),
        ("Dune (Dune Chronicles, Book 1)", {"title": "Dune", "series": "Dune Chronicles", "volume": "1"}),
        ("An Owl (An Aelf Fen Mystery)", {"title": "An Owl", "series": "Aelf Fen"}),
        ("Mort (Discworld, 4)", {"title": "Mort", "series": "Discworld", "volume": "4"}),
        ("Berserk, Vol. 1", {"title": "Berserk", "volume": "1"}),
        ("Berserk, Vol. 01", {"title": "Berserk", "volume": "1"}),
        ("Saga, Book Two", {"title": "Saga", "volume": "2"}),
        ("The Godfather Part II", {"title": "The Godfather", "volume": "2"}),
        ("Community: Season 3 DVD", {"title": "Community", "volume": "season 3", "edition": "DVD"}),
        ("Friends: The Complete Second Season", {"title": "Friends", "volume": "season 2"}),
        ("青春有你 第一季", {"title": "青春有你", "volume": "season 1"}),
        ("还珠格格第三部", {"title": "还珠格格", "volume": "3"}),
    ],
)  # fmt: skip
def test_series_and_volume(title, expected):
    assert parts(title) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Heat (1995) [DVD]", {"title": "Heat", "edition": "DVD", "year": 1995}),
        ("HEAT - VHS", {"title": "HEAT", "edition": "VHS"}),
        ("Alien [Blu-ray]", {"title": "Alien", "edition": "Blu-ray"}),
        ("The Wall (Deluxe Edition) [Remastered 2011]",
         {"title": "The Wall", "edition": "Deluxe Edition; Remastered 2011"}),
        ("Abbey Road - Remastered 2011", {"title": "Abbey Road", "edition": "Remastered 2011"}),
        ("1984 (Unabridged)", {"title": "1984", "edition": "Unabridged"}),
        ("The Hobbit: 75th Anniversary Edition",
         {"title": "The Hobbit", "edition": "75th Anniversary Edition"}),
        ("Gone Girl: A Novel", {"title": "Gone Girl", "edition": "A Novel"}),
        ("Emma (Penguin Classics)", {"title": "Emma", "edition": "Penguin Classics"}),
        ("算法导论（第2版）", {"title": "算法导论", "edition": "第2版"}),
        ("算法导论 第2版", {"title": "算法导论", "edition": "第2版"}),
        ("Yesterday (Live)", {"title": "Yesterday (Live)", "aside": "Live"}),
        ("Zeta (film, 2009)", {"title": "Zeta", "year": 2009}),
    ],
)  # fmt: skip
def test_edition_and_year(title, expected):
    assert parts(title) == expected


@pytest.mark.parametrize(
    ("title", "name", "other"),
    [
        ("三体 The Three-Body Problem", "三体", "The Three-Body Problem"),
        ("三体 / The Three-Body Problem", "三体", "The Three-Body Problem"),
        ("The Three-Body Problem / 三体", "The Three-Body Problem", "三体"),
        ("Seven Samurai (七人の侍)", "Seven Samurai", "七人の侍"),
        ("七人の侍 (Seven Samurai)", "七人の侍", "Seven Samurai"),
        ("寄生虫 기생충", "寄生虫", "기생충"),
        ("Krieg und Frieden = War and Peace", "Krieg und Frieden", "War and Peace"),
    ],
)
def test_both_names_are_kept(title, name, other):
    assert parts(title) == {"title": name, "other_title": other}


@pytest.mark.parametrize(
    "title",
    ["Toy Story 2", "2046", "Blade Runner 2049", "Catch-22", "Fahrenheit 451", "Rocky V", "Rocky VII",
     "Vol. 3", "Part One", "Se7en", "Series 7", "Wings / The Ascent", "AC/DC", "Star Wars: Episode V",
     "东京 タワー", "Band of Brothers", "DVD", "第2版", "No. 5"],
)  # fmt: skip
def test_what_only_looks_like_a_suffix_stays(title):
    assert parts(title) == {"title": title}


@pytest.mark.parametrize("title", ["[Untitled]", "(500) Days of Summer", "Foo (Civix)", "Toys (Toys R Us)"])
def test_brackets_that_are_not_understood_stay_in_the_title(title):
    assert parts(title)["title"] == title
    assert "aside" in parts(title)


def test_entities_and_markup_are_read():
    assert parts("Salt &amp; Fat<br/> <b>Acid</b> Heat (2nd Edition)")["title"] == "Salt & Fat Acid Heat"
    assert parts("") == parts(None) == parts("<br/>") == {}


@given(st.lists(st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=6))
def test_every_title_with_a_letter_keeps_a_title(titles):
    series = pl.Series("title", titles, dtype=pl.String)
    frame = split_titles(series)
    assert frame.height == len(titles)
    has_letter = series.str.contains(r"[a-zA-Z]").fill_null(False) & ~series.str.contains("[<&]").fill_null(
        False
    )
    assert frame.filter(has_letter)["title"].null_count() == 0


def test_no_titles():
    assert split_titles(pl.Series([], dtype=pl.String)).columns == list(PARTS)
