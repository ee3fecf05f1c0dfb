"""The public subjects: short texts that come with the package and are the same for everybody."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Self

import numpy as np
from numpy.typing import NDArray

from isthmus.encoders import Encoder
from isthmus.numeric import unit_rows
from isthmus.schema import FloatArray

__all__ = ["SUBJECTS", "Subjects"]

SUBJECTS = "subjects-1"
"""Name of the list; another list gets another name."""


@dataclass(frozen=True)
class Subjects:
    """The public subjects in the space of one encoder."""

    texts: tuple[str, ...]
    centre: FloatArray
    """(d,): their mean."""
    vectors: FloatArray
    """(C, d): unit rows, centred."""

    @classmethod
    def encoded(cls, encoder: Encoder) -> Self:
        """All of them. Raises EncoderError where the encoder fails."""
        texts = _texts()
        raw = encoder.encode(texts).astype(np.float64)
        centre = raw.mean(axis=0)
        return cls(texts, centre, unit_rows(raw - centre))

    def place(self, vectors: NDArray[np.float32]) -> FloatArray:
        """(n, d): vectors of texts, centred like these; unit rows, zero where there is no text."""
        return unit_rows(vectors - self.centre) * vectors.any(axis=1, keepdims=True)


@lru_cache(maxsize=1)
def _texts() -> tuple[str, ...]:
    text = files("isthmus.passport").joinpath(f"{SUBJECTS}.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
