"""The owner takes out and makes less, and nothing of it is left behind."""

import json
from datetime import timedelta

import pytest
from passport_world import NOW, as_bytes

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.passport import IssuerKey, edit_passport, open_passport, tell

pytestmark = pytest.mark.extras

LATER = NOW + timedelta(days=1)


def test_a_topic_goes_with_its_keywords_vectors_and_items(known):
    passport = known.passport("full", with_items=True)
    topic = passport.topics[0].name
    edited = edit_passport(passport, known.issuer, remove=[topic.upper()], now=LATER)
    opened = open_passport(as_bytes(edited), now=LATER)
    assert topic not in json.dumps(edited, ensure_ascii=False)
    assert opened.topics == () or sum(one.weight for one in opened.topics) == pytest.approx(1, abs=1e-4)
    gone = {one.values for one in passport.vectors if one.topic == topic}
    assert gone
    assert not gone & {one.values for one in opened.vectors}
    lost = {one.name for one in passport.keywords if one.topic == topic}
    assert lost
    assert not lost & {one.name for one in opened.keywords}
    assert all(one.items is None for one in opened.provenance)
    assert (opened.revision, opened.edited.removed, opened.edited.lowered) == (2, 1, 0)
    assert opened.passport_id == passport.passport_id
    assert any("You changed it 1 time" in line for line in tell(opened))


def test_less_is_less_and_the_rest_keeps_its_proportions(known):
    passport = known.passport("full")
    first, *others = passport.topics
    edited = open_passport(
        as_bytes(edit_passport(passport, known.issuer, lower={first.name: 0.5}, now=LATER)), now=LATER
    )
    found = {one.name: one.weight for one in edited.topics}
    rest = sum(one.weight for one in others)
    assert found[first.name] == pytest.approx(first.weight / 2 / (first.weight / 2 + rest), abs=1e-5)
    for one in others:
        assert found[one.name] / found[others[0].name] == pytest.approx(
            one.weight / others[0].weight, rel=1e-3
        )
    assert len(edited.vectors) == len(passport.vectors)


def test_another_key_that_signs_says_so(known):
    other = IssuerKey(b"o" * 32)
    passport = known.passport()
    name = passport.keywords[0].name
    edited = open_passport(as_bytes(edit_passport(passport, other, remove=[name], now=LATER)), now=LATER)
    assert edited.issuer.public_key == other.public_key
    assert edited.edited.first_issuer == known.issuer.public_key
    again = edit_passport(edited, known.issuer, remove=[edited.keywords[0].name], now=LATER)
    assert open_passport(as_bytes(again), now=LATER).edited.first_issuer == known.issuer.public_key
    assert again["revision"] == 3


def test_an_owner_can_tell_only_less(known):
    passport = known.passport()
    name = passport.topics[0].name
    for factor in (1.5, -0.1):
        with pytest.raises(SettingsError):
            edit_passport(passport, known.issuer, lower={name: factor})
    with pytest.raises(UnknownNameError, match="no topic or keyword"):
        edit_passport(passport, known.issuer, remove=["nonsense"])
    with pytest.raises(SettingsError, match="Nothing"):
        edit_passport(passport, known.issuer)
