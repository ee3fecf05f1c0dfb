"""Douban (豆瓣): books, films, music and games marked as wanted, in progress or done.

There is no official export: the answers of its API saved as files, or the CSV files of browser exporters.
Short comments and a person's own tags are not read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.fields import iso_time, needed_text, nested, number, text
from isthmus.sources.records import Made, RecordSource
from isthmus.sources.tabular import LINE, JsonPath, JsonRow, iter_json_parts, read_delimited

__all__ = ["DoubanSource"]

_CHINA = timezone(timedelta(hours=8))
_WANTED = {"mark", "wish", "想看", "想读", "想听", "想玩"}
_DONE = {"done", "collect", "doing", "do", "看过", "读过", "听过", "玩过", "在看", "在读", "在听", "在玩", ""}
_KINDS = {"book": "read", "movie": "watch", "tv": "watch", "music": "play", "game": "play", "drama": "watch"}
_CATEGORIES = {
    "book": "book",
    "movie": "film",
    "tv": "series",
    "music": "music",
    "game": "game",
    "drama": "theatre",
}
_HOSTS = {"book": "book", "movie": "movie", "tv": "movie", "music": "music"}
_WORDS = {"很差": 1.0, "较差": 2.0, "还行": 3.0, "推荐": 4.0, "力荐": 5.0}
_COLUMNS = {  # of the exporters, Chinese and English
    "title": ("标题", "片名", "书名", "名称", "title"),
    "rating": ("个人评分", "我的评分", "评分", "rating"),
    "date": ("打分日期", "评分日期", "标记日期", "创建时间", "date"),
    "link": ("条目链接", "链接", "豆瓣链接", "url"),
    "status": ("状态", "status"),
    "creator": ("作者", "作者/导演", "导演", "表演者"),
}  # fmt: skip
_LINK = re.compile(
    r"https?://(book|movie|music|www)\.douban\.com/(?:subject|game|location/drama)/(\d{1,12})/?\S*"
)


class DoubanSource(RecordSource):
    """Done or in progress as `read`, `watch` or `play` by its medium, wanted as `save`, a rating as `rate`.

    Ratings are 1 to 5, whatever the scale they are written on. Times are those of China.
    """

    name = "douban"
    patterns = ("*douban*.json", "*douban*.csv", "interests*.json", "*豆瓣*.csv", "*豆瓣*.json")
    advice = "Save the API's answers as douban-interests-1.json …, or use an exporter that writes CSV."
    marks = (('"interests"', '"subject"'), ("douban.com/subject",))

    def rows(self, file: Path) -> Iterator[JsonRow]:
        """The marks of one file. InputError where it is neither an answer of the API nor a known table."""
        if file.name.lower().removesuffix(".gz").endswith(".csv"):
            yield from self._table(file)
            return

        def wants(path: JsonPath, sign: str) -> bool:
            return path in {("interests",), ("data", "interests")} or (not path and sign == "[")

        for _, line, row in iter_json_parts(file, wants, what="no list of interests", advice=self.advice):
            yield line, row

    def _table(self, file: Path) -> Iterator[JsonRow]:
        names: dict[str, str] = {}

        def choose(columns: Sequence[str]) -> Sequence[str]:
            for ours, theirs in _COLUMNS.items():
                if known := next((name for name in theirs if name in columns), None):
                    names[known] = ours
            if missing := next((ours for ours in ("title", "link") if ours not in names.values()), None):
                raise InputError(f"lacks a column for the {missing}", self.advice, file=str(file), line=1)
            return list(names)

        for chunk in read_delimited(file, self.batch_rows, choose):
            yield from ((one.line, one) for one in chunk.broken)
            for row in chunk.frame.iter_rows(named=True):
                yield row.pop(LINE), {names[name]: value for name, value in row.items()}

    def make(self, row: Mapping[str, Any]) -> Iterable[Made]:
        """One event, and one more for a rating."""
        from_table = "link" in row
        item, medium = _item_of_table(row) if from_table else _item(nested(row, "subject"))
        status = text(row, "status") or ""
        if status not in _WANTED | _DONE:
            raise InputError(f"{status[:40]!r} is no status", field="status")
        when = _time(row, "date" if from_table else "create_time")
        rating = _rating(row.get("rating"))
        yield {"kind": "save" if status in _WANTED else _KINDS[medium], "occurred_at": when}, item
        if rating:
            yield {"kind": "rate", "value": rating, "unit": "rating", "occurred_at": when}, item


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    """Local time of China as UTC, where no zone is written."""
    written = text(row, name)
    when = iso_time({**row, name: (written or "").replace("/", "-")}, name)
    if when is None or re.search(r"(?:Z|[+-]\d\d:?\d\d)$", (written or "")[10:]):
        return when
    try:
        return when.replace(tzinfo=_CHINA).astimezone(UTC)
    except OverflowError as error:
        raise InputError(f"{str(written)[:40]!r} is no time", field=name) from error


def _rating(given: object) -> float | None:
    """1 to 5, whatever the scale it is written on; None where there is none."""
    if isinstance(given, str) and given.strip() in _WORDS:
        return _WORDS[given.strip()]
    row = given if isinstance(given, Mapping) else {"value": given}
    value = number(row, "value") if not isinstance(given, list) else None
    scale = number(row, "max") or 5.0
    if not value:
        return None
    if not 0 < value <= scale:
        raise InputError(f"{value} is no rating of 1 to {scale:g}", field="rating")
    return value * 5 / scale


def _item_of_table(row: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    link = _LINK.fullmatch(needed_text(row, "link"))
    if not link:
        raise InputError("is no link to a subject", field="link")
    medium = link[1] if link[1] != "www" else "game" if "/game/" in link[0] else "drama"
    creators = [part.strip() for part in re.split(r"[/、,]", text(row, "creator") or "") if part.strip()]
    # Exporters join the titles of a film: 肖申克的救赎 / The Shawshank Redemption.
    title, _, original = needed_text(row, "title").partition(" / ")
    return _described(link[2], medium, title, original.split(" / ")[0].strip(), creators), medium


def _item(subject: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    subject_id, medium = needed_text(subject, "id"), text(subject, "type") or ""
    if not re.fullmatch(r"\d{1,12}", subject_id, re.ASCII):
        raise InputError(f"{subject_id[:40]!r} is no id", field="subject.id")
    if medium not in _KINDS:
        raise InputError(f"{medium[:40]!r} is no medium", field="subject.type")
    named: list[str] = []
    for field in ("author", "directors", "singer", "developers"):
        value = subject.get(field)
        for one in value if isinstance(value, list) else []:
            name = one.get("name") if isinstance(one, dict) else one
            named += [name] if isinstance(name, str) and name else []
    item = _described(subject_id, medium, text(subject, "title"), text(subject, "original_title"), named)
    genres = subject.get("genres")
    item["tags"] = [one for one in genres if isinstance(one, str)] if isinstance(genres, list) else []
    year = text(subject, "year") or ""
    item["published_at"] = datetime(int(year), 1, 1, tzinfo=UTC) if re.fullmatch(r"[12]\d{3}", year) else None
    return item, medium


def _described(
    subject_id: str, medium: str, title: str | None, original: str | None, creators: list[str]
) -> dict[str, Any]:
    host = f"https://{_HOSTS.get(medium, 'www')}.douban.com"
    return {
        "item_id": subject_id,
        "title": title,
        "creators": list(dict.fromkeys(creators)),
        "categories": [_CATEGORIES[medium]],
        "url": f"{host}/{'game' if medium == 'game' else 'subject'}/{subject_id}/",
        "extra": json.dumps({"original_title": original}, ensure_ascii=False)
        if original and original != title
        else None,
    }
