import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.items import clean, item_text
from isthmus.schema import ITEM, conform


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("AT&amp;amp;T &quot;x&quot; &#39;y&#39;", "AT&T \"x\" 'y'"),
        ("one<br/>two<BR >three", "one two three"),
        ("<p class='a'>An <b>old</b> tale</p><!-- note -->", "An old tale"),
        ("&lt;i&gt;Dune&lt;/i&gt;", "Dune"),
        ("before<script>alert('x < y')</script>after", "before after"),
        ("a < b and c > d, I <3 you", "a < b and c > d, I <3 you"),
        ("tabs\tand\r\nlines \u3000 and\x00controls\x1b", "tabs and lines and controls"),
        ("zero\u200bwidth \ufeffmark soft\u00adhyphen", "zerowidth mark softhyphen"),
        ("三体 <br> 刘慈欣", "三体 刘慈欣"),
        ("R&D & more", "R&D & more"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("  ", None),
        ("<br/>", None),
        ("", None),
        (None, None),
    ],
)
def test_plain_text_is_what_is_left(text, expected):
    assert clean(pl.Series("title", [text, "other"], dtype=pl.String)).to_list() == [expected, "other"]


@given(st.lists(st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=5))
def test_cleaning_keeps_length_and_name_and_leaves_one_line(texts):
    cleaned = clean(pl.Series("any", texts, dtype=pl.String))
    assert (cleaned.len(), cleaned.name) == (len(texts), "any")
    for text in cleaned.drop_nulls():
        assert text
        assert text == text.strip()
        assert "  " not in text
        assert "\n" not in text


def items(**columns):
    n = len(next(iter(columns.values())))
    return conform(
        pl.DataFrame({"platform": ["p"] * n, "item_id": [str(i) for i in range(n)], **columns}), ITEM
    )


def test_title_names_and_description_stand_in_order():
    frame = items(
        title=["Dune &amp; more"],
        creators=[["Frank Herbert", "Frank Herbert", None]],
        categories=[["Books", "Science&nbsp;Fiction"]],
        tags=[["desert"]],
        description=["<p>A boy on a planet of sand.</p>"],
    )
    assert item_text(frame).to_list() == [
        "Dune & more. Frank Herbert. Books, Science Fiction. desert. A boy on a planet of sand."
    ]


def test_a_title_is_not_said_twice():
    frame = items(title=["Dune", "Dune", "Dune"], description=["Dune: a boy", "Dune", "On Dune, a boy"])
    assert item_text(frame).to_list() == ["Dune. a boy", "Dune", "Dune. On Dune, a boy"]


def test_an_item_without_any_text_is_null():
    frame = items(title=[None, "<br>", "A"], creators=[[], [""], None], description=["", None, None])
    assert item_text(frame).to_list() == [None, None, "A"]
    assert item_text(ITEM.empty()).len() == 0


def test_texts_end_where_the_encoder_stops_reading_even_a_million_characters():
    started = time.perf_counter()
    text = item_text(items(title=["long " * 200_000, "A"], description=["x", "word <b>" * 100_000]))
    assert text.str.len_chars().to_list() == [999, 1_000]  # a space at the cut goes too
    assert time.perf_counter() - started < 2
