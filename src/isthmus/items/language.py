"""Which language a text is in, as far as its letters and small words tell; no model, no download."""

import polars as pl

from isthmus.items.text import clean

__all__ = ["detect_languages"]

_SCRIPTS = {
    "latin": r"\p{Latin}", "han": r"\p{Han}", "kana": r"[\p{Hiragana}\p{Katakana}]", "hangul": r"\p{Hangul}",
    "cyrillic": r"\p{Cyrillic}", "arabic": r"\p{Arabic}", "greek": r"\p{Greek}", "hebrew": r"\p{Hebrew}",
    "thai": r"\p{Thai}",
}  # fmt: skip
_OF_SCRIPT = {"hangul": "ko", "greek": "el", "hebrew": "he", "thai": "th"}
_JAPANESE_ONLY = "[々〆円図団変対帰広応戦拝拡権歩歴気沢渋焼発県経絵総続縁聴覚読軽辺込遅鉄関駅騒験黒]"
_CHARS = 4_000
_LEAST = 2
"""Small words that must speak for a language of Latin letters."""

_SMALL_WORDS = {
    "en": "the of and to in is for with from on by that this you your his her my how what who are was at an",
    "de": "der die das und ist nicht ein eine einer eines dem den des im von mit auf für zu ich wie aus vom",
    "fr": "le la les et est un une des du de dans pour avec sur qui que au aux ne pas je nous il elle mon",
    "es": "el la los las y es un una de del en que por con para como su al lo no mi se más sin",
    "it": "il lo la gli e è un una di del della dei delle nel che per con non da si al alla come sono",
    "pt": "o a os as e é um uma de do da dos das em no na que por com para não se ao mais como meu",
    "nl": "de het een en van is niet in op te voor met die dat aan zijn ik je hoe wat naar uit over",
    "sv": "och det att en ett som är på av för med inte den till jag från om hur min ur",
    "pl": "i w na z nie się to do jest jak o po za od dla czy przez ja ale co",
}
_WORDS = pl.DataFrame(
    [(word, code) for code, words in _SMALL_WORDS.items() for word in words.split()],
    schema={"word": pl.String(), "code": pl.String()},
    orient="row",
)


def detect_languages(texts: pl.Series) -> pl.Series:
    """A code of ISO 639-1 for each text, null where it is not sure. Same length.

    The script of most letters decides, where it is that of one language. Han letters are Chinese unless kana
    or letters that only Japanese uses stand among them, so a title in a few kanji passes for Chinese.
    Cyrillic is Russian unless it has letters of Ukrainian, Belarusian or Serbian, so Bulgarian passes for
    Russian. Latin letters need two small words ("the", "und") that speak for one language and more than for
    any other: a title of one or two words stays unknown.
    """
    plain = clean(texts.cast(pl.String).str.head(_CHARS)).fill_null("")
    counts = plain.to_frame("text").select(
        "text", *(pl.col("text").str.count_matches(letters).alias(name) for name, letters in _SCRIPTS.items())
    )
    east = counts.with_columns(han=pl.col("han") + pl.col("kana")).drop("text", "kana")
    letters, most = east.sum_horizontal(), east.max_horizontal()
    script = east.select(
        pl.coalesce(pl.when(pl.col(name) == most).then(pl.lit(name)) for name in east.columns)
    ).to_series()
    sure = (most > 0) & (2 * most > letters)
    frame = counts.with_columns(script=script.zip_with(sure, pl.Series([None], dtype=pl.String)))
    return frame.with_columns(latin_code=_by_small_words(frame)).select(_code()).to_series()


def _code() -> pl.Expr:
    text, script = pl.col("text"), pl.col("script")
    eastern = pl.when((pl.col("kana") > 0) | text.str.contains(_JAPANESE_ONLY)).then(pl.lit("ja"))
    slavic = (
        pl.when(text.str.contains("[іїєґІЇЄҐ]") & ~text.str.contains("[ўЎ]"))
        .then(pl.lit("uk"))
        .when(text.str.contains("[ўЎ]"))
        .then(pl.lit("be"))
        .when(text.str.contains("[јљњћђџЈЉЊЋЂЏ]"))
        .then(pl.lit("sr"))
        .otherwise(pl.lit("ru"))
    )
    semitic = pl.when(text.str.contains("[پچژگ]")).then(None).otherwise(pl.lit("ar"))  # Persian or Urdu
    return (
        pl.when(script == "han")
        .then(eastern.otherwise(pl.lit("zh")))
        .when(script == "cyrillic")
        .then(slavic)
        .when(script == "arabic")
        .then(semitic)
        .when(script == "latin")
        .then(pl.col("latin_code"))
        .otherwise(script.replace_strict(_OF_SCRIPT, default=None))
        .alias("language")
    )


def _by_small_words(frame: pl.DataFrame) -> pl.Series:
    """The language most of whose small words stand in a text, null where two have as many or all too few."""
    words = (
        frame.with_row_index("row")
        .filter(pl.col("script") == "latin")
        .select("row", word=pl.col("text").str.to_lowercase().str.extract_all(r"[\p{L}\p{M}]+"))
        .explode("word")
        .drop_nulls("word")
    )
    hits = words.join(_WORDS, on="word").group_by("row", "code").len("hits")
    ranked = hits.sort("row", "hits", descending=[False, True]).group_by("row", maintain_order=True)
    best = ranked.agg(
        code=pl.col("code").first(),
        hits=pl.col("hits").first(),
        second=pl.col("hits").get(1, null_on_oob=True).fill_null(0),
    ).filter((pl.col("hits") >= _LEAST) & (pl.col("hits") > pl.col("second")))
    rows = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    return rows.join(best.select("row", "code"), on="row", how="left", maintain_order="left")["code"]
