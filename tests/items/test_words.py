import os
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.items import normalise_title, title_words


def words_of(*titles):
    frame = title_words(pl.Series("title", titles, dtype=pl.String))
    assert frame.columns == ["row", "word"]
    assert frame["row"].is_sorted()
    return [set(frame.filter(pl.col("row") == row)["word"]) for row in range(len(titles))]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The Lord of the Rings", {"lord", "rings", "lord_rings"}),
        ("The Lord Of The Rings (Widescreen Edition) [DVD]", {"lord", "rings", "lord_rings"}),
        ("Ender&#39;s Game (2013)", {"enders", "game", "enders_game"}),
        ("Ender’s Game: Book 1", {"enders", "game", "enders_game"}),
        ("AMÉLIE", {"amelie"}),
        ("Straße, Łódź", {"strasse", "lodz", "strasse_lodz"}),
        ("1984", {"1984"}),
        ("Heat, Heat", {"heat", "heat_heat"}),
        ("三体问题", {"三体", "体问", "问题"}),
        ("三体 The Three-Body Problem", {"三体", "three", "body", "problem", "three_body", "body_problem"}),
        ("ハリー・ポッター", {"ハリ", "リー", "ポッ", "ッタ", "ター"}),
        ("活", {"活"}),
        ("해리 포터", {"해리", "포터", "해리_포터"}),
        ("It", {"it"}),
        ("The Book", {"the_book"}),
        ("V", {"v"}),
        ("?!", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_words_of_one_title(title, expected):
    assert words_of(title) == [expected]


def test_a_book_and_its_film_share_their_rare_words():
    book, film, other = words_of("Gone Girl: A Novel (Paperback)", "Gone Girl [Blu-ray]", "Girl, Interrupted")
    assert book == film == {"gone", "girl", "gone_girl"}
    assert "gone_girl" not in other


def test_pairs_do_not_reach_over_titles_or_scripts():
    assert words_of("alpha", "beta") == [{"alpha"}, {"beta"}]
    assert words_of("三 体") == [{"三", "体"}]


@given(st.lists(st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=6))
def test_any_text_gives_distinct_words_of_existing_rows(titles):
    series = pl.Series("title", titles, dtype=pl.String)
    frame = title_words(series)
    assert not frame.is_duplicated().any()
    assert set(frame["row"]) <= set(range(len(titles)))
    assert frame.null_count().row(0) == (0, 0)
    assert normalise_title(series).len() == len(titles)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The Hobbit", "hobbit"),
        ("Hobbit, The", "hobbit"),
        ("The Hobbit, The", "hobbit"),
        ("Heat (1995) [DVD]", "heat"),
        ("HEAT - VHS", "heat"),
        ("Dune: A Novel", "dune"),
        ("Dune (Dune Chronicles, Book 1)", "dune"),
        ("Blade Runner Special Edition Blu-ray", "blade runner"),
        ("Les Misérables", "les miserables"),
        ("A Theory of Everything", "theory of everything"),
        ("(500) Days of Summer", "days of summer"),
        ("[Untitled]", "untitled"),
        ("三体：死神永生", "三体 死神永生"),
        ("", None),
        (None, None),
    ],
)
def test_two_copies_of_one_thing_have_one_key(title, expected):
    assert normalise_title(pl.Series([title], dtype=pl.String)).to_list() == [expected]


def test_different_parts_keep_different_keys():
    keys = normalise_title(pl.Series(["Toy Story", "Toy Story 2", "Toy Story 3"]))
    assert keys.n_unique() == 3


def test_a_million_characters_cost_no_more_than_a_title():
    started = time.perf_counter()
    words = title_words(pl.Series(["word " * 200_000, "体" * 1_000_000, "<" * 1_000_000]))
    assert words.height < 2_000
    assert time.perf_counter() - started < 1


def test_sixty_thousand_titles_take_seconds_at_most():
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("ISTHMUS_DATA", root.parent / "shared" / "data")) / "amazon-books-movies"
    files = sorted(folder.glob("*/*.csv*"))
    if not files:
        pytest.skip(f"amazon-books-movies is not at {folder} (set ISTHMUS_DATA)")
    titles = pl.concat([pl.read_csv(file, infer_schema_length=0)["title"] for file in files]).unique()
    assert titles.len() > 50_000
    started = time.perf_counter()
    words = title_words(titles)
    assert time.perf_counter() - started < 6  # 0.7 s alone on two cores; other work may share them
    assert words["row"].n_unique() > 0.99 * titles.len()
