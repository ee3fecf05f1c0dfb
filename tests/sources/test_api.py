"""The APIs, against a local server that answers as the services do."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
ENTRIES = [
    {
        "updated_at": f"2024-03-{30 - n:02}T21:14:07+08:00", "comment": "planted words", "tags": ["mine"],
        "subject": {
            "date": "2011-04-06", "name": f"Original {n}", "name_cn": f"动画 {n}", "short_summary": "",
            "tags": [{"name": "科幻", "count": 9, "total_cont": 0}], "score": 8.9, "type": 2, "id": n,
        },
        "subject_id": n, "vol_status": 0, "ep_status": 24, "subject_type": 2, "type": 2,
        "rate": 9 if n == 1 else 0, "private": n == 2,
    }
    for n in range(1, 8)
]  # fmt: skip


def status(number: int, **more: Any) -> dict[str, Any]:
    """A post as Mastodon writes it."""
    uri = f"https://social.example/users/mira/statuses/{number}"
    return {
        "id": str(number), "created_at": f"2024-03-{number:02}T05:06:07.891Z", "in_reply_to_id": None,
        "in_reply_to_account_id": None, "sensitive": False, "spoiler_text": "", "visibility": "public",
        "language": "en", "uri": uri, "url": f"https://social.example/@mira/{number}", "replies_count": 0,
        "edited_at": None, "favourited": False, "content": f"<p>Post <b>{number}</b> about #trains</p>",
        "reblog": None, "application": None, "account": {"id": "7", "username": "mira", "acct": "mira"},
        "media_attachments": [], "mentions": [], "emojis": [], "card": None, "poll": None,
        "tags": [{"name": "trains", "url": "https://social.example/tags/trains"}], **more,
    }  # fmt: skip


POSTS = [
    status(9),
    status(8, content="", reblog=status(1, uri="https://far.example/users/rail/statuses/77")),
    status(7, in_reply_to_id="3"),
    status(6, visibility="private"),
    status(5, visibility="direct", content="<p>planted words</p>"),
    status(4, visibility="unlisted", spoiler_text="Storms"),
]
LIKED = [
    status(3, uri=f"https://far.example/{n}", visibility="private" if n == 2 else "public") for n in range(5)
]
MARKED = [status(2, uri="https://far.example/9")]


class Services(BaseHTTPRequestHandler):
    """The services as far as they are asked here."""

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
        if address.path == "/v0/users/mira%2Fx/collections":
            return self.bangumi(asked)
        if address.path.startswith("/api/v1/"):
            return self.mastodon(address.path.removeprefix("/api/v1/"), asked)
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

    def bangumi(self, asked: dict[str, str]) -> None:
        start, limit = int(asked["offset"]), min(int(asked["limit"]), 3)
        page = {
            "data": ENTRIES[start : start + limit],
            "total": len(ENTRIES),
            "limit": limit,
            "offset": start,
        }
        return self.answer(200, page)

    def mastodon(self, asked_for: str, asked: dict[str, str]) -> None:
        if self.headers["Authorization"] != "Bearer t":
            return self.answer(401, {"error": "The access token is invalid"})
        if asked_for == "accounts/verify_credentials":
            return self.answer(200, {"id": "7", "username": "Mira", "acct": "Mira"})
        posts = {"accounts/7/statuses": POSTS, "favourites": LIKED, "bookmarks": MARKED}[asked_for]
        assert 0 < int(asked["limit"]) <= 40
        # Ids of pages are of no post: only the header tells them.
        start = 0 if "max_id" not in asked else 1_000 - int(asked["max_id"])
        more = f'<https://elsewhere.example/api?limit=2&max_id={1_000 - start - 2}>; rel="next", '
        link = f'{more if start + 2 < len(posts) else ""}<https://social.example/?min_id=9>; rel="prev"'
        return self.answer(200, posts[start : start + 2], {"Link": link})

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


def test_bangumi_page_by_page(server: Any) -> None:
    batch = read(server, "bangumi_api", "mira/x", key="t")
    assert batch.events.filter(kind="watch")["item_id"].to_list() == ["1", "3", "4", "5", "6", "7"]
    assert batch.events.filter(kind="rate").select("item_id", "value").rows() == [("1", 9.0)]
    assert set(batch.events["platform"]) == {"bangumi"}
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 29, 13, 14, 7, tzinfo=UTC)
    assert dict(batch.left_out) == {"marked as private": 1}
    assert [asked["offset"] for _, asked, _ in server.calls] == ["0", "3", "6"]
    assert {headers["Authorization"] for _, _, headers in server.calls} == {"Bearer t"}
    assert "planted" not in batch.items.write_ndjson() + batch.events.write_ndjson()


def test_bangumi_stops_at_what_is_known(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANGUMI_TOKEN", raising=False)
    since = datetime(2024, 3, 27, 13, 14, 7, tzinfo=UTC)
    batch = read(server, "bangumi_api", "mira/x", since=since)
    assert batch.events["item_id"].unique(maintain_order=True).to_list() == ["1", "3"]
    assert len(server.calls) == 2
    assert "Authorization" not in server.calls[0][2]


def test_posts_likes_and_bookmarks_of_an_account(server: Any) -> None:
    batch = read(server, "activitystreams_api", "@mira@social.example", key="t")
    own = "https://social.example/users/mira/statuses"
    assert batch.events.select("item_id", "kind").rows() == [
        (f"{own}/9", "share"),
        ("https://far.example/users/rail/statuses/77", "share"),
        (f"{own}/7", "comment"),
        (f"{own}/4", "share"),
        *((f"https://far.example/{n}", "like") for n in (0, 1, 3, 4)),
        ("https://far.example/9", "save"),
    ]
    assert dict(batch.left_out) == {"not addressed to the public": 3}
    assert set(batch.events["platform"]) == {"activitystreams"}
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 9, 5, 6, 7, tzinfo=UTC)
    assert batch.events.filter(batch.events["kind"].is_in(["like", "save"]))["occurred_at"].null_count() == 5
    assert batch.items["title"][:2].to_list() == ["Post 9 about #trains", "Post 1 about #trains"]
    assert batch.items.row(0, named=True)["tags"] == ["trains"]
    assert "planted" not in batch.items.write_ndjson()
    assert {address for address, _, _ in server.calls} == {
        "/api/v1/accounts/verify_credentials", "/api/v1/accounts/7/statuses", "/api/v1/favourites",
        "/api/v1/bookmarks",
    }  # fmt: skip


def test_a_post_of_the_api_is_the_event_of_the_export(server: Any, tmp_path: Path) -> None:
    uri = "https://social.example/users/mira/statuses/9"
    public = "https://www.w3.org/ns/activitystreams#Public"
    post = {"type": "Create", "published": "2024-03-09T05:06:07Z", "to": [public], "object": {"id": uri}}
    (tmp_path / "outbox.json").write_text(json.dumps({"orderedItems": [post]}))
    exported = next(load_source("activitystreams", user_id="mira").read(tmp_path / "outbox.json")).events
    asked = read(server, "activitystreams_api", "mira@social.example", key="t").events
    assert exported.drop("line").equals(asked.filter(item_id=uri).drop("line"))


def test_only_later_posts_are_asked_for_and_all_likes(server: Any) -> None:
    since = datetime(2024, 3, 8, 5, 6, 7, tzinfo=UTC)
    batch = read(server, "activitystreams_api", "mira@social.example", key="t", since=since)
    assert batch.events["kind"].to_list() == ["share", "share", *["like"] * 4, "save"]


@pytest.mark.parametrize(
    ("account", "key", "why"),
    [
        ("rail@social.example", "t", "token is that of another account"),
        ("mira@social.example", "very-secret", "401: The access token is invalid"),
        ("mira", "t", "no account like"),
        ("mira@social.example/x", "t", "no account like"),
    ],
)
def test_accounts_that_are_not_those_of_the_token(server: Any, account: str, key: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read(server, "activitystreams_api", account, key=key)
    assert caught.value.hint
    assert "very-secret" not in str(caught.value)


def test_posts_and_entries_that_cannot_be_read_are_rejects(server: Any) -> None:
    bad = [7, status(1, uri=None, url=None), status(1, created_at="yesterday"), {"visibility": "public"}]
    server.troubles += [
        (200, {}, {"id": "7", "username": "mira"}),
        (200, {"Link": "<::>; rel=next"}, bad),
    ]
    batch = read(
        server, "activitystreams_api", "mira@social.example", key="t", since=datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert batch.rejects.select("line", "field").rows() == [(1, None), (2, "id"), (3, "published"), (4, "id")]
    half = {**ENTRIES[0], "subject": {"name": "\ud83d"}}
    server.troubles.append((200, {}, {"data": [half], "total": 1}))
    batch = read(server, "bangumi_api", "mira/x")
    assert batch.rejects["reason"].to_list() == ["holds half of a surrogate pair"]
    server.troubles.append((200, {}, {"data": 7}))
    assert read(server, "bangumi_api", "mira/x").events.is_empty()
    server.troubles.append((200, {}, {"data": [7, {"subject_id": []}], "total": 2}))
    batch = read(server, "bangumi_api", "mira/x", since=datetime(2020, 1, 1, tzinfo=UTC))
    assert batch.rejects.select("line", "field").rows() == [(1, None), (2, "subject_type")]


@pytest.mark.parametrize("form", ["seconds", "http", "iso", "epoch"])
def test_it_waits_as_long_as_it_is_asked_to(server: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    until = datetime.now(UTC) + timedelta(seconds=100)
    said = {
        "seconds": {"Retry-After": "100"},
        "http": {"Retry-After": format_datetime(until, usegmt=True)},
        "iso": {"X-RateLimit-Reset": until.isoformat().replace("+00:00", "Z")},
        "epoch": {"X-RateLimit-Reset": str(int(until.timestamp()))},
    }[form]
    server.troubles.append((429, said, {"error": "Too many requests"}))
    read(server, "bangumi_api", "mira/x")
    assert max(waits) == pytest.approx(100, abs=5)


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
    for name, variable in (
        ("steam_api", "STEAM_API_KEY"),
        ("lastfm_api", "LASTFM_API_KEY"),
        ("activitystreams_api", "MASTODON_TOKEN"),
    ):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(InputError, match="needs a key") as caught:
            list(load_source(name, user_id="mira").read(Path("mira@social.example")))
        assert variable in caught.value.hint
