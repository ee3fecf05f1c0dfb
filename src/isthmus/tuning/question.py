"""What a search was asked, in one code: the same question goes on where it stopped, another begins anew."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.evaluation import TwinSettings
from isthmus.tuning.space import Space, Values

__all__ = ["Question", "fingerprint"]

_CODE_BYTES = 4


@dataclass(frozen=True)
class Question:
    """Everything that decides what a trial reaches, and which is tried next."""

    model: str
    target: str
    protocol: str
    options: Mapping[str, Any]
    metric: str
    seed: int
    folds: int
    space: Space
    fixed: Values
    """Settings that are not searched."""
    twins: TwinSettings | None
    data: str
    """The `fingerprint` of what the search may see."""
    version: str
    """Of the program: what another one measured may differ."""

    @property
    def code(self) -> str:
        """Eight letters and figures."""
        return blake2b(self.to_json().encode(), digest_size=_CODE_BYTES).hexdigest()

    def to_json(self) -> str:
        """As a JSON document; values that JSON has not (a date among the options) as text."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def fingerprint(dataset: Dataset) -> str:
    """A code of everything in `dataset`: people, items, what joins them, and texts."""
    digest = blake2b(digest_size=16)
    _feed(digest, dataset)
    return digest.hexdigest()


def _feed(digest: _Hash, value: object) -> None:
    """Whatever a dataset is made of; a field that it gets later counts too."""
    if isinstance(value, csr_array):
        for part in (value.data, value.indices, value.indptr):
            _feed(digest, part)
    elif isinstance(value, np.ndarray):
        digest.update(repr((str(value.dtype), value.shape)).encode())
        digest.update(_bytes(value))
    elif is_dataclass(value):
        for field in fields(value):
            _feed(digest, getattr(value, field.name))
    else:
        digest.update(repr(value).encode())


def _bytes(array: NDArray[Any]) -> bytes:
    if array.dtype == object:
        return "\x1f".join(map(str, array.ravel())).encode()
    return np.ascontiguousarray(array).tobytes()
