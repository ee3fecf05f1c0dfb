"""Vectors kept on disk, so that each distinct text is encoded once.

`folder/<name@revision>/` holds the vectors of one encoder, and no others. Each file in it is a segment: a
safetensors file with `keys` (n, 16) uint8, the BLAKE2b-128 of the texts in UTF-8, and `vectors` (n, d)
float32. A segment is written under another name, synced and renamed, and never changed: a process that is
killed leaves whole segments, and several may write at once. The texts themselves are not kept.

float32, since a vector then is the same bit for bit whether it was just encoded or kept; float16 would save
half of 2 KB per text and win no time worth having.
"""

import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from isthmus.encoders.base import Encoder, Vectors
from isthmus.engine import Advance, Progress, Silent
from isthmus.errors import EncoderError
from isthmus.storage import make_folder, storage_errors, sync_folder, write_new_file

__all__ = ["CachedEncoder", "Pruned", "prune"]

_SEGMENT_TEXTS = 5_000
"""Texts encoded between two commits: what an interruption can cost."""
_LEFTOVER_AGE_S = 3_600.0

Keys = NDArray[np.uint64]
"""(n, 2): the two halves of each key."""


class _Segment(NamedTuple):
    keys: Keys
    vectors: Vectors


class CachedEncoder:
    """An encoder that remembers. Same name, revision and vectors as the one it wraps."""

    def __init__(self, encoder: Encoder, folder: Path, progress: Progress | None = None) -> None:
        self._encoder = encoder
        self._progress = progress or Silent()
        self.name, self.revision = encoder.name, encoder.revision
        self._folder = Path(folder) / _folder_name(f"{self.name}@{self.revision}")
        self._segments: dict[str, _Segment] = {}
        self._index = _Index([])

    @property
    def embedding_size(self) -> int:
        """As of the vectors kept; asks the encoder where there are none."""
        self._refresh()
        first = next(iter(self._segments.values()), None)
        return self._encoder.embedding_size if first is None else first.vectors.shape[1]

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """float32 (n, d), unit rows, zero where blank; only texts never seen before reach the encoder.

        What was encoded is kept even if a later text fails. Raises EncoderError where the encoder fails or a
        segment is damaged, StorageError where the disk refuses.
        """
        keys = _keys(texts)
        self._refresh()
        filled = np.fromiter((bool(text.strip()) for text in texts), dtype=bool, count=len(texts))
        missing = np.flatnonzero((self._index.find(keys) < 0) & filled)
        if advance:
            advance(len(texts) - len(missing))
        if len(missing):
            self._encode_missing(texts, keys, missing, advance)
        return self._gather(np.where(filled, self._index.find(keys), -1))

    def _encode_missing(
        self, texts: Sequence[str], keys: Keys, missing: NDArray[np.int64], advance: Advance | None
    ) -> None:
        distinct = missing[np.unique(keys[missing], axis=0, return_index=True)[1]]
        distinct.sort()
        if advance:
            advance(len(missing) - len(distinct))
        with self._progress.track(f"Encoding texts ({self.name})", len(distinct)) as track:

            def both(steps: int) -> None:
                track(steps)
                if advance:
                    advance(steps)

            for start in range(0, len(distinct), _SEGMENT_TEXTS):
                part = distinct[start : start + _SEGMENT_TEXTS]
                vectors = self._encoder.encode([texts[i] for i in part], both)
                self._keep(keys[part], vectors)
        self._refresh()

    def _keep(self, keys: Keys, vectors: Vectors) -> None:
        """Commit one segment; it is there whole, or not at all."""
        if vectors.shape != (len(keys), self.embedding_size):
            raise EncoderError(
                f"{self.name} gave vectors of shape {vectors.shape}, not of {self.embedding_size} numbers.",
                f"The model behind the name has changed. Delete {self._folder} to start afresh.",
            )
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        temporary = self._folder / f"{name}.part"
        arrays: dict[str, NDArray[Any]] = {
            "keys": np.ascontiguousarray(keys).view(np.uint8),
            "vectors": np.ascontiguousarray(vectors),
        }
        with storage_errors(f"keep vectors in {self._folder}"):
            make_folder(self._folder)
            write_new_file(temporary, lambda file: file.write(save(arrays)))
            temporary.rename(self._folder / f"{name}.safetensors")
            sync_folder(self._folder)

    def _refresh(self) -> None:
        """Take in the segments that this or another process has added."""
        names = sorted(path.name for path in self._folder.glob("*.safetensors"))
        if names == list(self._segments):
            return
        self._segments = {name: self._segments.get(name) or _open(self._folder / name) for name in names}
        sizes = {segment.vectors.shape[1] for segment in self._segments.values()}
        if len(sizes) > 1:
            raise EncoderError(f"{self._folder} mixes vectors of {sorted(sizes)} numbers.", "Delete it.")
        self._index = _Index([segment.keys for segment in self._segments.values()])

    def _gather(self, rows: NDArray[np.int64]) -> Vectors:
        """(n, d): the kept vectors at `rows`, numbered through all segments; zero where -1."""
        result = np.zeros((len(rows), self.embedding_size), dtype=np.float32)
        start = 0
        for segment in self._segments.values():
            here = np.flatnonzero((rows >= start) & (rows < start + len(segment.keys)))
            result[here] = segment.vectors[rows[here] - start]
            start += len(segment.keys)
        return result


class _Index:
    """Finds keys among all kept ones: binary search by the first half, then the second half must agree."""

    def __init__(self, keys: list[Keys]) -> None:
        together = np.concatenate(keys) if keys else np.zeros((0, 2), dtype=np.uint64)
        self._rows = np.argsort(together[:, 0], kind="stable")  # of two equal keys the older one comes first
        self._first, self._second = together[self._rows, 0], together[self._rows, 1]

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """(n,): the row of each key (n, 2), -1 where it is not kept."""
        found = np.full(len(keys), -1, dtype=np.int64)
        if len(self._rows) == 0:
            return found
        place = np.searchsorted(self._first, keys[:, 0])
        asking = np.arange(len(keys))
        while len(asking):
            asking = asking[place[asking] < len(self._rows)]
            asking = asking[self._first[place[asking]] == keys[asking, 0]]
            same = self._second[place[asking]] == keys[asking, 1]
            found[asking[same]] = self._rows[place[asking[same]]]
            asking = asking[~same]
            place[asking] += 1
        return found


class Pruned(NamedTuple):
    """What was deleted."""

    files: int
    n_bytes: int


def prune(folder: Path, keep: Collection[str]) -> Pruned:
    """Delete the vectors of every encoder that is not named in `keep` (as `name@revision`).

    In the folders that stay, what killed processes left half-written an hour ago goes too.
    """
    kept_names = {_folder_name(name) for name in keep}
    gone = [path for path in Path(folder).glob("*/*") if path.parent.name not in kept_names]
    before = time.time() - _LEFTOVER_AGE_S
    leftovers = [path for path in Path(folder).glob("*/*.part") if path.parent.name in kept_names]
    gone += [path for path in leftovers if path.stat().st_mtime < before]
    pruned = Pruned(len(gone), sum(path.stat().st_size for path in gone))
    for path in gone:
        path.unlink(missing_ok=True)
    for path in Path(folder).glob("*/"):
        if path.name not in kept_names:
            shutil.rmtree(path)
    return pruned


def _folder_name(encoder: str) -> str:
    """The encoder's name as a folder that any file system takes; a hash keeps apart what that makes alike."""
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "-", encoder)
    if plain == encoder.lower() and len(plain) <= 80:
        return plain
    return f"{plain[:80]}-{hashlib.blake2b(encoder.encode(), digest_size=4).hexdigest()}"


def _keys(texts: Sequence[str]) -> Keys:
    raw = (text.encode("utf-8", "surrogatepass") for text in texts)
    hashes = b"".join(hashlib.blake2b(text, digest_size=16).digest() for text in raw)
    return np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2)


def _open(path: Path) -> _Segment:
    """Map a segment into memory: only the vectors asked for are read from the disk."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError("its header is cut off")
            about = json.loads(file.read(length))
        keys = _map(path, about["keys"], "U8", np.uint8, 8 + length)
        vectors = _map(path, about["vectors"], "F32", np.float32, 8 + length)
        if keys.ndim != 2 or keys.shape[1] != 16 or vectors.ndim != 2 or len(keys) != len(vectors):
            raise ValueError("its keys and vectors do not fit together")
        return _Segment(np.array(keys).view(np.uint64), vectors)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"{path} is damaged: {error}", "Delete this file; its texts will be encoded again."
        ) from error


def _map(path: Path, about: dict[str, Any], kind: str, dtype: type[np.generic], start: int) -> NDArray[Any]:
    begin, end = about["data_offsets"]
    shape = tuple(about["shape"])
    if about["dtype"] != kind or end - begin != int(np.prod(shape)) * np.dtype(dtype).itemsize:
        raise ValueError("its header does not fit its arrays")
    return np.memmap(path, dtype=dtype, mode="r", offset=start + begin, shape=shape)
