"""The words of titles: what the same story keeps when it changes its medium."""

import polars as pl

from isthmus.items.text import clean

__all__ = ["normalise_title", "title_words"]

_ENGLISH = (
    "a an and are as at be but by for from had has have he her his how i if in into is it its me my no nor "
    "not of off on or our out over she so than that the their them then there these they this to under up us "
    "was we were what when where which who whom why will with you your"
)
_FORMATS = (
    "abridged anniversary audio audiobook bluray blu ray book books boxed boxset bonus bundle cd cds classic "
    "collection collector collectors complete cut deluxe digital director directors disc discs dvd dvds "
    "ebook edition editions ep episode episodes exclusive extended feature film full fullscreen hardcover hd "
    "illustrated import imported kindle limited mass market motion movie movies new novel ost pack paperback "
    "part picture player region remaster remastered reprint revised screen season seasons series set special "
    "theatrical tie trilogy tv uhd ultraviolet unabridged uncut unrated version vhs video vol volume volumes "
    "widescreen"
)
_STOP_WORDS = pl.Series([*_ENGLISH.split(), *_FORMATS.split()])

_UNFOLDED = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}  # no accent to take off
_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]"
_TOKEN = rf"{_CJK}+|[[\p{{L}}\p{{M}}\p{{N}}]--{_CJK}]+"
_YEAR = r"[(\[](?:18|19|20)\d\d[)\]]"
_ASIDE = r"\([^()]*\)|\[[^\[\]]*\]"
_TRAILING_FORMAT = (
    r"(?: (?:dvd|vhs|blu ray|bluray|4k|uhd|widescreen|full ?screen|paperback|hardcover|kindle|audiobook"
    r"|(?:special|collectors|limited|deluxe|extended|anniversary|unrated|revised)? ?edition|a novel))+$"
)
_TITLE_CHARS = 500
"""No title needs more; a title of a million characters must not cost a million pairs."""


def title_words(titles: pl.Series) -> pl.DataFrame:
    """Each word, and each pair of neighbouring words, of each title once: a frame (row, word), rows
    ascending.

    Lower case, without accents, without English function words and words of formats (dvd, edition, season).
    Chinese and Japanese give pairs of characters, as they mark no words. Pairs read `lord_rings`. A title
    that is nothing but such words ("It", "The Book") is kept whole as one word.
    """
    tokens = _tokens(titles)
    words = tokens.filter(
        ~pl.col("cjk") & (pl.col("token").str.len_chars() > 1) & ~pl.col("token").is_in(_STOP_WORDS.implode())
    ).select("row", word="token")
    found = pl.concat([words, _pairs(words), _character_pairs(tokens.filter("cjk"))])
    whole = tokens.join(found, on="row", how="anti").group_by("row").agg(word=pl.col("token").str.join("_"))
    return pl.concat([found, whole]).unique(maintain_order=True).sort("row", maintain_order=True)


def normalise_title(titles: pl.Series) -> pl.Series:
    """A title without what differs between two copies of one thing: the key for finding twins.

    Lower case, no accents, no punctuation, no years or editions in brackets, no format at the end, no article
    in front or behind. Same length; null where nothing is left.
    """
    folded = _fold(titles)
    bare = _spaced(folded.str.replace_all(_ASIDE, " "))
    bare = bare.str.replace(_TRAILING_FORMAT, "").str.replace_all(r"^(?:the|an?) | (?:the|an?)$", "")
    whole = _spaced(folded)
    return bare.replace("", None).zip_with((bare != "").fill_null(False), whole).replace("", None)


def _fold(titles: pl.Series) -> pl.Series:
    """Lower case; letters without their accents, but kana with their voice marks."""
    lower = clean(titles.cast(pl.String).str.head(_TITLE_CHARS)).str.to_lowercase()
    bare = lower.str.normalize("NFKD").str.replace_all(r"[\u0300-\u036f'’`´]", "")
    return bare.str.normalize("NFKC").str.replace_many(_UNFOLDED)


def _spaced(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ").str.strip_chars()


def _tokens(titles: pl.Series) -> pl.DataFrame:
    """Every token of every title, in order: (row, token, cjk)."""
    listed = _fold(titles).str.replace_all(_YEAR, " ").str.extract_all(_TOKEN)
    long = listed.alias("token").to_frame().with_row_index("row").explode("token").drop_nulls("token")
    return long.with_columns(cjk=pl.col("token").str.contains(f"^{_CJK}"))


def _pairs(words: pl.DataFrame) -> pl.DataFrame:
    follows = pl.col("row") == pl.col("row").shift(-1)
    pair = pl.concat_str("word", pl.col("word").shift(-1), separator="_")
    return words.select("row", word=pl.when(follows).then(pair)).drop_nulls("word")


def _character_pairs(runs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of neighbouring characters of each run; a run of one character is that character."""
    single = pl.col("token").str.len_chars() == 1
    letters = (
        runs.filter(~single)
        .with_row_index("run")
        .select("row", "run", letter=pl.col("token").str.extract_all("(?s)."))
        .explode("letter")
    )
    follows = pl.col("run") == pl.col("run").shift(-1)
    pair = pl.concat_str("letter", pl.col("letter").shift(-1))
    pairs = letters.select("row", word=pl.when(follows).then(pair)).drop_nulls("word")
    return pl.concat([runs.filter(single).select("row", word="token"), pairs])
