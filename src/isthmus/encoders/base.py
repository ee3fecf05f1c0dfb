"""The contract of every encoder."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from isthmus.engine import Advance

__all__ = ["Encoder", "Vectors", "readable"]

Vectors = NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into vectors whose dot products say how close their meanings are."""

    @property
    def name(self) -> str:
        """What it is called in settings."""
        ...

    @property
    def revision(self) -> str:
        """Changes whenever the same text would get another vector."""
        ...

    @property
    def embedding_size(self) -> int:
        """Numbers per vector, d."""
        ...

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """float32 (n, d): rows of unit length, zero for a text that is empty or blank.

        The vector of a text does not depend on the others, beyond rounding. `advance` is called with the
        number of texts done since the last call. Raises EncoderError.
        """
        ...


def readable(text: str, n_chars: int) -> str:
    """The first `n_chars` characters, with "?" for what is none: halves of pairs, stray bytes of a shell."""
    return text[:n_chars].encode("utf-8", "replace").decode("utf-8")
