"""Whether an item is to be read, watched, heard or played."""

import polars as pl

__all__ = ["media_of"]

_WORDS = {
    "read": "book books novel novels ebook ebooks audiobook audiobooks manga comics 图书 书籍 小说",
    "watch": "film films movie movies tv cinema series anime video videos 电影 影视 电视剧 动画",
    "hear": "music song songs album albums track tracks podcast podcasts 音乐 歌曲",
    "play": "game games videogame videogames steam 游戏",
}
_MEDIUM = {word: medium for medium, words in _WORDS.items() for word in words.split()}
_WORD = r"[\p{L}\p{N}]+"


def media_of(items: pl.DataFrame) -> pl.Series:
    """`read`, `watch`, `hear` or `play` for each of `items` (columns of ITEM); null where it is not clear.

    The platform's name says it, or else the categories do, by whole words. Where they say two things
    ("music", "film") none is believed.
    """
    names = items["categories"].list.join(" ", ignore_nulls=True)
    by_category = _one_medium(names)
    by_platform = _one_medium(items["platform"])
    return by_platform.zip_with(by_platform.is_not_null(), by_category).alias("medium")


def _one_medium(texts: pl.Series) -> pl.Series:
    distinct = texts.unique()
    words = distinct.str.to_lowercase().str.extract_all(_WORD)
    media = (
        words.list.eval(pl.element().replace_strict(_MEDIUM, default=None)).list.drop_nulls().list.unique()
    )
    single = media.list.first().zip_with(media.list.len() == 1, pl.Series([None], dtype=pl.String))
    table = pl.DataFrame({"text": distinct, "medium": single})
    return texts.to_frame("text").join(table, on="text", how="left", maintain_order="left", nulls_equal=True)[
        "medium"
    ]
