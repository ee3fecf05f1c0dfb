import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from encoder_suite import EncoderSuite

from isthmus.encoders import load_encoder
from isthmus.errors import EncoderError
from isthmus.settings import EncoderSettings

pytest.importorskip("httpx", reason="needs isthmus[openai]")
from isthmus.encoders.openai import OpenAIEncoder

pytestmark = pytest.mark.extras


def vector_of(text, size):
    """Any function of the text alone will do; not of unit length, as some servers send them."""
    return (np.random.default_rng(list(text.encode())).normal(size=size) * 3).tolist()


def answer(body, size=8):
    """A reply in the true format, rows out of order as the format allows."""
    rows = [
        {"object": "embedding", "index": i, "embedding": vector_of(text, body.get("dimensions", size))}
        for i, text in enumerate(body["input"])
    ]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return {"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage}


class Endpoint:
    """A server on this machine. `faults` are given instead of answers, the first to the first request."""

    def __init__(self, faults=()):
        self.faults = list(faults)
        self.requests = []
        self.times = []

    def respond(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.requests.append((request.path, dict(request.headers), body))
        self.times.append(time.monotonic())
        status, headers, payload = self.faults.pop(0)(body) if self.faults else (200, {}, answer(body))
        payload = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        request.send_response(status)
        for name, value in {"Content-Length": str(len(payload)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(payload)


@contextmanager
def serving(endpoint):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            endpoint.respond(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@contextmanager
def encoder_at(endpoint, **settings):
    with serving(endpoint) as address:
        settings = EncoderSettings(name="openai:small", base_url=address, **settings)
        encoder = OpenAIEncoder(settings, first_wait_s=0.01)
        yield encoder
        encoder._client.close()


def fault(status, payload=b"", **headers):
    return lambda body: (status, {name.replace("_", "-"): value for name, value in headers.items()}, payload)


def changed(change):
    """A reply in which `change` has spoilt the rows."""

    def reply(body):
        good = answer(body)
        good["data"] = change(good["data"])
        return 200, {}, good

    return reply


class TestOpenAI(EncoderSuite):
    @pytest.fixture
    def encoder(self):
        with encoder_at(Endpoint()) as encoder:
            yield encoder


def test_the_request_is_as_the_endpoint_wants_it_and_the_rows_find_their_texts():
    endpoint = Endpoint()
    with encoder_at(endpoint, api_key="secret", batch_size=2) as encoder:
        vectors = encoder.encode(["a", "b", "", "c"])
    path, headers, body = endpoint.requests[0]
    assert path == "/v1/embeddings"
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"model": "small", "input": ["a", "b"], "encoding_format": "float"}
    assert [request[2]["input"] for request in endpoint.requests] == [["a", "b"], ["c"]]
    for row, text in ((0, "a"), (1, "b"), (3, "c")):
        expected = np.array(vector_of(text, 8))
        assert np.allclose(vectors[row], expected / np.linalg.norm(expected), atol=1e-6)


def test_dimensions_are_asked_for_and_make_another_revision():
    endpoint = Endpoint()
    with encoder_at(endpoint, dimensions=3) as encoder:
        assert encoder.embedding_size == 3
        assert encoder.encode(["a"]).shape == (1, 3)
        assert endpoint.requests[0][2]["dimensions"] == 3
        assert encoder.revision.endswith("-3")


def test_a_server_that_stumbles_is_asked_again():
    endpoint = Endpoint([fault(500), fault(503, b"<html>busy</html>")])
    with encoder_at(endpoint) as encoder:
        assert encoder.encode(["a"]).shape == (1, 8)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("asked", ["1", "date"])
def test_what_the_server_asks_for_is_waited(asked):
    until = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
    endpoint = Endpoint([fault(429, Retry_After=until if asked == "date" else asked)])
    with encoder_at(endpoint) as encoder:
        encoder.encode(["a"])
    assert 0.9 < endpoint.times[1] - endpoint.times[0] < 10


def test_it_gives_up_in_the_end_and_says_why():
    endpoint = Endpoint([fault(500, {"error": {"message": "out of\nmemory"}})] * 9)
    with encoder_at(endpoint, retries=2) as encoder, pytest.raises(EncoderError, match="500: out of memory"):
        encoder.encode(["a"])
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_cannot_get_better_is_not_tried_again(status):
    endpoint = Endpoint([fault(status, {"error": {"message": "no"}})] * 9)
    with encoder_at(endpoint, api_key="secret") as encoder, pytest.raises(EncoderError) as caught:
        encoder.encode(["a"])
    assert len(endpoint.requests) == 1
    assert str(status) in caught.value.message
    assert "secret" not in str(caught.value)
    assert ("ISTHMUS_ENCODER__API_KEY" in caught.value.hint) == (status in (401, 403))


@pytest.mark.parametrize(
    "reply",
    [
        fault(200, b"<html>not an API</html>"),
        fault(200, b"\xff\xfe"),
        fault(200, []),
        fault(200, {"data": [{"index": 0}, {"index": 1}]}),
        changed(lambda rows: rows[:1]),
        changed(lambda rows: [*rows, rows[0]]),
        changed(lambda rows: [rows[0], {**rows[1], "index": rows[0]["index"]}]),
        changed(lambda rows: [rows[0], {**rows[1], "embedding": [1.0]}]),
        changed(lambda rows: [{**row, "embedding": [float("nan")] * 8} for row in rows]),
        changed(lambda rows: [{**row, "embedding": []} for row in rows]),
        changed(lambda rows: [{**row, "embedding": "text"} for row in rows]),
    ],
)
def test_a_reply_that_makes_no_sense_is_refused_and_the_endpoint_named(reply):
    with encoder_at(Endpoint([reply] * 9), retries=0) as encoder, pytest.raises(EncoderError) as caught:
        encoder.encode(["a", "b"])
    assert encoder._settings.base_url in str(caught.value)


def test_a_model_that_changes_its_size_midway_is_refused():
    endpoint = Endpoint([lambda body: (200, {}, answer(body)), lambda body: (200, {}, answer(body, size=5))])
    with encoder_at(endpoint) as encoder:
        encoder.encode(["a"])
        with pytest.raises(EncoderError, match="5 numbers where 8"):
            encoder.encode(["b"])


def test_a_slow_server_is_left_after_the_timeout():
    def sleepy(body):
        time.sleep(0.6)
        return 200, {}, answer(body)

    endpoint = Endpoint([sleepy])
    with encoder_at(endpoint, timeout_s=0.3) as encoder:
        assert encoder.encode(["a"]).shape == (1, 8)  # the second try is answered in time
    assert len(endpoint.requests) == 2


def test_nobody_at_the_address_is_said_at_once():
    with serving(Endpoint()) as address:
        pass
    encoder = OpenAIEncoder(EncoderSettings(name="openai:small", base_url=address))
    started = time.monotonic()
    with pytest.raises(EncoderError, match="cannot be reached") as caught:
        encoder.encode(["a"])
    assert time.monotonic() - started < 5
    assert f"{address}/embeddings" in caught.value.hint


def test_no_key_says_which_variables_to_set(monkeypatch):
    settings = EncoderSettings(name="openai:small")
    with pytest.raises(EncoderError) as caught:
        load_encoder("openai:small", settings)
    assert "ISTHMUS_ENCODER__API_KEY" in caught.value.hint
    assert "OPENAI_API_KEY" in caught.value.hint
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert load_encoder("openai:small", settings).revision == "api.openai.com"
    monkeypatch.delenv("OPENAI_API_KEY")
    assert load_encoder("openai:small", replace(settings, api_key="k")).name == "openai:small"


@pytest.mark.parametrize("address", ["", "not an address", "ftp://there/v1", "http://"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(EncoderError, match="address"):
        OpenAIEncoder(EncoderSettings(name="openai:small", base_url=address, api_key="k"))


def test_without_httpx_the_install_command_is_named():
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from isthmus.encoders import load_encoder\n"
        "from isthmus.errors import MissingExtraError\n"
        "try: load_encoder('openai:small')\n"
        "except MissingExtraError as error: print(error.hint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'isthmus[openai]'" in done.stdout
