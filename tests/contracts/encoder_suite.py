"""What every encoder must do. A test is a class with one method: the encoder.

class TestUse(EncoderSuite):
    @pytest.fixture
    def encoder(self): return UseEncoder()
"""

import numpy as np
import pytest

from isthmus.encoders import Encoder

TEXTS = ["The Hobbit", "三体", "Cien años de soledad", "a recipe for lemon cake", "The Hobbit", "日本の歴史"]


class EncoderSuite:
    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    def test_it_bears_a_name_and_a_revision(self, encoder):
        assert isinstance(encoder, Encoder)
        assert encoder.name
        assert encoder.revision
        assert encoder.embedding_size > 0

    def test_vectors_have_their_shape_type_and_length_one(self, encoder):
        vectors = encoder.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.embedding_size)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_the_same_text_has_the_same_vector_and_another_another(self, encoder):
        vectors = encoder.encode(TEXTS)
        assert np.allclose(vectors[0], vectors[4], atol=1e-5)
        assert not np.allclose(vectors[0], vectors[1], atol=1e-2)

    def test_a_vector_does_not_depend_on_its_neighbours(self, encoder):
        together = encoder.encode(TEXTS)
        assert np.allclose(encoder.encode(TEXTS[::-1])[::-1], together, atol=1e-5)
        assert np.allclose(encoder.encode([TEXTS[1]])[0], together[1], atol=1e-5)

    def test_blank_texts_are_zero_and_cost_nothing(self, encoder):
        vectors = encoder.encode(["", "The Hobbit", " \n\t", "　"])
        assert (vectors[[0, 2, 3]] == 0).all()
        assert np.linalg.norm(vectors[1]) == pytest.approx(1, abs=1e-5)
        assert encoder.encode([""]).shape == (1, encoder.embedding_size)

    def test_no_texts_give_no_vectors(self, encoder):
        assert encoder.encode([]).shape == (0, encoder.embedding_size)

    def test_a_very_long_text_is_taken(self, encoder):
        assert np.linalg.norm(encoder.encode(["word " * 200_000])) == pytest.approx(1, abs=1e-5)

    def test_odd_characters_are_taken(self, encoder):
        vectors = encoder.encode(["a\x00b", "🜁🜂", "\u202eabc", "é" * 3, "a\udcffb", "\ud83d"])
        assert np.isfinite(vectors).all()

    def test_every_text_is_told_to_who_listens(self, encoder):
        steps = []
        encoder.encode([*TEXTS, "", "one more"], steps.append)
        assert sum(steps) == len(TEXTS) + 2
