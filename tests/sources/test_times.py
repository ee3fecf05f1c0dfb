from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.sources import times
from isthmus.sources.times import UTC_TIME, parse_times

MOMENT = datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-02T21:14:07Z",
        "2024-03-02 21:14:07",
        "2024-03-02T21:14:07",
        "2024/03/02 21:14:07",
        "2024-03-03T05:14:07+08:00",
        "2024-03-02T16:14:07.000000-05:00",
        " 2024-03-02T21:14:07.000Z ",
        "1709414047",
        "1709414047.0",
        "1709414047000",
        "1709414047000000",
    ],
)
def test_forms_alone_and_among_others(text: str) -> None:
    assert parse_times(pl.Series([text, None])).to_list() == [MOMENT, None]
    among = parse_times(pl.Series([text, "2024-03-02", "soon", "20240302"]))
    assert among.to_list() == [
        MOMENT,
        datetime(2024, 3, 2, tzinfo=UTC),
        None,
        datetime(2024, 3, 2, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "text", ["soon", "", "2024-02-30", "2024-13-01", "24:00", "1e300", "nan", "inf", "9" * 400]
)
def test_what_is_no_time_is_null(text: str) -> None:
    assert parse_times(pl.Series([text])).to_list() == [None]


def test_numbers_and_their_units() -> None:
    assert parse_times(pl.Series([1_709_414_047, None])).to_list() == [MOMENT, None]
    assert parse_times(pl.Series([1_709_414_047_123])).to_list() == [MOMENT + timedelta(milliseconds=123)]
    assert parse_times(pl.Series([1_709_414_047.5])).to_list() == [MOMENT + timedelta(milliseconds=500)]
    assert parse_times(pl.Series([86_400]), unit_us=1_000).to_list() == [
        datetime(1970, 1, 1, 0, 1, 26, 400_000, UTC)
    ]
    exact = pl.Series([1_709_414_047_123_457])
    assert parse_times(exact).to_list() == [MOMENT + timedelta(microseconds=123_457)]
    assert parse_times(exact.cast(pl.String)).to_list() == [MOMENT + timedelta(microseconds=123_457)]
    assert (
        parse_times(pl.Series([2**62, -(2**63), float("nan")], strict=False), unit_us=1_000_000).null_count()
        == 3
    )


def test_dates_and_times_of_polars() -> None:
    assert parse_times(pl.Series([date(2024, 3, 2)])).to_list() == [datetime(2024, 3, 2, tzinfo=UTC)]
    east = pl.Series([MOMENT.astimezone(timezone(timedelta(hours=8)))])
    assert parse_times(east).to_list() == [MOMENT]
    assert parse_times(pl.Series([MOMENT.replace(tzinfo=None)]).dt.cast_time_unit("ns")).to_list() == [MOMENT]
    assert parse_times(pl.Series([True])).to_list() == [None]


@pytest.mark.parametrize("mixed", [[], ["2024-03-02T21:14:07+00:00"]])
def test_local_times(mixed: list[str]) -> None:
    here = ["2024-03-03 05:14:07", *mixed]
    assert set(parse_times(pl.Series(here), timezone="Asia/Shanghai")) == {MOMENT}
    # On this night Berlin skipped the hour from 2 to 3, and on the other had it twice.
    nights = parse_times(
        pl.Series(["2024-03-31 02:30:00", "2024-10-27 02:30:00", *mixed]), timezone="Europe/Berlin"
    )
    assert nights.to_list()[:2] == [None, datetime(2024, 10, 27, 0, 30, tzinfo=UTC)]
    assert set(parse_times(pl.Series(["1709414047"]), timezone="Asia/Shanghai")) == {MOMENT}


def test_by_format() -> None:
    days = parse_times(pl.Series(["02/03/2024", "31/02/2024", None]), pattern="%d/%m/%Y")
    assert days.to_list() == [datetime(2024, 3, 2, tzinfo=UTC), None, None]
    local = parse_times(pl.Series(["02.03.2024 22:14"]), pattern="%d.%m.%Y %H:%M", timezone="Europe/Berlin")
    assert local.to_list() == [datetime(2024, 3, 2, 21, 14, tzinfo=UTC)]
    zoned = parse_times(pl.Series(["Sat Mar 02 21:14:07 +0000 2024"]), pattern="%a %b %d %H:%M:%S %z %Y")
    assert zoned.to_list() == [MOMENT]
    assert parse_times(pl.Series(["x"]), pattern="%Q nonsense").to_list() == [None]


@given(
    st.lists(
        st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))
    )
)
def test_any_moment_comes_back(moments: list[datetime]) -> None:
    def whole(moment: datetime) -> datetime:
        offset = moment.utcoffset() or timedelta()
        return moment.replace(tzinfo=timezone(offset))

    fixed = [whole(moment) for moment in moments]
    times = parse_times(pl.Series([moment.isoformat() for moment in fixed], dtype=pl.String))
    assert times.dtype == UTC_TIME
    assert times.to_list() == [moment.astimezone(UTC) for moment in fixed]


@given(st.lists(st.text(max_size=30)))
def test_any_text_is_a_time_or_null(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    assert len(parse_times(pl.Series(texts, dtype=pl.String))) == len(texts)


@pytest.mark.parametrize("between", ["T", " "])
def test_a_column_of_times_with_zones_is_read_as_each_of_its_cells(between: str) -> None:
    texts = [f"2020-0{month}-31{between}23:30:00{zone}" for month in (1, 3) for zone in ("+02:00", "-11:30")]
    whole = parse_times(pl.Series("t", texts), timezone="Asia/Shanghai")
    cells = [parse_times(pl.Series("t", [text, "no time"]), timezone="Asia/Shanghai")[0] for text in texts]
    assert whole.to_list() == cells
    assert cells[0] == datetime(2020, 1, 31, 21, 30, tzinfo=UTC)


CELLS = [
    "2024-03-02T21:14:07.123Z", "2024-03-02T21:14:07.123456Z", "2024-03-02T21:14:60.500Z",
    "2024-03-02T21:14:07.+12Z", "2024-03-02T21:14:07.-12Z", "2024-03-02T21:14:07,123Z",
    "2024-03-02T21:14:07.1²Z", "2024-03-02T25:14:07.123Z", "2024-03-02T21:14:07.123z",
    " 2024-03-02T1:14:07.123Z", "2024-03-02 21:14:07+00:00", "2024-03-02 21:14:07-00:00",
    "2024-03-02 21:14:07+02:00", "2024-03-02 21:14:60+00:00", "2024-03-02 21:14:7 +00:00",
    " 2024-03-02 1:14:07+00:00", "2024-03-02\u00a01:14:07+00:00", "2024-02-30 21:14:07+00:00",
    "2024-03-02T21:14:07+00:00", "2024-03-02T21:14:07Z", "2024-03-02 21:14:07", "2024-03-02",
    "20240302", "soon", "", None,
]  # fmt: skip
NUMBERS = [
    "0", "7", " 7", "-7", "+7", "1234567", "-1234567", "20240302", "99999999999", "100000000000",
    "99999999999999", "100000000000000", "-100000000000", "253402300799", "253402300800",
    "-62135596800", "-62135596801", "1e3", "1.5", "253402300799999", "9223372036854775807",
    "9223372036854775808", None,
]  # fmt: skip


@given(
    st.lists(st.sampled_from(CELLS) | st.sampled_from(CELLS[:1]), max_size=4)
    | st.lists(st.sampled_from(NUMBERS), max_size=4)
    | st.tuples(st.sampled_from(CELLS), st.integers(1, 4)).map(lambda cell: [cell[0]] * cell[1]),
    st.sampled_from([None, 1, 1_000, 1_000_000]),
    st.sampled_from(["UTC", "Asia/Shanghai"]),
)
def test_short_ways_give_what_the_long_one_gives(
    cells: list[str | None], unit: int | None, zone: str
) -> None:
    column = pl.Series(cells, dtype=pl.String)
    quick = parse_times(column, unit_us=unit, timezone=zone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "_parse_alike", lambda *_: None)
        patch.setattr(times, "_one_unit", lambda *_: 0)
        assert quick.to_list() == parse_times(column.str.strip_chars(), unit_us=unit, timezone=zone).to_list()


def test_times_of_one_form_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_QUICK", ())
    monkeypatch.setattr(times, "_one_by_one", None)
    for text in ("2024-03-02T21:14:07.000Z", "2024-03-02T21:14:07.000000Z", "2024-03-02 21:14:07+00:00"):
        assert parse_times(pl.Series([text, None, text])).to_list() == [MOMENT, None, MOMENT]
