"""Texts as people wrote them to texts as an encoder should read them."""

import html

import polars as pl

__all__ = ["clean", "item_text"]

_TEXT_CHARS = 1_000
"""An encoder averages over a text, so what comes late only blurs what comes first."""
_SCANNED_CHARS = 4 * _TEXT_CHARS
"""Markup may fill most of a description; beyond this nothing of it could be used."""
_NAMES_PER_LIST = 10

_SCRIPT = r"(?is)<(?:script|style)\b.*?</(?:script|style)\s*>"
_MARKUP = r"(?s)<!--.*?-->|</?[a-zA-Z][^<>]*>"
_INVISIBLE = r"[\u00AD\u200B\u2060\uFEFF]"  # soft hyphen, zero-width space, word joiner, byte order mark
_SPACES = r"[\s\p{Cc}]+"


def clean(texts: pl.Series) -> pl.Series:
    """Plain text of one line: HTML entities read, markup and control characters taken out, spaces made one.

    Same length and name; null where nothing is left. `a < b` is not markup, `<br/>` is.
    """
    read = _read_entities(texts.cast(pl.String))
    plain = (
        read.str.replace_all(_SCRIPT, " ")
        .str.replace_all(_MARKUP, " ")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_SPACES, " ")
        .str.strip_chars()
    )
    return plain.replace("", None)


def item_text(items: pl.DataFrame) -> pl.Series:
    """What is encoded of each item: title, creators, categories, tags, description, in that order.

    `items` has the columns of ITEM. Gives a series of their length, at most 1,000 characters each, null where
    an item has no text at all. A description that opens with the title does not say it twice.
    """
    title = clean(items["title"].str.head(_SCANNED_CHARS))
    parts = pl.DataFrame(
        {
            "title": title,
            "creators": _names(items["creators"]),
            "categories": _names(items["categories"]),
            "tags": _names(items["tags"]),
            "description": _without_title(clean(items["description"].str.head(_SCANNED_CHARS)), title),
        }
    )
    joined = parts.select(pl.concat_str(pl.all(), separator=". ", ignore_nulls=True)).to_series()
    return joined.str.head(_TEXT_CHARS).str.strip_chars().replace("", None).alias("text")


def _read_entities(texts: pl.Series) -> pl.Series:
    """Twice, since exports of exports hold `&amp;amp;`; only texts with an ampersand leave polars."""
    frame = texts.to_frame("text").with_columns(has=pl.col("text").str.contains("&", literal=True))
    if not frame["has"].any():
        return texts
    marked = frame.filter("has")["text"]
    read = pl.Series([html.unescape(html.unescape(text)) for text in marked], dtype=pl.String)
    return texts.scatter(frame["has"].arg_true(), read)


def _names(lists: pl.Series) -> pl.Series:
    distinct = lists.list.drop_nulls().list.unique(maintain_order=True).list.head(_NAMES_PER_LIST)
    return clean(distinct.cast(pl.List(pl.String)).list.join(", "))  # older polars forgets the type


def _without_title(descriptions: pl.Series, titles: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"description": descriptions, "title": titles})
    rest = pl.col("description").str.strip_prefix(pl.col("title")).str.strip_chars_start(" .:;,-–—|")
    repeats = pl.col("description").str.starts_with(pl.col("title")).fill_null(False)
    kept = pl.when(repeats).then(rest).otherwise(pl.col("description"))
    return frame.select(kept.alias("description")).to_series().replace("", None)
