"""Every passport that must not be used is refused, with its reason."""

import copy
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passport_world import NOW, as_bytes

from isthmus.errors import (
    IsthmusError,
    PassportDowngradedError,
    PassportError,
    PassportExpiredError,
    PassportIssuerError,
    PassportLockedError,
    PassportPurposeError,
    PassportTamperedError,
)
from isthmus.passport import IssuerKey, check_purpose, fingerprint, open_passport, seal

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def document(known):
    return known.document("vectors")


def test_a_good_one_opens(known, document):
    opened = open_passport(as_bytes(document), now=NOW)
    assert opened.level == "vectors"
    key = known.issuer.public_key
    assert open_passport(as_bytes(document), now=NOW, issuers=[key]) == opened
    assert open_passport(as_bytes(document), now=NOW, issuers=["another", fingerprint(key)]) == opened


def leaves(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for name, child in inner for one in leaves(child, (*path, name))] or [path]


def test_whatever_is_changed_shows(document):
    for path in leaves(document):
        changed = copy.deepcopy(document)
        inner = changed
        for name in path[:-1]:
            inner = inner[name]
        old = inner[path[-1]]
        inner[path[-1]] = (
            old + "x" if isinstance(old, str) else old + 1 if isinstance(old, int | float) else 0
        )
        with pytest.raises(PassportError) as refused:
            open_passport(as_bytes(changed), now=NOW)
        assert isinstance(refused.value, PassportTamperedError | PassportDowngradedError) or path[0] in (
            "format", "version",
        ), path  # fmt: skip


def test_what_is_added_or_taken_away_shows(document):
    for changed in (
        document | {"note": "harmless"},
        document | {"vectors": document["vectors"][1:]},
        {name: value for name, value in document.items() if name != "keywords"},
    ):
        with pytest.raises(PassportTamperedError):
            open_passport(as_bytes(changed), now=NOW)


def test_a_stranger_cannot_pass_it_off_as_the_issuers(known, document):
    stranger = IssuerKey(b"s" * 32)
    forged = stranger.sign(document | {"issuer": {"algorithm": "Ed25519", "public_key": stranger.public_key}})
    assert open_passport(as_bytes(forged), now=NOW).level == "vectors"  # whole, but by whom?
    with pytest.raises(PassportIssuerError, match=fingerprint(stranger.public_key)):
        open_passport(as_bytes(forged), now=NOW, issuers=[known.issuer.public_key])
    with pytest.raises(PassportTamperedError):  # the true key's name over a stranger's signature
        open_passport(as_bytes(document | {"signature": forged["signature"]}), now=NOW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 0}, "version 0"), ({"version": None}, "version None"),
        ({"version": True}, "version True"),
        ({"signature": ""}, "signature was taken off"), ({"signature": None}, "signature was taken off"),
        ({"level": None}, "level was taken off"), ({"level": "open"}, "level was taken off"),
        ({"issuer": {"algorithm": "none", "public_key": ""}}, "signed with 'none'"),
        ({"issuer": None}, "signed with None"),
    ],
)  # fmt: skip
def test_a_protection_taken_off_is_refused(document, change, reason):
    with pytest.raises(PassportDowngradedError, match=reason):
        open_passport(as_bytes(document | change), now=NOW)


@pytest.mark.parametrize("name", ["version", "signature", "level", "issuer", "expires_at", "consent"])
def test_a_protection_left_out_is_refused(document, name):
    with pytest.raises(PassportDowngradedError):
        open_passport(as_bytes({one: value for one, value in document.items() if one != name}), now=NOW)


@pytest.mark.parametrize(
    "change",
    [{"level": "topics"}, {"level": "full"}, {"noise": None}],
    ids=["topics with vectors", "full with noise", "vectors without noise"],
)
def test_a_level_is_held_to_what_it_claims_even_when_signed(known, document, change):
    lying = {name: value for name, value in (document | change).items() if value is not None}
    with pytest.raises(PassportDowngradedError, match="claims"):
        open_passport(as_bytes(known.issuer.sign(lying)), now=NOW)


def test_time(document):
    with pytest.raises(PassportExpiredError, match="expired on 2027-05-23"):
        open_passport(as_bytes(document), now=NOW + timedelta(days=181))
    with pytest.raises(PassportExpiredError, match="future"):
        open_passport(as_bytes(document), now=NOW - timedelta(days=1))
    assert open_passport(as_bytes(document), now=NOW + timedelta(days=179))


def test_a_newer_format_asks_for_a_newer_program(document):
    with pytest.raises(PassportError, match="version 2") as refused:
        open_passport(as_bytes(document | {"version": 2}), now=NOW)
    assert "newer Isthmus" in refused.value.hint


def test_a_sealed_one_needs_its_passphrase(document):
    raw = as_bytes(seal(document, "open sesame"))
    assert open_passport(raw, passphrase="open sesame", now=NOW).level == "vectors"
    for wrong in (None, "open"):
        with pytest.raises(PassportLockedError):
            open_passport(raw, passphrase=wrong, now=NOW)
    # What was sealed is checked like anything else.
    with pytest.raises(PassportTamperedError):
        open_passport(as_bytes(seal(document | {"languages": ["xx"]}, "a")), passphrase="a", now=NOW)


def test_purposes(known):
    passport = known.passport(purposes=("personalise",))
    check_purpose(passport, "personalise")
    with pytest.raises(PassportPurposeError, match="not to 'transfer'"):
        check_purpose(passport, "personalise", "transfer")


@given(data=st.data())
def test_no_bytes_bring_it_down_and_none_pass(document, data):
    raw = bytearray(as_bytes(document))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        open_passport(bytes(raw), now=NOW)
    except IsthmusError:
        return
    assert json.loads(raw) == document  # the same, at most spelt otherwise
