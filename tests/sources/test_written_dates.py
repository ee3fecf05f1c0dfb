from datetime import UTC, datetime

import pytest

from isthmus.sources.written_dates import read_written_time

EVENING = datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        "Mar 2, 2024, 9:14:07 PM UTC",
        "Mar 2, 2024, 9:14:07\u202fPM UTC",
        "Mar 2, 2024, 10:14:07 PM CET",
        "2 Mar 2024, 21:14:07 GMT",
        "02.03.2024, 22:14:07 MEZ",
        "2 mars 2024, 22:14:07 CET",
        "2 mar 2024, 22:14:07 CET",
        "2 de mar. de 2024, 18:14:07 BRT",
        "2 мар. 2024 г., 22:14:07 GMT+01:00",
        "3 мар. 2024 г., 00:14:07 MSK",
        "2024/03/03 6:14:07 JST",
        "2024年3月3日 05:14:07 CST",
        "2024年3月3日 上午5:14:07 [CST]".replace("[CST]", "CST"),
        "3/2/2024, 3:14:07 PM CST",
        "2 Mar 2024, 22:14:07 UTC+1",
        "2 lut 2024, 22:14:07 CET".replace("lut", "mar"),
    ],
)
def test_the_same_evening_in_many_languages(words: str) -> None:
    assert read_written_time(words) == (EVENING, True)


def test_noon_and_midnight() -> None:
    assert read_written_time("Mar 2, 2024, 12:00:00 AM UTC") == (datetime(2024, 3, 2, tzinfo=UTC), True)
    assert read_written_time("Mar 2, 2024, 12:00:00 PM UTC") == (datetime(2024, 3, 2, 12, tzinfo=UTC), True)


def test_an_unknown_zone_is_said_to_be_one() -> None:
    assert read_written_time("2 Mar 2024, 21:14:07 XYZ") == (EVENING, False)
    assert read_written_time("2 Mar 2024, 21:14:07") == (EVENING, False)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "yesterday",
        "2024",
        "Feb 30, 2024, 9:14:07 PM UTC",
        "99.99.2024, 99:99:99",
        "1" * 5_000,
        "2 Mar 2024",
    ],
)
def test_what_is_no_time(words: str) -> None:
    assert read_written_time(words) is None
