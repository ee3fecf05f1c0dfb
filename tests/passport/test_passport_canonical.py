"""One spelling: the examples of RFC 8785, and what two programs could understand differently."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import PassportError
from isthmus.passport import canonical, read_json


@pytest.mark.parametrize(
    ("value", "spelling"),
    [  # RFC 8785, appendix B, and the edges of the exponent
        (0.0, "0"), (-0.0, "0"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"), (295147905179352830000.0, "295147905179352830000"),
        (1e21, "1e+21"), (9.999999999999997e22, "9.999999999999997e+22"), (1e-7, "1e-7"), (1e-6, "0.000001"),
        (0.5, "0.5"), (-333333333.3333332, "-333333333.3333332"), (12, "12"), (True, "true"), (None, "null"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_ecmascript_does(value, spelling):
    assert canonical(value) == spelling.encode()


def test_members_are_sorted_by_utf16_and_text_is_utf8():
    # U+1F600 sorts before U+FB33 by UTF-16 code units, after it by code points (RFC 8785, 3.2.3).
    found = canonical({"\ufb33": 1, "\U0001f600": 2, "a": ["é", "\u000f", '"']})
    assert found == '{"a":["é","\\u000f","\\""],"\U0001f600":2,"\ufb33":1}'.encode()


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_a_spelling_says_the_same_and_is_its_own(value):
    raw = canonical(value)
    assert json.loads(raw, parse_int=float) == value
    assert canonical(json.loads(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"a": 1, "a": 2}', "'a' twice"), (b'{"a": NaN}', "NaN"), (b"[1]", "no JSON object"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "nested"), (b"\xff\xfe", "not a passport"),
        (b"[" * 100_000, "not a passport"), (b"PK\x03\x04", "not a passport"), (b"", "not a passport"),
    ],
)  # fmt: skip
def test_what_could_be_understood_differently_is_refused(raw, reason):
    with pytest.raises(PassportError, match=reason):
        read_json(raw, "me.passport")


def test_what_json_cannot_say_is_refused():
    with pytest.raises(PassportError):
        canonical({"a": float("nan")})
    with pytest.raises(PassportError):
        canonical({"a": "\ud800"})
