"""Dates and times as pages write them for people, in the languages of the larger services."""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["read_written_time"]

_MONTHS = (
    "jan janv ene gen янв січ oca sty led", "feb févr fév fev февр фев лют şub lut",
    "mar mär märz mrt mars март мар бер", "apr avr abr апр кві nis kwi",
    "may mai maj mag mei май мая тра mayo",
    "jun juin giu июн чер haz cze", "jul juil lug июл лип tem lip", "aug août aou ago авг сер ağu sie",
    "sep sept set сент сен вер eyl wrz", "oct okt ott out окт жов eki paź", "nov ноя нояб лис kas lis",
    "dec dez déc dic дек гру ara gru des",
)  # fmt: skip
_BY_WORD = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_MINUTES = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120,
    "EET": 120, "EEST": 180, "SAST": 120, "MSK": 180, "TRT": 180, "PKT": 300, "IST": 330, "ICT": 420,
    "WIB": 420,
    "HKT": 480, "SGT": 480, "PHT": 480, "AWST": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660,
    "NZST": 720, "NZDT": 780, "ART": -180, "BRT": -180, "AST": -240, "EDT": -240, "EST": -300, "CDT": -300,
    "CST": -360, "MDT": -360, "MST": -420, "PDT": -420, "PST": -480, "AKDT": -480, "AKST": -540, "HST": -600,
}  # fmt: skip
_CHINA = 480

_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?")
_HALF = re.compile(
    r"(?<!\w)(?:(a\.? ?m\.?)|(p\.? ?m\.?))(?!\w)|(午前|上午|오전)|(午後|下午|오후)", re.IGNORECASE
)
_ZONE = re.compile(r"(?:(?:GMT|UTC)([+\-−]\d{1,2})(?::?(\d{2}))?|([A-Z]{3,5}))$")
_YEAR_FIRST = re.compile(r"(\d{4})\s?[年년/.\-]\s?(\d{1,2})\s?[月월/.\-]\s?(\d{1,2})(?![\d:])")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[./\-]\s?(\d{1,2})[./\-]\s?(\d{4})")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 120


def read_written_time(words: str) -> tuple[datetime, bool] | None:
    """The time that `words` name (`Mar 2, 2024, 9:14:07 PM CET`, `2024年3月2日 21:14:07`), None where none.

    The second says whether its zone is known; one that is not is taken as UTC. Of two numbers before the year
    the first is the day, unless the hours are counted to twelve or it is above twelve. CST is that of China
    beside Chinese signs, and of America elsewhere.
    """
    if len(words) > _LONGEST:
        return None
    plain = re.sub(r"[\u200e\u200f\u202a-\u202e]", "", words)
    plain = " ".join(re.sub(r"[\u202f\u00a0]", " ", plain).split())
    clock = _last(_TIME, _HALF.sub(" ", _ZONE.sub("", plain)))
    half = _HALF.search(plain)
    date = _date(plain, american=half is not None)
    if clock is None or date is None:
        return None
    hour = int(clock[1])
    if half is not None:
        hour = hour % 12 + (12 if half[2] or half[4] else 0)
    minutes = _zone(plain)
    try:
        local = datetime(*date, hour, int(clock[2]), int(clock[3] or 0), tzinfo=UTC)
        return local - timedelta(minutes=minutes or 0), minutes is not None
    except (ValueError, OverflowError):
        return None


def _last(pattern: "re.Pattern[str]", words: str) -> "re.Match[str] | None":
    """The last match that is no part of a date: 02.03.2024 comes before the time."""
    cut = _YEAR_LAST.sub(lambda found: " " * len(found[0]), words)
    return next(iter(reversed(list(pattern.finditer(cut)))), None)


def _date(words: str, american: bool) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.search(words):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _YEAR_LAST.search(words):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        return (year, first, second) if (american and first <= 12) or second > 12 else (year, second, first)
    month = next((number for word in _WORD.findall(words) if (number := _month(word))), None)
    year_at = re.search(r"(?<!\d)(\d{4})(?!\d)", words)
    day_at = re.search(r"(?<![\d:.])(\d{1,2})(?![\d:]|\.\d)", words)
    if month is None or year_at is None or day_at is None:
        return None
    return int(year_at[1]), month, int(day_at[1])


def _month(word: str) -> int | None:
    """The month that a word or its first three or four letters name."""
    word = word.lower()
    return next((_BY_WORD[part] for part in (word, word[:4], word[:3]) if part in _BY_WORD), None)


def _zone(words: str) -> int | None:
    """Minutes before UTC; None where the zone is not known."""
    found = _ZONE.search(words)
    if found is None:
        return None
    if found[1]:
        hours = int(found[1].replace("−", "-"))
        return hours * 60 + (int(found[2] or 0) if hours >= 0 else -int(found[2] or 0))
    if found[3] == "CST" and re.search(r"[年月日]", words):
        return _CHINA
    return _MINUTES.get(found[3])
