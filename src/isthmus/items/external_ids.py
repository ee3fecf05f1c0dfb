"""Ids that mean the same thing on every platform: ISBN, ASIN, MusicBrainz, IMDb, Steam."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from operator import mul
from typing import Any

import polars as pl

__all__ = ["SCHEMES", "find_ids", "isbn10", "isbn13"]

SCHEMES = ("isbn", "asin", "mbid", "imdb", "appid")
"""What `find_ids` knows. ISBNs are given as ISBN-13, also where an ASIN or a shorter ISBN is one."""

_TRUSTED = 0.5
"""Ids of a platform are ISBNs where at least this part of those that look so has a right check digit.

By chance one in eleven has.
"""
_KEYS = {
    "isbn": "isbn", "isbn10": "isbn", "isbn13": "isbn", "asin": "asin", "imdb": "imdb", "imdbid": "imdb",
    "mbid": "mbid", "musicbrainz": "mbid", "musicbrainzid": "mbid", "trackmbid": "mbid",
    "recordingmbid": "mbid", "releasembid": "mbid", "appid": "appid", "steamappid": "appid",
}  # fmt: skip
"""Names in `extra`, lower case and without punctuation."""
_MENTIONED = r"(?i)isbn|asin|imdb|mbid|musicbrainz|app_?id"

_WEIGHTS_13 = (1, 3) * 6
_ISBN = re.compile(r"(?:97[89])?\d{9}[\dX]")
_ASIN = re.compile(r"B0[0-9A-Z]{8}")
_IMDB = re.compile(r"(?:tt)?(\d{1,10})")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

_IN_URL = (
    ("asin", r"amazon\.[a-z.]+/(?:.*/)?(?:dp|gp/product|gp/video/detail)/([0-9A-Z]{10})(?:[/?#]|$)"),
    ("imdb", r"imdb\.com/title/(tt\d{7,10})"),
    ("mbid", r"musicbrainz\.org/[a-z-]+/([0-9a-fA-F-]{36})"),
    ("appid", r"store\.steampowered\.com/app/(\d{1,10})"),
)
_SHAPES = (
    ("isbn", r"^(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dXx]$"),
    ("asin", r"^B0[0-9A-Z]{8}$"),
    ("imdb", r"^tt\d{7,10}$"),
    ("mbid", r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"),
)
"""What an item id looks like that is an id of everywhere."""


def isbn13(text: str) -> str | None:
    """The ISBN in `text` with 13 digits; None where it is none, by length, prefix or check digit.

    Hyphens and spaces do not count. An ISBN of one repeated digit is a filler, not a book.
    """
    digits = re.sub(r"[\s-]", "", text).upper()
    if not digits.isascii() or _ISBN.fullmatch(digits) is None or len(set(digits)) == 1:
        return None
    if len(digits) == 10:
        if digits[9] != _check10(digits[:9]):
            return None
        digits = f"978{digits[:9]}"
        return digits + _check13(digits)
    return digits if digits[12] == _check13(digits[:12]) else None


def isbn10(text: str) -> str | None:
    """The ISBN in `text` with 10 characters; None where it is none, or one of the prefix 979."""
    whole = isbn13(text)
    if whole is None or not whole.startswith("978"):
        return None
    return whole[3:12] + _check10(whole[3:12])


def find_ids(items: pl.DataFrame) -> pl.DataFrame:
    """The ids of `items` (columns of ITEM): a frame (row, scheme, id), each once, rows ascending.

    They are looked for in `item_id` by their shape, in `url`, and in `extra` by their names. An item id of
    ten or thirteen digits may be anything, so it counts as an ISBN only where most such ids of its platform
    have the right check digit. A plain number is a Steam id only on a platform called so.
    """
    given = pl.concat([_from_item_ids(items), _from_urls(items), _from_extra(items)])
    read = [_READ[scheme](raw) for scheme, raw in given.select("scheme", "raw").iter_rows()]
    schemes = [found[0] if found else None for found in read]
    ids = [found[1] if found else None for found in read]
    table = given.with_columns(
        scheme=pl.Series(schemes, dtype=pl.String), id=pl.Series(ids, dtype=pl.String)
    ).drop_nulls("id")
    return (
        table.filter(_trusted(given, table))
        .select("row", "scheme", "id")
        .unique()
        .sort("row", "scheme", "id")
    )


def _check10(nine: str) -> str:
    rest = -sum(map(mul, range(10, 1, -1), map(int, nine))) % 11
    return "X" if rest == 10 else str(rest)


def _check13(twelve: str) -> str:
    return str(-sum(map(mul, _WEIGHTS_13, map(int, twelve))) % 10)


Read = tuple[str, str] | None


def _read_isbn(text: str) -> Read:
    found = isbn13(text)
    return ("isbn", found) if found else None


def _read_asin(text: str) -> Read:
    """Books bear their ISBN as ASIN."""
    return ("asin", text) if _ASIN.fullmatch(text) else _read_isbn(text)


def _read_mbid(text: str) -> Read:
    lower = text.lower()
    return ("mbid", lower) if _UUID.fullmatch(lower) and set(lower) != set("0-") else None


def _read_imdb(text: str) -> Read:
    found = _IMDB.fullmatch(text)
    return ("imdb", f"tt{int(found[1]):07d}") if found and int(found[1]) else None


def _read_appid(text: str) -> Read:
    is_number = text.isascii() and text.isdecimal() and len(text) <= 10
    return ("appid", str(int(text))) if is_number and int(text) else None


_READ: Mapping[str, Callable[[str], Read]] = {
    "isbn": _read_isbn, "asin": _read_asin, "mbid": _read_mbid, "imdb": _read_imdb, "appid": _read_appid,
}  # fmt: skip
_GIVEN = pl.Schema({
    "row": pl.Int64(), "scheme": pl.String(), "raw": pl.String(), "guessed": pl.Boolean(),
    "platform": pl.String(),
})  # fmt: skip


def _from_item_ids(items: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("item_id").str.strip_chars().str.replace(r"(?i)^(?:urn:)?isbn:", "")
    on_steam = pl.col("platform").str.to_lowercase().str.starts_with("steam")
    shapes = [pl.when(text.str.contains(shape)).then(pl.lit(scheme)) for scheme, shape in _SHAPES]
    number = pl.when(on_steam & text.str.contains(r"^\d{1,10}$")).then(pl.lit("appid"))
    scheme = pl.coalesce(number, *shapes)
    rows = _rows(items).select("row", "platform", scheme=scheme, raw=text)
    guessed = rows.drop_nulls("scheme").with_columns(guessed=pl.col("scheme") == "isbn")
    return guessed.select(list(_GIVEN))


def _from_urls(items: pl.DataFrame) -> pl.DataFrame:
    rows = _rows(items).select("row", "platform", "url").drop_nulls("url")
    found = [
        rows.select(
            "row", "platform", scheme=pl.lit(scheme), raw=pl.col("url").str.extract(pattern, 1), guessed=False
        )
        for scheme, pattern in _IN_URL
    ]
    return pl.concat(found).drop_nulls("raw").select(list(_GIVEN))


def _from_extra(items: pl.DataFrame) -> pl.DataFrame:
    rows = _rows(items).filter(pl.col("extra").str.contains(_MENTIONED))
    found = [
        (row, scheme, raw, False, platform)
        for row, platform, extra in rows.select("row", "platform", "extra").iter_rows()
        for scheme, raw in _named(extra)
    ]
    return pl.DataFrame(found, schema=_GIVEN, orient="row")


def _named(extra: str) -> Iterator[tuple[str, str]]:
    """(scheme, text) of all entries of a JSON object that are called as ids are."""
    try:
        told = json.loads(extra)
    except (ValueError, RecursionError):
        return
    for key, value in told.items() if isinstance(told, dict) else ():
        scheme = _KEYS.get(re.sub(r"[^a-z0-9]", "", key.lower()))
        for one in _each(value) if scheme else ():
            if isinstance(one, str | int) and not isinstance(one, bool):
                yield str(scheme), str(one).strip()


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _rows(items: pl.DataFrame) -> pl.DataFrame:
    rows = items.select("platform", "item_id", "url", "extra").with_row_index("row")
    return rows.with_columns(pl.col("row").cast(pl.Int64))


def _trusted(given: pl.DataFrame, table: pl.DataFrame) -> pl.Expr:
    """Whether a row of `table` was named for what it is, or is one of a platform whose ids are ISBNs."""
    asked = given.filter("guessed").group_by("platform").len("asked")
    right = table.filter("guessed").group_by("platform").len("right")
    share = asked.join(right, on="platform", how="left").with_columns(pl.col("right").fill_null(0))
    good = share.filter(pl.col("right") >= _TRUSTED * pl.col("asked"))["platform"]
    return ~pl.col("guessed") | pl.col("platform").is_in(good.implode())
