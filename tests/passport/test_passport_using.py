"""Another catalogue reads a passport: by vectors, by words, and says why."""

import base64
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from passport_world import NOW

from isthmus.dataset import ItemFeatures
from isthmus.errors import PassportError
from isthmus.passport import Blend, Interest, Keyword, Reader, Subjects
from isthmus.schema import ITEM, conform

pytestmark = pytest.mark.extras

SHOP = [
    ("Starship Troopers", "Paul Verhoeven", "science fiction"),
    ("A galaxy of robots and space ships", "Somebody", "space"),
    ("Bread, cake and pastry at home", "Anna Baker", "cooking"),
    ("The detective and the murder in the library", "Agatha Christie", "crime"),
    ("Knitting for beginners", "Some Hands", "crafts"),
    ("Football: a history", "Some Feet", "sports"),
]


class Letters:
    """Another encoder: hashed runs of three letters."""

    name, revision, embedding_size = "letters", "1", 256

    def encode(self, texts, advance=None):
        found = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in enumerate(texts):
            for start in range(max(len(text) - 2, 0)):
                found[row, sum(map(ord, text[start : start + 3])) % 256] += 1
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.where(norms > 0, norms, 1)


def features(encoder):
    rows = [
        {"platform": "shop", "item_id": str(number), "title": title, "creators": [by], "categories": [kind]}
        for number, (title, by, kind) in enumerate(SHOP)
    ]
    return ItemFeatures.build(conform(pl.DataFrame(rows), ITEM), encoder)


def reader(encoder, **more):
    found = features(encoder)
    return Reader(found, np.arange(len(SHOP)), np.zeros(len(SHOP)), encoder, **more)


def one_topic(passport, name, valence=1.0):
    topic = Interest(name=name, weight=1.0, valence=valence, platforms={"books": 1.0})
    return passport.model_copy(update={"topics": (topic,), "keywords": ()})


def test_the_same_encoder_reads_vectors_and_another_the_words(known):
    passport = known.passport("full")
    same = reader(known.encoder, subjects=known.subjects).suggest(passport, 3, now=NOW)
    other = reader(Letters()).suggest(passport, 3, now=NOW)
    assert (same.by, other.by) == ("vectors", "texts")
    # A revision that differs is another encoder.
    stale = passport.model_copy(update={"encoder": passport.encoder.model_copy(update={"revision": "0"})})
    assert reader(known.encoder, subjects=known.subjects).suggest(stale, 3, now=NOW).by == "texts"


def test_vectors_alone_find_what_is_near(known):
    found = reader(known.encoder, subjects=known.subjects, blend=Blend(1, 0, 0, 0))
    subject = known.subjects.texts.index("space exploration")
    passport = known.passport("vectors", epsilon=60.0)
    values = known.subjects.vectors[subject].astype("<f4").tobytes()
    vector = passport.vectors[0].model_copy(
        update={"values": base64.b64encode(values).decode(), "weight": 1.0}
    )
    best = found.suggest(passport.model_copy(update={"vectors": (vector,)}), 2, now=NOW)
    assert set(best.item_nums.tolist()) == {0, 1}
    assert best.scores[0] > best.scores[1]


def test_words_alone_find_what_bears_them_and_what_is_near(known):
    found = reader(known.encoder, subjects=known.subjects)
    passport = known.passport()
    crime = found.suggest(one_topic(passport, "crime"), 1, now=NOW)
    assert crime.item_nums.tolist() == [3]
    assert crime.reasons[0].named
    near = found.suggest(one_topic(passport, "baking and desserts"), 1, now=NOW)
    assert near.item_nums.tolist() == [2]
    assert not near.reasons[0].named
    assert near.reasons[0].sentence("shop") == "Because of your interest in baking and desserts (from books)."
    assert "“baking and desserts”" in near.reasons[0].sentence("shop", "zh")


def test_another_encoder_reads_words_too(known):
    found = reader(Letters(), blend=Blend(popularity=0))
    assert found.suggest(one_topic(known.passport(), "knitting"), 1, now=NOW).item_nums.tolist() == [4]


def test_another_encoder_reads_the_subjects_of_noisy_vectors(known):
    passport = known.passport("vectors")
    vector = passport.vectors[0].model_copy(update={"subject": "football", "weight": 1.0})
    alone = passport.model_copy(update={"vectors": (vector,)})
    read = reader(Letters(), blend=Blend(popularity=0))
    gained = read.parts(alone, NOW).texts - read.parts(alone.model_copy(update={"vectors": ()}), NOW).texts
    assert int(np.argmax(gained)) == 5


@pytest.fixture(scope="module")
def library():
    """2,000 books: one by a rare author, forty each by two busy ones."""
    authors = ["rare author"] + 40 * ["busy author"] + 40 * ["steady author"] + 1_919 * ["nobody"]
    rows = [
        {"platform": "shop", "item_id": str(number), "title": f"volume {number}", "creators": [by]}
        for number, by in enumerate(authors)
    ]
    found = ItemFeatures.build(conform(pl.DataFrame(rows), ITEM), Letters())
    return Reader(found, np.arange(2_000), np.zeros(2_000), Letters())


def spoken(kind, name, weight=1.0, **more):
    return kind(name=name, weight=weight, valence=1.0, platforms={}, **more)


def test_a_name_that_few_bear_says_more(known, library):
    topics = tuple(spoken(Interest, name, 0.5) for name in ("rare author", "busy author"))
    passport = known.passport().model_copy(update={"topics": topics, "keywords": ()})
    rare, busy, other = library.parts(passport, NOW).names[[0, 1, 100]]
    assert rare / busy == pytest.approx((np.log(2_000) / np.log(2_000 / 40)) ** 2)
    assert other == 0


def test_keywords_say_more_than_topics(known, library):
    passport = known.passport().model_copy(
        update={
            "topics": (spoken(Interest, "busy author"),),
            "keywords": (spoken(Keyword, "steady author"),),
        }
    )
    topic, keyword = library.parts(passport, NOW).names[[1, 41]]
    assert keyword == pytest.approx(3 * topic)


def test_one_word_found_by_accident_does_not_outshout_everything(known, library):
    keywords = (spoken(Keyword, "rare author"),)
    passport = known.passport().model_copy(update={"topics": (), "keywords": keywords})
    parts = library.parts(passport, NOW)
    scores = library.blended(parts, Blend(texts=0))
    assert scores.argmax() == 0
    assert scores.max() == pytest.approx(np.sqrt(2_000 / 20))  # as if 20 bore it
    assert (parts.names.max() - parts.names.mean()) / parts.names.std() > 40  # what it would have been


def test_vectors_count_as_much_as_their_noise_lets_them(known):
    found = reader(known.encoder, subjects=known.subjects)
    blend = Blend(vectors=1, texts=0, names=0, popularity=0, subjects=1)
    for epsilon in (2.0, 8.0):
        parts = found.parts(known.passport("vectors", epsilon=epsilon), NOW)
        exact = found.blended(replace(parts, noise=None), blend)
        assert exact.any()
        assert found.blended(parts, blend) == pytest.approx(parts.noise.keep_chance * exact)


def test_with_much_noise_a_level_reads_as_if_it_held_words_alone(known):
    found = reader(known.encoder, subjects=known.subjects, blend=Blend(texts=0))
    words, noisy = (
        found.blended(found.parts(known.passport(level, epsilon=0.1), NOW)) for level in ("topics", "vectors")
    )
    assert noisy == pytest.approx(words, abs=0.01)
    # Another encoder reads the subjects in plain text, and believes them no more.
    passport = known.passport("vectors", epsilon=0.1)
    read = reader(Letters())
    alone = read.parts(passport.model_copy(update={"vectors": (), "noise": None}), NOW).texts
    assert read.parts(passport, NOW).texts == pytest.approx(alone, abs=0.01)
    believed = read.parts(passport.model_copy(update={"noise": None}), NOW).texts
    assert np.abs(believed - alone).max() > 0.02


def test_what_is_disliked_speaks_against(known):
    found = reader(known.encoder, subjects=known.subjects)
    liked, disliked = (
        found.blended(found.parts(one_topic(known.passport(), "crime", valence), NOW)) for valence in (1, -1)
    )
    assert liked.argmax() == 3
    assert disliked.argmin() == 3


def test_what_is_left_out_and_what_everybody_likes(known):
    passport = one_topic(known.passport(), "crime")
    people = np.array([0, 0, 0, 0, 500, 0.0])
    popular = Reader(
        features(known.encoder), np.arange(6), people, known.encoder,
        subjects=known.subjects, blend=Blend(popularity=50),
    )  # fmt: skip
    assert popular.suggest(passport, 1, now=NOW).item_nums.tolist() == [4]
    left = reader(known.encoder, subjects=known.subjects).suggest(passport, 10, exclude=[3, 4], now=NOW)
    assert sorted(left.item_nums.tolist()) == [0, 1, 2, 5]


def test_old_interests_fade(known):
    passport = known.passport()
    topics = tuple(
        Interest(name=name, weight=0.5, valence=1, half_life_days=days, platforms={})
        for name, days in (("crime", 30.0), ("cooking", 3_000.0))
    )
    both = passport.model_copy(update={"topics": topics, "keywords": ()})
    found = reader(known.encoder, subjects=known.subjects)
    gap = [found.parts(both, NOW + step).names for step in (timedelta(0), timedelta(days=365))]
    assert gap[0][3] == pytest.approx(gap[0][2])
    assert gap[1][3] < 0.01 * gap[1][2]


def test_a_vector_of_another_length_is_refused(known):
    passport = known.passport("full")
    short = passport.model_copy(
        update={"vectors": (passport.vectors[0].model_copy(update={"values": "AAAA"}),)}
    )
    with pytest.raises(PassportError, match=r"vectors\.0\.values"):
        reader(known.encoder, subjects=known.subjects).suggest(short, now=NOW)
    with pytest.raises(PassportError, match="no items"):
        Reader(features(known.encoder), np.zeros(0, np.int64), np.zeros(0), known.encoder)


def test_the_subjects_are_public_and_centred(known):
    assert len(set(known.subjects.texts)) == len(known.subjects.texts) > 500
    again = Subjects.encoded(known.encoder)
    assert np.allclose(again.vectors, known.subjects.vectors)
    assert np.linalg.norm(again.vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert replace(again).place(np.zeros((1, again.vectors.shape[1]), np.float32)).tolist()[0][0] == 0
