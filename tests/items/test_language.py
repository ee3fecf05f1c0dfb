import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.items import detect_languages


def language_of(text):
    return detect_languages(pl.Series([text], dtype=pl.String)).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三体", "zh"),
        ("ノルウェイの森", "ja"),
        ("東京駅", "ja"),
        ("해리 포터", "ko"),
        ("Война и мир", "ru"),
        ("Тіні забутих предків", "uk"),
        ("Λόγος", "el"),
        ("שלום", "he"),
        ("สวัสดี", "th"),
        ("ألف ليلة وليلة", "ar"),
        ("The Lord of the Rings", "en"),
        ("Der Herr der Ringe und die Gefährten", "de"),
        ("Cien años de soledad y la muerte en el mar", "es"),
        ("Il nome della rosa e gli altri", "it"),
        ("À la recherche du temps perdu et des jours", "fr"),
        ("O amor nos tempos do cólera e uma vida", "pt"),
        ("Het huis van de doden en een kind", "nl"),
        ("Män som hatar kvinnor och det är en bok", "sv"),
        ("三体, a novel", None),
    ],
)
def test_what_is_told(text, expected):
    assert language_of(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Dune", "Les Misérables", "Die Hard", "La vie de Pi", "1984", "", None, "?!", "شاه پریان", "<b></b>"],
)
def test_what_is_not_sure_is_not_said(text):
    assert language_of(text) is None


@given(st.lists(st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=6))
def test_any_text_has_at_most_one_language(texts):
    found = detect_languages(pl.Series(texts, dtype=pl.String))
    assert found.len() == len(texts)
    assert all(code is None or len(code) == 2 for code in found)
