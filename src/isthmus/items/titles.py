"""Titles taken apart: the work, its series and volume, its edition and year, its name in another language."""

import polars as pl

from isthmus.items.text import clean

__all__ = ["split_titles"]

_TITLE_CHARS = 500
_BRACKETS = {
    "（": "(",
    "）": ")",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "［": "[",
    "］": "]",
    "／": "/",
    "＝": "=",
}
_PIECE = r"\([^()]*\)|\[[^\[\]]*\]|[^()\[\]]+|[()\[\]]"
_BRACKETED = r"^\([^()]*\)$|^\[[^\[\]]*\]$"

_NUMBER = r"\d+(?:\.\d+)?|[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten"
_ROMAN = "i|ii|iii|iv|v|vi|vii|viii|ix|x"
_ORDINAL = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
_HAN_NUMBER = "[一二三四五六七八九十]+"
_COUNTED = r"\b(?:books?|bk|vols?|volumes?|part|pt|tome|tomo|band|bd|teil|no|nr)\b\.? ?#?|\bv\.|#"
_SEASON = r"(?:(?:the )?complete )?(?:seasons?|series|staffel|saison|temporada)\.? "
_ASIDE_VOLUME = rf"(?i)^(.*?)[,:;]? *(?:{_COUNTED}) *({_NUMBER})(?: of .+)?$|^(.+)[,;] *(\d+)$"
_ASIDE_SERIES = r"(?i)^(?:an? |the )?(.+ )(?:series|trilogy|saga|chronicles|cycle|mystery|mysteries|novels?)$"
_TAIL = r"[\s:;,·\-–—：，]+"
_TAIL_VOLUME = rf"(?i){_TAIL}(?:{_COUNTED}) *({_NUMBER})$"
_TAIL_SEASON = rf"(?i){_TAIL}{_SEASON}({_NUMBER})$"
_TAIL_ORDINAL = rf"(?i){_TAIL}(?:the )?(?:complete )?({_ORDINAL}) season$"
_HAN_VOLUME = rf"[\s:：·,，\-]*第 ?(\d+|{_HAN_NUMBER}) ?([部卷册冊集巻話话回])$"
_HAN_SEASON = rf"[\s:：·,，\-]*第 ?(\d+|{_HAN_NUMBER}) ?季$"

_ASIDE_YEAR = (
    r"(?i)^(?:film|movie|tv series|tv|album|novel)?,? ?((?:18|19|20)\d\d)"
    r"(?: (?:film|movie|tv series|album))?$"
)
_ASIDE_EDITION = (
    r"(?i)\b(?:editions?|ed\.|unabridged|abridged|dvds?|vhs|blu-?ray|remaster(?:ed)?|deluxe|hardcover"
    r"|paperback|kindle|audiobook|audio cds?|cd-?rom|import|regions? \d|reg\. ?\d|region free|pal|ntsc"
    r"|widescreen|full ?screen|ws|ff|box ?sets?|english subtitled|dubbed|uncut|unrated|director'?s cut"
    r"|extended cut|bilingual|theatrical release|reissue|bonus tracks?|digital copy|4k|uhd|3d|mono|stereo"
    r"|large print|reprint|revised|classics|library)\b"
    r"|^(?:tm|r|第?[\d一二三四五六七八九十]+版|.*(?:修订|珍藏|典藏|纪念|精装|平装|插图|完整|导演剪辑|豪华|全新|文庫|新装|新).?版?|套装.*)$"
)
_QUALIFIED = (
    r"(?:(?:super|special|collector'?s|limited|deluxe|extended|unrated|revised|complete|expanded|definitive"
    r"|director'?s|international|kindle|illustrated|standard|platinum|ultimate|\d+(?:st|nd|rd|th)"
    r"|anniversary|first|second|third|large print)[ -])+(?:edition|cut)"
)
_TAIL_EDITION = (
    rf"(?i){_TAIL}(?:the )?(?:{_QUALIFIED}|unabridged|abridged|deluxe|a novel"
    r"|(?:\d{4} )?(?:digital(?:ly)? )?remaster(?:ed)?(?: version)?(?: \d{4})?"
    r"|dvd|vhs|blu-?ray|4k(?: uhd)?|uhd|widescreen|full ?screen|paperback|hardcover|audiobook)$"
)
_HAN_EDITION = (
    r"[\s:：·,，\-]*(?:第 ?[\d一二三四五六七八九十]+版"
    r"|(?:修订|珍藏|典藏|纪念|精装|平装|插图|完整|豪华|新装|导演剪辑)版)$"
)
_FOREIGN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Cyrillic}\p{Greek}\p{Arabic}\p{Hebrew}\p{Thai}]"
_PARALLEL = r"^(.*[\p{L}\p{N}].*?) = (.*[\p{L}\p{N}].*)$"
_SLASHED = r"^([^/]*[\p{L}\p{N}][^/]*?) (?:/|\|) ([^/]*[\p{L}\p{N}][^/]*)$"
_LETTERS = r"\p{Latin}\p{Hangul}\p{Cyrillic}"
_BESIDE = rf"^([^{_LETTERS}]*\p{{Han}}[^{_LETTERS}]*?) +([^\p{{Han}}]*[{_LETTERS}]{{2}}[^\p{{Han}}]*)$"

_NUMERALS = {
    name: str(number)
    for names in (_NUMBER.split("|")[2:], _ROMAN.split("|"), _ORDINAL.split("|"), "一二三四五六七八九十")
    for number, name in enumerate(names, 1)
}


def split_titles(titles: pl.Series) -> pl.DataFrame:
    """Each title in its parts, one row each: title, other_title, series, volume, edition, aside, year.

    `title` is what is left, HTML entities and markup read, and null only for an empty one. `other_title` is
    the name in another language: behind " = ", behind " / " or in brackets in another script, or the Latin,
    Korean or Cyrillic words behind a Chinese name ("三体 The Three-Body Problem"). `volume` is a number
    ("1", "2.5") or a season ("season 3"); `series` names what it is a volume of, where the title does not.
    `edition` is what tells two copies of one work apart (format, region, remaster). `aside` is what stands in
    brackets and could not be told; it stays in `title` too. Two Latin titles around " / " are two works on
    one disc as often as one work in two languages, so they stay together.
    """
    plain = clean(titles.cast(pl.String).str.head(_TITLE_CHARS)).str.replace_many(_BRACKETS)
    frame = _without_asides(plain)
    for _ in range(2):  # "Season 2 DVD", "Vol. 3: Deluxe Edition"
        frame = _cut(frame, "edition", _TAIL_EDITION, _HAN_EDITION)
        frame = _cut_volumes(frame)
    frame = frame.with_columns(_tidy(pl.col("title"))).with_columns(
        pl.when(pl.col("title") == "").then(pl.lit(plain)).otherwise(pl.col("title")).alias("title")
    )
    return _part_languages(frame).select(
        "title", "other_title", "series", "volume", "edition", "aside", pl.col("year").cast(pl.Int32)
    )


def _without_asides(plain: pl.Series) -> pl.DataFrame:
    """What stands in brackets is told apart and, where it could be told, taken out of the title."""
    pieces = (
        plain.str.extract_all(_PIECE)
        .alias("piece")
        .to_frame()
        .with_row_index("row")
        .explode("piece")
        .with_columns(aside=pl.col("piece").str.contains(_BRACKETED))
        .with_columns(
            inner=pl.when("aside").then(pl.col("piece").str.slice(1).str.head(-1).str.strip_chars())
        )
    )
    outer = pl.col("piece").filter(~pl.col("aside")).str.join("").over("row")
    told = pieces.with_columns(outer=outer).with_columns(_kind(), *_volume())
    inner, kind = pl.col("inner"), pl.col("kind")
    parts = told.group_by("row", maintain_order=True).agg(
        title=pl.col("piece").filter(kind.is_null() | (kind == "unknown")).str.join(" "),
        other_title=inner.filter(kind == "other").first(),
        series=pl.col("series").filter(kind == "series").drop_nulls().first(),
        volume=pl.col("volume").filter(kind == "series").drop_nulls().first(),
        edition=inner.filter(kind == "edition").str.join("; ").replace("", None),
        aside=inner.filter(kind == "unknown").str.join("; ").replace("", None),
        year=inner.filter(kind == "year").str.extract(_ASIDE_YEAR, 1).first(),
    )
    return parts.drop("row").with_columns(pl.when(plain.is_not_null()).then(pl.col("title")))


def _kind() -> pl.Expr:
    """What an aside is about; null for what is none. A title all in brackets is left alone."""
    inner, outer = pl.col("inner"), pl.col("outer").fill_null("")
    foreign_in, foreign_out = inner.str.contains(_FOREIGN), outer.str.contains(_FOREIGN)
    latin_in, latin_out = inner.str.contains(r"\p{Latin}{2}"), outer.str.contains(r"\p{Latin}")
    is_volume = inner.str.contains(_ASIDE_VOLUME) | _han_volume().is_not_null()
    return (
        pl.when(~pl.col("aside").fill_null(False))
        .then(None)
        .when(~outer.str.contains(r"[\p{L}\p{N}]"))
        .then(pl.lit("unknown"))
        .when(inner.str.contains(_ASIDE_YEAR))
        .then(pl.lit("year"))
        .when(inner.str.contains(_ASIDE_EDITION))
        .then(pl.lit("edition"))
        .when(is_volume | inner.str.contains(_ASIDE_SERIES))
        .then(pl.lit("series"))
        .when((foreign_in & ~foreign_out) | (latin_in & ~foreign_in & foreign_out & ~latin_out))
        .then(pl.lit("other"))
        .otherwise(pl.lit("unknown"))
        .alias("kind")
    )


def _han_volume() -> pl.Expr:
    return pl.col("inner").str.extract(rf"^第?(\d+|{_HAN_NUMBER})[部卷册冊集巻]$", 1)


def _volume() -> list[pl.Expr]:
    inner = pl.col("inner")
    groups = inner.str.extract_groups(_ASIDE_VOLUME).struct
    number = pl.coalesce(groups.field("2"), groups.field("4"), _han_volume())
    name = pl.coalesce(groups.field("1"), groups.field("3"), inner.str.extract(_ASIDE_SERIES, 1))
    return [_numeral(number).alias("volume"), name.str.strip_chars(" ,:;-").replace("", None).alias("series")]


def _numeral(number: pl.Expr) -> pl.Expr:
    lower = number.str.to_lowercase()
    return lower.replace(_NUMERALS).str.replace(r"^0+(\d)", "${1}")


def _cut(frame: pl.DataFrame, name: str, *patterns: str) -> pl.DataFrame:
    """Take what matches off the end of the title and add it to the column `name`."""
    for pattern in patterns:
        title = frame["title"].str.strip_chars()
        rest = title.str.replace(pattern, "")
        found = (rest != title) & rest.str.contains(r"[\p{L}\p{N}]")
        taken = pl.when(found).then(title.str.extract(f"({pattern})", 1).str.strip_chars(" \t:;,·-–—：，"))
        both = pl.concat_str(pl.col(name), taken, separator="; ", ignore_nulls=True).replace("", None)
        kept = pl.when(found).then(rest).otherwise(title)
        frame = frame.with_columns(kept.alias("title"), both.alias(name))
    return frame


def _cut_volumes(frame: pl.DataFrame) -> pl.DataFrame:
    """Take a number of a volume or a season off the end of the title; one in brackets counts before it."""
    for pattern, prefix in (
        (_TAIL_SEASON, "season "), (_TAIL_ORDINAL, "season "), (_HAN_SEASON, "season "), (_TAIL_VOLUME, ""),
        (_HAN_VOLUME, ""),
    ):  # fmt: skip
        title = pl.col("title").str.strip_chars()
        number, rest = title.str.extract(pattern, 1), title.str.replace(pattern, "")
        found = number.is_not_null() & rest.str.contains(r"[\p{L}\p{N}]")
        frame = frame.with_columns(
            title=pl.when(found).then(rest).otherwise(title),
            volume=pl.coalesce("volume", pl.when(found).then(pl.lit(prefix) + _numeral(number))),
        )
    return frame


def _part_languages(frame: pl.DataFrame) -> pl.DataFrame:
    """Part a title from its name in another language, unless brackets held that already."""
    parallel, slashed, beside = (
        pl.col("title").str.extract_groups(pattern).struct.rename_fields(["name", "other"])
        for pattern in (_PARALLEL, _SLASHED, _BESIDE)
    )
    name, other = slashed.struct.field("name"), slashed.struct.field("other")
    slashed = pl.when(name.str.contains(_FOREIGN) != other.str.contains(_FOREIGN)).then(slashed)
    pairs = [
        pl.when(pair.struct.field("name").is_not_null()).then(pair) for pair in (parallel, slashed, beside)
    ]
    pair = pl.coalesce(pairs).struct
    free = pl.col("other_title").is_null() & pair.field("name").is_not_null()
    return frame.with_columns(
        title=pl.when(free).then(_tidy(pair.field("name"))).otherwise("title"),
        other_title=pl.when(free).then(_tidy(pair.field("other"))).otherwise("other_title"),
    )


def _tidy(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars(" :;,·-–—：，")
