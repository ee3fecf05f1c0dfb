"""Any endpoint that speaks /v1/embeddings: hosted models, vLLM, Ollama, llama.cpp."""

import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np

from isthmus.encoders.base import Vectors, readable
from isthmus.engine import Advance
from isthmus.errors import EncoderError, MissingExtraError
from isthmus.numeric import unit_rows
from isthmus.settings import EncoderSettings

try:
    import httpx
except ModuleNotFoundError as error:
    raise MissingExtraError("An openai: encoder", "openai") from error

__all__ = ["OpenAIEncoder"]

_TEXT_CHARS = 8_000
"""Endpoints refuse texts beyond some 8,000 tokens; a Chinese character can be one."""
_LONGEST_WAIT_S = 300.0
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_KEY_HINT = "Set ISTHMUS_ENCODER__API_KEY or OPENAI_API_KEY; an address on this machine needs none."


class OpenAIEncoder:
    """The model `<model>` of the settings' name `openai:<model>`, at their address.

    Replies 429 and 5xx, timeouts and broken connections are tried again, waiting what the server asks for, or
    `first_wait_s` and then twice as long each time. What cannot get better (no key, no such model, nobody at
    the address) is not.
    """

    def __init__(self, settings: EncoderSettings, first_wait_s: float = 0.5) -> None:
        self.name = settings.name
        self._settings = settings
        self._model = settings.name.removeprefix("openai:")
        self._first_wait_s = first_wait_s
        self._size = settings.dimensions
        address = urlsplit(settings.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise EncoderError(
                f"{settings.base_url!r} is not the address of an endpoint.",
                "Set ISTHMUS_ENCODER__BASE_URL, for example to https://api.openai.com/v1.",
            )
        self.revision = address.netloc.rpartition("@")[2] + (f"-{self._size}" if self._size else "")
        key = settings.api_key or os.environ.get("OPENAI_API_KEY", "")
        local = address.hostname in _LOCAL
        if not key and not local:
            raise EncoderError(f"{self.name} at {address.hostname} needs a key.", _KEY_HINT)
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            trust_env=not local,  # a proxy of the environment cannot reach this machine
        )

    @classmethod
    def from_settings(cls, settings: EncoderSettings) -> Self:
        """Name, address, key, batch size, timeout and retries of `settings`."""
        return cls(settings)

    @property
    def embedding_size(self) -> int:
        """As set, or as in the first reply; asks the endpoint if there was none yet."""
        if self._size is None:
            self._request(["size"])
        assert self._size is not None
        return self._size

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """float32 (n, d), unit rows, zero where blank; what lies beyond 8,000 characters is not sent."""
        filled = [i for i, text in enumerate(texts) if text.strip()]
        parts = []
        for start in range(0, len(filled), self._settings.batch_size):
            batch = filled[start : start + self._settings.batch_size]
            parts.append(self._request([readable(texts[i], _TEXT_CHARS) for i in batch]))
            if advance:
                advance(len(batch))
        vectors = np.zeros((len(texts), self.embedding_size), dtype=np.float32)
        if filled:
            vectors[filled] = np.concatenate(parts)
        if advance and len(texts) > len(filled):
            advance(len(texts) - len(filled))
        return vectors

    def _request(self, texts: list[str]) -> Vectors:
        body: dict[str, Any] = {"model": self._model, "input": texts, "encoding_format": "float"}
        if self._settings.dimensions:
            body["dimensions"] = self._settings.dimensions
        vectors = self._vectors(self._post(body), len(texts))
        if self._size is None:
            self._size = vectors.shape[1]
        if vectors.shape[1] != self._size:
            raise self._error(f"sent vectors of {vectors.shape[1]} numbers where {self._size} were expected")
        return vectors

    def _post(self, body: dict[str, Any]) -> Any:
        url = f"{self._settings.base_url.rstrip('/')}/embeddings"
        for attempt in range(self._settings.retries + 1):
            wait_s = (
                self._first_wait_s * 2**attempt * random.uniform(0.5, 1.0)
            )  # spread, so that clients part
            try:
                reply = self._client.post(url, json=body)
            except httpx.ConnectError as error:
                raise self._error("cannot be reached", f"Is {url} right, and running? ({error})") from error
            except httpx.TransportError as error:
                failure = self._error(f"did not answer ({type(error).__name__})", "Try again later.")
            else:
                if reply.is_success:
                    return self._json(reply)
                failure = self._refusal(reply)
                if reply.status_code != 429 and reply.status_code < 500:
                    raise failure
                wait_s = _asked_wait(reply.headers.get("Retry-After", "")) or wait_s
            if attempt < self._settings.retries:
                time.sleep(min(wait_s, _LONGEST_WAIT_S))
        raise failure

    def _json(self, reply: httpx.Response) -> Any:
        try:
            return reply.json()
        except ValueError as error:
            raise self._error("sent something that is not JSON", "Is the address that of an API?") from error

    def _vectors(self, reply: Any, n: int) -> Vectors:
        try:
            rows = sorted(reply["data"], key=lambda row: row["index"])
            indices = [row["index"] for row in rows]
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise self._error("sent a reply that holds no equally long vectors") from error
        if indices != list(range(n)):
            raise self._error(f"sent {len(indices)} vectors for {n} texts, or numbered them wrongly")
        if vectors.ndim != 2 or vectors.shape[1] == 0 or not np.isfinite(vectors).all():
            raise self._error("sent vectors that are empty or not finite")
        return unit_rows(vectors).astype(np.float32)

    def _refusal(self, reply: httpx.Response) -> EncoderError:
        try:
            said = str(reply.json()["error"]["message"])
        except (ValueError, KeyError, TypeError):
            said = reply.text
        hint = _KEY_HINT if reply.status_code in (401, 403) else ""
        said = " ".join(said.split())[:300] or "no reason given"
        return self._error(f"answered {reply.status_code}: {said}", hint)

    def _error(self, what: str, hint: str = "") -> EncoderError:
        return EncoderError(f"{self.name} at {self._settings.base_url} {what}.", hint)


def _asked_wait(retry_after: str) -> float:
    """Seconds of a Retry-After header, which holds seconds or a date; 0 where it says neither."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
