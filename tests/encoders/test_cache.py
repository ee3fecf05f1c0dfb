import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from encoder_suite import EncoderSuite
from hypothesis import given
from hypothesis import strategies as st

from isthmus.encoders import CachedEncoder, prune
from isthmus.encoders.cache import _Index
from isthmus.encoders.use import UseEncoder
from isthmus.engine import InProcess
from isthmus.errors import EncoderError, StorageError


class Counting:
    """A small real encoder, counted: the counts of a text's bytes, by their remainder."""

    def __init__(self, name="counting", revision="1", size=16, fails_at=None):
        self.name, self.revision, self.embedding_size = name, revision, size
        self.fails_at = fails_at
        self.seen = []

    def encode(self, texts, advance=None):
        if self.fails_at in texts:
            raise EncoderError("The endpoint went away.")
        self.seen += texts
        vectors = np.zeros((len(texts), self.embedding_size), np.float32)
        for row, text in enumerate(texts):
            np.add.at(vectors[row], np.frombuffer(text.encode(), np.uint8) % self.embedding_size, 1)
            vectors[row] /= np.linalg.norm(vectors[row])
            if advance:
                advance(1)
        return vectors


class TestCachedUse(EncoderSuite):
    @pytest.fixture
    def encoder(self, tmp_path):
        return CachedEncoder(UseEncoder(InProcess()), tmp_path)


def files(folder, pattern="*/*"):
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def test_each_distinct_text_is_encoded_once_ever(tmp_path):
    encoder = Counting()
    cached = CachedEncoder(encoder, tmp_path)
    texts = ["a", "b", "", "a", "c", "b", "  "]
    first = cached.encode(texts)
    assert encoder.seen == ["a", "b", "c"]
    assert np.array_equal(cached.encode(texts[::-1])[::-1], first)
    assert encoder.seen == ["a", "b", "c"]

    later = Counting()
    afresh = CachedEncoder(later, tmp_path)
    assert np.array_equal(afresh.encode([*texts, "d"])[:-1], first)
    assert later.seen == ["d"]


def test_kept_vectors_equal_fresh_ones_bit_for_bit(tmp_path):
    texts = [f"a book about {i}" for i in range(40)]
    fresh = UseEncoder(InProcess()).encode(texts)
    CachedEncoder(UseEncoder(InProcess()), tmp_path).encode(texts)
    kept = CachedEncoder(Counting("use", UseEncoder().revision, 512), tmp_path).encode(texts)
    assert np.array_equal(kept, fresh)


def test_encoders_never_share_vectors(tmp_path):
    alike = [Counting("openai:a/b"), Counting("openai:a:b"), Counting("openai:A:b")]
    variants = [Counting(), Counting("other"), Counting(revision="2"), *alike]
    for encoder in variants:
        CachedEncoder(encoder, tmp_path).encode(["x"])
        assert encoder.seen == ["x"]
    assert len(list(tmp_path.iterdir())) == len(variants)


def test_a_model_that_changed_behind_its_name_is_refused(tmp_path):
    CachedEncoder(Counting(), tmp_path).encode(["x"])
    changed = CachedEncoder(Counting(size=8), tmp_path)
    with pytest.raises(EncoderError, match="shape") as caught:
        changed.encode(["y"])
    assert "counting@1" in caught.value.hint
    assert len(files(tmp_path)) == 1


def test_what_was_encoded_before_a_failure_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.encoders.cache._SEGMENT_TEXTS", 10)
    texts = [str(i) for i in range(35)]
    with pytest.raises(EncoderError, match="went away"):
        CachedEncoder(Counting(fails_at="27"), tmp_path).encode(texts)
    later = Counting()
    CachedEncoder(later, tmp_path).encode(texts)
    assert later.seen == texts[20:]


def test_progress_hears_of_what_is_encoded_only(tmp_path):
    heard = []

    class Listener:
        def track(self, label, total):
            heard.append((label, total))
            return self

        def __enter__(self):
            return heard.append

        def __exit__(self, *_):
            pass

    CachedEncoder(Counting(), tmp_path).encode(["a", "b"])
    CachedEncoder(Counting(), tmp_path, Listener()).encode(["a", "c", "b", "c"])
    assert heard == [("Encoding texts (counting)", 1), 1]


KILLED = """
import sys, time
from pathlib import Path
from isthmus.encoders import CachedEncoder, cache
sys.path.insert(0, {here!r})
from test_cache import Counting
cache._SEGMENT_TEXTS = 20
CachedEncoder(Counting(), Path({folder!r})).encode([str(i) for i in range(1_000_000)])
"""


def run_encoding(folder):
    here = Path(__file__).parent
    path = [*sys.path, str(here.parent / "contracts")]
    code = KILLED.format(here=str(here), folder=str(folder))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def wait_for_files(folder, n):
    end = time.monotonic() + 60
    while len(files(folder, "*/*.safetensors")) < n:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_two_processes_at_once_killed_leave_whole_segments(tmp_path):
    processes = [run_encoding(tmp_path), run_encoding(tmp_path)]
    for pause, process in zip((0.05, 0.11), processes, strict=True):
        wait_for_files(tmp_path, 20)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
    encoder = Counting()
    texts = [str(i) for i in range(400)]
    assert np.array_equal(CachedEncoder(encoder, tmp_path).encode(texts), Counting().encode(texts))
    assert "0" not in encoder.seen
    assert len(encoder.seen) < 400


def test_vectors_added_by_another_process_are_seen(tmp_path):
    encoder = Counting()
    mine, other = CachedEncoder(encoder, tmp_path), CachedEncoder(Counting(), tmp_path)
    mine.encode(["a"])
    other.encode(["b"])
    mine.encode(["b"])
    assert encoder.seen == ["a"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-4],
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data.replace(b'"F32"', b'"F64"'),
        lambda data: data.replace(b'"keys"', b'"kexs"'),
        lambda data: data.replace(b"[3,16]", b"[4,12]"),
        lambda data: b"text instead",
    ],
)
def test_a_damaged_segment_is_named(tmp_path, damage):
    CachedEncoder(Counting(), tmp_path).encode(["a", "b", "c"])
    (segment,) = files(tmp_path)
    segment.write_bytes(damage(segment.read_bytes()))
    with pytest.raises(EncoderError, match=segment.name) as caught:
        CachedEncoder(Counting(), tmp_path).encode(["a"])
    assert "Delete this file" in caught.value.hint


def test_a_disk_that_takes_no_more_is_said_and_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource", reason="file size limits are POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    cached = CachedEncoder(Counting(), tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(StorageError, match="counting@1"):
            cached.encode([str(i) for i in range(500)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(tmp_path) == []
    assert cached.encode(["0"]).shape == (1, 16)


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "vectors").write_text("not a folder")
    with pytest.raises(StorageError):
        CachedEncoder(Counting(), tmp_path / "vectors").encode(["a"])


def test_pruning_keeps_the_named_encoder_and_clears_leftovers(tmp_path):
    keep, other = Counting(), Counting("other")
    for encoder in (keep, other):
        CachedEncoder(encoder, tmp_path).encode(["a"])
    old, young = tmp_path / "counting@1" / "old.part", tmp_path / "counting@1" / "young.part"
    for leftover in (old, young):
        leftover.write_bytes(b"12345")
    os.utime(old, (0, 0))
    size = sum(path.stat().st_size for path in files(tmp_path, "other@1/*"))
    assert prune(tmp_path, keep=["counting@1"]) == (2, size + 5)
    assert young.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["counting@1"]
    CachedEncoder(later := Counting(), tmp_path).encode(["a"])
    assert later.seen == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), st.integers(0, 30))
def test_the_index_finds_keys_whose_first_halves_are_equal(pairs, cut):
    keys = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    asked = np.array([(i, j) for i in range(4) for j in range(4)], dtype=np.uint64)
    found = _Index([keys[:cut], keys[cut:]]).find(asked)
    expected = [pairs.index(pair) if pair in pairs else -1 for pair in map(tuple, asked.tolist())]
    assert found.tolist() == expected
