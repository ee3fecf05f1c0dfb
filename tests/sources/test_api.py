"""The APIs, against a local server that answers as the services do."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

pytestmark = pytest.mark.extras
SCROBBLES = [(f"Song {n}", 1_700_000_000 + 60 * n) for n in range(5)]


class Services(BaseHTTPRequestHandler):
    """Last.fm, ListenBrainz and Steam as far as they are asked here."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.server.calls.append((address.path, asked, dict(self.headers)))  # type: ignore[attr-defined]
        troubles = self.server.troubles  # type: ignore[attr-defined]
        if troubles:
            status, headers, body = troubles.pop(0)
            return self.answer(status, body, headers)
        if address.path == "/2.0/":
            return self.lastfm(asked)
        if address.path == "/1/user/mira%2Fx/listens":
            return self.listenbrainz(asked)
        return self.steam(asked)

    def lastfm(self, asked: dict[str, str]) -> None:
        if asked["api_key"] != "k":
            return self.answer(403, {"error": 10, "message": "Invalid API key"})
        fresh = [one for one in SCROBBLES if int(asked.get("from", 0)) <= one[1] <= int(asked["to"])]
        fresh, page = fresh[::-1], int(asked["page"])
        tracks = [
            {"name": name, "artist": {"name": "A", "mbid": ""}, "album": {"#text": ""}, "loved": "0",
             "date": {"uts": str(when), "#text": ""}}
            for name, when in fresh[2 * page - 2 : 2 * page]
        ]  # fmt: skip
        if page == 1:
            tracks.insert(0, {"name": "Now", "artist": {"name": "A"}, "@attr": {"nowplaying": "true"}})
        attr = {"user": asked["user"], "totalPages": str(-(-len(fresh) // 2)), "page": asked["page"]}
        return self.answer(200, {"recenttracks": {"track": tracks, "@attr": attr}})

    def listenbrainz(self, asked: dict[str, str]) -> None:
        older = [one for one in SCROBBLES[::-1] if one[1] < int(asked.get("max_ts", 9_999_999_999))]
        listens = [
            {"listened_at": when, "track_metadata": {"artist_name": "A", "track_name": name}}
            for name, when in older[:2]
        ]
        return self.answer(200, {"payload": {"count": len(listens), "listens": listens}})

    def steam(self, asked: dict[str, str]) -> None:
        games = [
            {"appid": 620, "name": "Portal 2", "playtime_forever": 615, "rtime_last_played": 1_388_534_400}
        ]
        public = asked["steamid"] == "7656119"
        return self.answer(200, {"response": {"game_count": 1, "games": games} if public else {}})

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    httpd = HTTPServer(("127.0.0.1", 0), Services)
    httpd.calls, httpd.troubles = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def read(server: Any, name: str, account: str, **options: Any) -> Batch:
    base_url = f"http://127.0.0.1:{server.server_port}"
    source = load_source(name, user_id="mira", base_url=base_url, first_wait_s=0.01, **options)
    return joined([batch for file in source.files([account]) for batch in source.read(file)])  # type: ignore[list-item]


def test_lastfm_page_by_page(server: Any) -> None:
    batch = read(server, "lastfm_api", "mira", key="k")
    assert batch.events["item_id"].to_list() == [f"A – Song {n}" for n in (4, 3, 2, 1, 0)]
    assert set(batch.events["platform"]) == {"lastfm"}
    assert batch.left_out == {"playing now": 1}
    assert [asked["page"] for _, asked, _ in server.calls] == ["1", "2", "3"]


def test_only_what_is_new_is_asked_for(server: Any) -> None:
    since = datetime.fromtimestamp(SCROBBLES[3][1], UTC)
    for name, account in (("lastfm_api", "mira"), ("listenbrainz_api", "mira/x")):
        batch = read(server, name, account, key="k", since=since)
        assert batch.events["item_id"].unique(maintain_order=True).to_list() == ["A – Song 4", "A – Song 3"]


def test_listenbrainz_page_by_page_with_its_token(server: Any) -> None:
    batch = read(server, "listenbrainz_api", "mira/x", key="t")
    assert batch.events["item_id"].unique(maintain_order=True).to_list() == [
        f"A – Song {n}" for n in (4, 3, 2, 1, 0)
    ]
    assert batch.events["event_id"].n_unique() == len(SCROBBLES)
    assert {headers["Authorization"] for _, _, headers in server.calls} == {"Token t"}


def test_steam(server: Any) -> None:
    batch = read(server, "steam_api", "7656119", key="k")
    assert batch.events.select("platform", "item_id", "value").rows() == [("steam", "620", 36_900.0)]
    with pytest.raises(InputError, match="no games"):
        read(server, "steam_api", "1", key="k")


def test_what_may_get_better_is_tried_again(server: Any) -> None:
    server.troubles += [(429, {"Retry-After": "0"}, {}), (503, {}, b"busy"), (500, {}, {})]
    assert read(server, "steam_api", "7656119", key="k").events.height == 1
    assert len(server.calls) == 4


def test_what_cannot_get_better_is_told_without_the_key(server: Any) -> None:
    with pytest.raises(InputError, match="403: Invalid API key") as caught:
        read(server, "lastfm_api", "mira", key="very-secret")
    assert "very-secret" not in str(caught.value)
    assert len(server.calls) == 1
    server.troubles += [(500, {}, {})] * 6
    with pytest.raises(InputError, match="500"):
        read(server, "lastfm_api", "mira", key="k")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"[" * 100_000, b'{"recenttracks": 7}'])
def test_other_answers_are_refused_or_empty(server: Any, body: bytes) -> None:
    server.troubles.append((200, {}, body))
    if b"recent" in body:
        assert read(server, "lastfm_api", "mira", key="k").events.is_empty()
    else:
        with pytest.raises(InputError, match="JSON"):
            read(server, "lastfm_api", "mira", key="k")


def test_nobody_at_the_address_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    source = load_source("steam_api", user_id="mira", key="secret", base_url="http://127.0.0.1:9")
    with pytest.raises(InputError, match="cannot be reached") as caught:
        list(source.read(source.files(["1"])[0]))  # type: ignore[list-item]
    assert "secret" not in str(caught.value)
    for name, variable in (("steam_api", "STEAM_API_KEY"), ("lastfm_api", "LASTFM_API_KEY")):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(InputError, match="needs a key") as caught:
            list(load_source(name, user_id="mira").read(Path("1")))
        assert variable in caught.value.hint
