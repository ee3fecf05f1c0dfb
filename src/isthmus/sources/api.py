"""Answers of a web service in JSON, and the sources that ask one for the events of an account."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, ClassVar

from isthmus.errors import InputError, MissingExtraError
from isthmus.sources.base import BATCH_ROWS, PersonalSource
from isthmus.sources.fields import iso_time
from isthmus.sources.tabular import Broken, JsonRow
from isthmus.sources.tabular.json_rows import DECODER, as_object

__all__ = ["Api", "ApiSource", "numbered"]

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
        answer = self._json(self._reply(path, params))
        if not isinstance(answer, dict):
            raise self._error("sent no JSON object")
        return answer

    def get_page(self, path: str, params: Mapping[str, str | int]) -> tuple[list[Any], dict[str, str]]:
        """The array that answers, and the parameters of the page that its header Link calls the next one.

        Only the parameters: a link to somewhere else must not be followed with the token of this account.
        """
        reply = self._reply(path, params)
        answer = self._json(reply)
        if not isinstance(answer, list):
            raise self._error("sent no JSON array")
        following = reply.links.get("next", {}).get("url", "")
        try:
            return answer, dict(self._httpx.URL(following).params)
        except self._httpx.InvalidURL:
            return answer, {}

    def _reply(self, path: str, params: Mapping[str, str | int]) -> Any:
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
                    return reply
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

    def _json(self, reply: Any) -> Any:
        try:
            return DECODER.decode(reply.text)
        except (ValueError, RecursionError) as error:
            raise self._error("sent something that is no JSON") from error

    def _error(self, message: str) -> InputError:
        return InputError(f"{self.what} {message}", self.hint)


class ApiSource(PersonalSource):
    """Events of an account straight from a service: the names of accounts stand where files do.

    A subclass names the service and reads its answers; the key or token comes from `key_variable` in the
    environment, so that it stands in no history of commands. With `since` only what is later is asked for,
    where the service can tell.
    """

    patterns = ()
    service: ClassVar[str]
    """The name of the service, for people."""
    address: ClassVar[str]
    """Where it answers, unless `base_url` says otherwise."""
    key_variable: ClassVar[str]
    key_hint: ClassVar[str]
    """What to check where it refuses, and how to get a key."""
    key_header: ClassVar[str] = ""
    """How the key stands in the header Authorization: `Token {}`; empty where it is a parameter."""
    needs_key: ClassVar[bool] = True

    def __init__(
        self,
        *,
        user_id: str = "",
        platform: str = "",
        batch_rows: int = BATCH_ROWS,
        key: str = "",
        since: datetime | None = None,
        base_url: str = "",
        first_wait_s: float = 1.0,
    ) -> None:
        known_as = platform or self.name.removesuffix("_api")
        super().__init__(user_id=user_id, platform=known_as, batch_rows=batch_rows)
        self.since = since
        self.base_url = base_url or self.address
        self.first_wait_s = first_wait_s
        self._key = key or os.environ.get(self.key_variable, "")

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The accounts, as they were named."""
        return list(dict.fromkeys(Path(path) for path in paths))

    def connect(self, base_url: str = "") -> Api:
        """The service, waiting for questions. InputError where it needs a key and none was given."""
        if self.needs_key and not self._key:
            raise InputError(f"{self.service} needs a key", self.key_hint, field="key")
        headers = (
            {"Authorization": self.key_header.format(self._key)} if self.key_header and self._key else {}
        )
        return Api(
            self.service,
            base_url or self.base_url,
            hint=self.key_hint,
            headers=headers,
            first_wait_s=self.first_wait_s,
        )

    def is_known(self, row: Any, field: str) -> bool:
        """Whether the time in `field` lies before `since`; without a time that can be read it does not."""
        try:
            when = iso_time(row, field) if isinstance(row, dict) else None
        except InputError:
            return False  # to be told as a reject
        return self.since is not None and when is not None and when < self.since


def numbered(rows: Iterable[Any], what: str) -> Iterator[JsonRow]:
    """Rows of answers with their numbers from 1; what is no object, or cannot be kept, is broken."""
    for number, row in enumerate(rows, 1):
        # The text of the answer is not at hand: that it may hold halves of signs is taken for granted.
        yield number, as_object(row, r"\ud800", number) if isinstance(row, dict) else Broken(number, what)


def _said(reply: Any) -> str:
    try:
        answer = reply.json()
        message = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
    except ValueError:
        return ""
    return f": {message[:200]}" if isinstance(message, str) else ""


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: a number of them, or the time at which it goes on, as HTTP or ISO 8601 writes it."""
    for name in ("Retry-After", "X-RateLimit-Reset-In", "X-RateLimit-Reset"):
        words = headers.get(name, "").strip()
        if words.isdecimal():
            # A number of ten digits is a time: seconds since 1970.
            return float(words) if len(words) < 6 else max(0.0, float(words[:12]) - time.time())
        until = _time(words)
        if until is not None:
            return max(0.0, (until - datetime.now(UTC)).total_seconds())
    return None


def _time(words: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(words)
        except ValueError:
            continue
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return None
