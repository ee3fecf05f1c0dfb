import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.items import find_ids, isbn10, isbn13
from isthmus.schema import ITEM, conform

UUID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"


def frame(**columns):
    n = len(columns["item_id"])
    text = pl.Series([None] * n, dtype=pl.String)
    return conform(pl.DataFrame({"platform": ["p"] * n, "url": text, "extra": text} | columns), ITEM)


def ids_of(**columns):
    return find_ids(frame(**columns)).rows()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0439785960", "9780439785969"),
        ("0-306-40615-2", "9780306406157"),
        ("978 0 306 40615 7", "9780306406157"),
        ("080442957X", "9780804429573"),
        ("080442957x", "9780804429573"),
        ("9791034304585", "9791034304585"),
        ("0439785961", None),
        ("9780306406158", None),
        ("0804429573", None),
        ("9770306406157", None),
        ("0000000000", None),
        ("043978596", None),
        ("X439785960", None),
        ("٠٤٣٩٧٨٥٩٦٠", None),
        ("", None),
    ],
)
def test_isbn(text, expected):
    assert isbn13(text) == expected


@given(st.text("0123456789", min_size=9, max_size=9).filter(lambda nine: len(set(nine)) > 1))
def test_an_isbn_goes_to_thirteen_digits_and_back(nine):
    (short,) = [f"{nine}{last}" for last in "0123456789X" if isbn13(f"{nine}{last}")]  # one check digit fits
    long = isbn13(short)
    assert len(long) == 13
    assert isbn13(long) == long
    assert isbn10(long) == isbn10(short) == short


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_found_out(nine, place, by):
    long = isbn13(f"{nine}{next((last for last in '0123456789X' if isbn13(nine + last)), '')}")
    if long is None:
        return  # nine times the same digit
    wrong = long[: 3 + place] + str((int(long[3 + place]) + by) % 10) + long[4 + place :]
    assert isbn13(wrong) is None


def test_979_has_no_short_form():
    assert isbn10("9791034304585") is None
    assert isbn10("nonsense") is None


@pytest.mark.parametrize(
    ("item_id", "expected"),
    [
        ("B00005JNBQ", ("asin", "B00005JNBQ")),
        ("tt0111161", ("imdb", "tt0111161")),
        (UUID.upper(), ("mbid", UUID)),
        ("urn:isbn:0439785960", ("isbn", "9780439785969")),
        ("978-0-306-40615-7", ("isbn", "9780306406157")),
        ("00000000-0000-0000-0000-000000000000", None),
        ("tt0000000", None),
        ("B00005JNB", None),
        ("730", None),
        ("Radiohead – Creep", None),
    ],
)
def test_item_ids_are_known_by_their_shape(item_id, expected):
    assert ids_of(item_id=[item_id]) == ([(0, *expected)] if expected else [])


def test_a_plain_number_is_a_steam_id_on_steam_only():
    items = frame(item_id=["730", "730"], platform=["Steam", "shop"])
    assert find_ids(items).rows() == [(0, "appid", "730")]


def test_ten_digits_are_isbns_only_where_most_have_the_check_digit():
    numbers = [str(1_000_000_000 + 7 * n) for n in range(200)]
    assert any(isbn13(number) for number in numbers)  # by chance
    assert ids_of(item_id=numbers) == []
    books = ["0439785960", "0306406152", "0000000000"]
    items = frame(item_id=[*numbers, *books], platform=["shop"] * 200 + ["books"] * 3)
    assert {row for row, _, _ in find_ids(items).rows()} == {200, 201}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.amazon.de/Etwas/dp/B00005JNBQ?tag=x", ("asin", "B00005JNBQ")),
        ("https://amazon.co.uk/gp/product/0439785960/", ("isbn", "9780439785969")),
        ("https://www.imdb.com/title/tt0111161/", ("imdb", "tt0111161")),
        (f"https://musicbrainz.org/recording/{UUID}", ("mbid", UUID)),
        ("https://store.steampowered.com/app/730/CS", ("appid", "730")),
        ("https://example.org/dp/B00005JNBQ", None),
    ],
)
def test_addresses_name_ids(url, expected):
    assert ids_of(item_id=["x"], url=[url]) == ([(0, *expected)] if expected else [])


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ('{"isbn": "0306406152", "isbn13": "9780306406157"}', [("isbn", "9780306406157")]),
        ('{"ISBN_13": ["9780306406157", "0439785960", null]}',
         [("isbn", "9780306406157"), ("isbn", "9780439785969")]),
        ('{"imdb": "tt0111161", "tmdb": "278"}', [("imdb", "tt0111161")]),
        ('{"imdbId": 111161}', [("imdb", "tt0111161")]),
        (f'{{"track_mbid": "{UUID}"}}', [("mbid", UUID)]),
        ('{"appid": 730}', [("appid", "730")]),
        ('{"asin": "0439785960"}', [("isbn", "9780439785969")]),
        ('{"appid": true, "isbn": {"a": 1}, "asin": 5.5}', []),
        ('{"isbn": "080442', []),
        ("[\"isbn\"]", []),
    ],
)  # fmt: skip
def test_extra_names_ids(extra, expected):
    assert [row[1:] for row in ids_of(item_id=["x"], extra=[extra])] == expected


def test_no_items_no_ids():
    found = find_ids(ITEM.empty())
    assert found.is_empty()
    assert found.columns == ["row", "scheme", "id"]
