from datetime import UTC, datetime
from typing import Any

import pytest

from isthmus.errors import InputError
from isthmus.sources.fields import day, duration_s, epoch, iso_time, nested, number, text, whole_number


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, " a ", "a"),
        (text, "Not Available", None),
        (text, 7, None),
        (number, "4.5", 4.5),
        (number, "", None),
        (whole_number, "007", 7),
        (iso_time, "2024-03-02T21:14:07.1234567Z", datetime(2024, 3, 2, 21, 14, 7, 123_456, tzinfo=UTC)),
        (iso_time, "2024-03-02 21:14 UTC", datetime(2024, 3, 2, 21, 14, tzinfo=UTC)),
        (iso_time, "2024-03-02T21:14:07+02:00", datetime(2024, 3, 2, 19, 14, 7, tzinfo=UTC)),
        (epoch, "86400", datetime(1970, 1, 2, tzinfo=UTC)),
        (epoch, "0", None),
        (day, "2024/3/2", datetime(2024, 3, 2, tzinfo=UTC)),
        (day, "20240302", datetime(2024, 3, 2, tzinfo=UTC)),
        (duration_s, "PT12H3M5S", 43_385.0),
        (duration_s, "P1DT0.5S", 86_400.0),
    ],
)
def test_what_a_field_says(read: Any, value: object, expected: object) -> None:
    assert read({"x": value}, "x") == expected
    assert read({}, "x") is None


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (number, "1e400"), (number, "NaN"), (number, []), (whole_number, "-1"), (whole_number, "1.5"),
        (iso_time, "yesterday"), (iso_time, "0001-01-01T00:00:00+14:00"), (epoch, "-5"), (epoch, "9" * 14),
        (day, "2024-02-30"), (day, "2/3/2024"), (duration_s, "PT"), (duration_s, "1 hour"),
    ],
)  # fmt: skip
def test_what_it_does_not_say_names_the_field(read: Any, value: object) -> None:
    with pytest.raises(InputError) as caught:
        read({"x": value}, "x")
    assert caught.value.field == "x"


def test_a_path_that_breaks_off_is_empty() -> None:
    assert nested({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert nested({"a": 7}, "a", "b") == nested({}, "a") == {}
