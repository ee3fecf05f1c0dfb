"""What stands in a passport: as much as its level allows, and nothing by accident."""

import json
from collections import Counter

import numpy as np
import pytest
from passport_world import NOW, as_bytes

from isthmus.errors import InputError, SettingsError
from isthmus.passport import History, Terms, make_passport, open_passport, parse, render_schema, schema

pytestmark = pytest.mark.extras


def titles(known):
    return {str(title).casefold() for title in known.shelf.features.titles[known.history.liked.indices]}


@pytest.mark.parametrize("level", ["topics", "vectors", "full"])
def test_every_level_opens_and_says_the_same_in_words(known, level):
    passport = open_passport(as_bytes(known.document(level)), now=NOW)
    words = known.passport("topics")
    assert (passport.topics, passport.keywords) == (words.topics, words.keywords)
    assert bool(passport.vectors) == (level != "topics")
    assert (passport.noise is not None) == (level == "vectors")
    assert sum(one.weight for one in passport.topics) == pytest.approx(1, abs=1e-4)
    assert sum(one.weight for one in passport.keywords) == pytest.approx(1, abs=1e-4)
    if passport.vectors:
        assert sum(one.weight for one in passport.vectors) == pytest.approx(1, abs=1e-4)
        assert passport.encoder.name == known.encoder.name
        assert passport.encoder.revision == known.encoder.revision
        names = {one.name for one in passport.topics}
        assert {one.topic for one in passport.vectors} <= names


@pytest.mark.parametrize("level", ["topics", "vectors", "full"])
def test_no_item_and_no_person_is_told_unasked(known, level):
    text = json.dumps(known.document(level), ensure_ascii=False).casefold()
    for item in known.history.liked.indices:
        assert f'"{known.shelf.item_ids[item]}"'.casefold() not in text
    for title in titles(known):
        assert f'"{title}"' not in text
    assert known.history.person not in text


def test_items_are_told_when_asked_for(known):
    told = [item for one in known.passport(with_items=True).provenance for item in one.items]
    assert {item.title.casefold() for item in told} == titles(known)
    assert {item.item_id for item in told} == {
        str(known.shelf.item_ids[item]) for item in known.history.liked.indices
    }


def test_provenance_counts_and_gives_no_more_of_a_time_than_the_day(known):
    passport = known.passport()
    items = known.history.liked.indices
    counted = Counter(known.shelf.platforms[number] for number in known.shelf.item_platform[items])
    assert {one.platform: one.n_items for one in passport.provenance} == counted
    for one in passport.provenance:
        assert one.first_at <= one.last_at
        assert (one.first_at.hour, one.first_at.minute, one.last_at.second) == (0, 0, 0)


def test_what_is_disliked_has_a_valence_below_zero(known):
    nums = np.flatnonzero(np.diff(known.history.liked.indptr) > 0)
    assert len(nums) == 1
    topics = {one.name: one for one in known.passport().topics}
    assert all(one.valence == 1 for one in topics.values())
    disliked = known.history.liked.copy()
    disliked.data[:] = 1.0
    half = History(known.history.person, known.history.liked, known.history.times, disliked)
    terms = (known.encoder, Terms(), known.issuer)
    mixed = parse(make_passport(half, known.shelf, *terms, subjects=known.subjects, now=NOW))
    assert all(abs(one.valence) < 1 for one in mixed.topics)
    other = np.setdiff1d(np.arange(known.history.liked.shape[1]), known.history.liked.indices)
    far = type(disliked)((np.ones(len(other)), other, [0, len(other)]), shape=disliked.shape)
    both = History(known.history.person, known.history.liked, known.history.times, far)
    passport = parse(make_passport(both, known.shelf, *terms, subjects=known.subjects, now=NOW))
    assert any(one.valence == -1 for one in (*passport.topics, *passport.keywords))


def test_half_lives_are_those_of_the_items_and_never_below_a_month(known):
    passport = known.passport()
    longest = (known.history.times.max() - known.history.times.min()) / 86_400
    for one in (*passport.topics, *passport.keywords):
        assert 30 <= one.half_life_days <= max(longest, 30) + 0.1  # rounded


def test_a_topic_named_by_a_title_becomes_a_public_subject(known):
    features = known.shelf.features
    bare = type(features)(
        features.titles, features.vectors, features.encoder, features.words, features.creators,
        type(features.tags)(features.tags.matrix[:, :0], features.tags.names[:0]),
        type(features.tags)(features.tags.matrix[:, :0], features.tags.names[:0]),
    )  # fmt: skip
    shelf = type(known.shelf)(
        bare, known.shelf.item_platform, known.shelf.platforms, known.shelf.item_ids, known.shelf.languages
    )
    document = make_passport(
        known.history, shelf, known.encoder, Terms(), known.issuer, subjects=known.subjects, now=NOW
    )
    assert document["topics"]
    assert {one["name"] for one in document["topics"]} <= set(known.subjects.texts)


def test_noise_is_stated_as_it_is(known):
    noise = known.passport("vectors", epsilon=3.0).noise
    n = len(known.subjects.texts)
    assert (noise.epsilon, noise.n_subjects, noise.covers) == (3.0, n, "vectors")
    assert noise.keep_chance == pytest.approx(np.exp(3) / (np.exp(3) + n - 1), abs=1e-6)
    told = known.passport("vectors", epsilon=3.0)
    assert {one.subject for one in told.vectors} <= set(known.subjects.texts)


def test_nothing_known_and_terms_out_of_range_are_refused(known):
    empty = known.history.liked.copy() * 0.0
    empty.eliminate_zeros()
    nobody = History("nobody", empty, known.history.times[:0], known.history.disliked)
    with pytest.raises(InputError, match="nothing"):
        make_passport(nobody, known.shelf, known.encoder, Terms(), known.issuer, subjects=known.subjects)
    for terms in ({"expires_days": 0}, {"expires_days": 1e6}, {"purposes": ("sell",)}):
        with pytest.raises(SettingsError):
            known.document(**terms)
    with pytest.raises(SettingsError, match="epsilon"):
        known.document("vectors", epsilon=0.0)


def test_the_published_schema_is_that_of_the_fields(known):
    from pathlib import Path

    assert schema() == render_schema()
    published = Path(__file__).parents[2] / "docs" / "passport.schema.json"
    assert published.read_text(encoding="utf-8") == schema()
    described = json.loads(schema())
    assert set(known.document("vectors")) <= set(described["properties"])
    assert set(described["required"]) <= set(known.document())
