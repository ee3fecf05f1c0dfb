"""Answers of a web service in JSON: waits between calls, tries again what may get better."""

import time
from collections.abc import Mapping
from typing import Any

from isthmus.errors import InputError, MissingExtraError
from isthmus.sources.tabular.json_rows import DECODER

__all__ = ["Api"]

_LONGEST_WAIT_S = 300.0
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Api:
    """The service `what` at `base_url`; `hint` says what to check where it refuses.

    Replies 429 and 5xx, timeouts and broken connections are tried again `retries` times, waiting what the
    service asks for, or `first_wait_s` and then twice as long each time. Between two calls lie at least
    `interval_s`. Raises MissingExtraError without httpx.
    """

    def __init__(
        self,
        what: str,
        base_url: str,
        *,
        hint: str,
        headers: Mapping[str, str] | None = None,
        interval_s: float = 0.25,
        retries: int = 5,
        first_wait_s: float = 1.0,
    ) -> None:
        try:
            import httpx
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"The API of {what}", "api") from error
        address = httpx.URL(base_url)
        if address.scheme not in ("http", "https") or not address.host:
            raise InputError(f"{base_url!r} is not the address of a service", hint, field="base_url")
        self.what, self.hint = what, hint
        self.base_url = base_url.rstrip("/")
        self.interval_s, self.retries, self.first_wait_s = interval_s, retries, first_wait_s
        self._httpx = httpx
        self._last = 0.0
        self._client = httpx.Client(
            timeout=30.0,
            headers={"User-Agent": "isthmus", **(headers or {})},
            trust_env=address.host not in _LOCAL,  # a proxy of the environment cannot reach this machine
        )

    def get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """The object that answers, its numbers as texts. InputError where there is none."""
        for attempt in range(self.retries + 1):
            wait_s = self.first_wait_s * 2**attempt
            self._pause()
            try:
                reply = self._client.get(f"{self.base_url}{path}", params=dict(params))
            except self._httpx.ConnectError as error:
                # No words of the error: its address holds the key.
                raise self._error("cannot be reached") from error
            except self._httpx.TransportError as error:
                failure = self._error(f"did not answer ({type(error).__name__})")
            else:
                if reply.is_success:
                    return self._object(reply.text)
                failure = self._error(f"refused with {reply.status_code}{_said(reply)}")
                if reply.status_code != 429 and reply.status_code < 500:
                    raise failure
                wait_s = _asked_wait(reply.headers) or wait_s
            if attempt < self.retries:
                time.sleep(min(wait_s, _LONGEST_WAIT_S))
        raise failure

    def _pause(self) -> None:
        time.sleep(max(0.0, self._last + self.interval_s - time.monotonic()))
        self._last = time.monotonic()

    def _object(self, words: str) -> dict[str, Any]:
        try:
            answer = DECODER.decode(words)
        except (ValueError, RecursionError) as error:
            raise self._error("sent something that is no JSON") from error
        if not isinstance(answer, dict):
            raise self._error("sent no JSON object")
        return answer

    def _error(self, message: str) -> InputError:
        return InputError(f"{self.what} {message}", self.hint)


def _said(reply: Any) -> str:
    try:
        answer = reply.json()
        message = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
    except ValueError:
        return ""
    return f": {message[:200]}" if isinstance(message, str) else ""


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    for name in ("Retry-After", "X-RateLimit-Reset-In"):
        words = headers.get(name, "")
        if words.isdecimal() and len(words) < 6:
            return float(words)
    return None
