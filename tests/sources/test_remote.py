"""Addresses: real file systems of fsspec and a real web server; without fsspec only what is said then."""

import stat
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from isthmus.errors import InputError, MissingExtraError, StorageError
from isthmus.sources.opening import opened
from isthmus.sources.remote import fetched, is_address, shown_address

CSV = b"user_id,item_id,platform\nann,7,shop\n"
SECRET = "s3cr3t"


@pytest.fixture
def memory() -> Iterator[Any]:
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'isthmus[remote]'")
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


class Web(BaseHTTPRequestHandler):
    """Gives CSV below /data to whoever brings the signature."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        address = urlsplit(self.path)
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        known = address.path.startswith("/data")
        status = 200 if known and SECRET in address.query else 403 if known else 404
        content = CSV * 100_000 if "big" in address.path else CSV
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if status == 200 else 0))
        self.end_headers()
        if status == 200 and self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    pytest.importorskip("fsspec", reason="needs fsspec: pip install 'isthmus[remote]'")
    pytest.importorskip("aiohttp", reason="needs aiohttp: pip install aiohttp")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    httpd = HTTPServer(("127.0.0.1", 0), Web)
    httpd.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def read(address: str, patterns: tuple[str, ...] = ("*.csv",)) -> dict[str, bytes]:
    """What was copied, by the name that a person is told."""
    with fetched([address], patterns) as given:
        found = [
            file
            for path in given.paths
            for file in ([path] if path.is_file() else sorted(path.rglob("*")))
            if file.is_file()
        ]
        return {given.shown(str(file)): file.read_bytes() for file in found}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("s3://bucket/day=1/a.csv", "s3://bucket/day=1/a.csv"),
        ("ftp://mira:s3cr3t@host/a.csv", "ftp://…@host/a.csv"),
        ("ftp://mira:s3@cr3t@host:21/a.csv", "ftp://…@host:21/a.csv"),
        ("ftp://mira:p/s3cr3t@host/a.csv", "ftp://…@host/a.csv"),
        ("ftp://mira:s3?cr3t@host/a.csv", "ftp://…@host/a.csv"),
        ("ftp://mira:s3cr3t", "ftp://…@"),
        ("ftp://mira:s3::cr3t@host/a.csv", "ftp://…@host/a.csv"),
        ("https://host:8080/a.csv?signature=s3cr3t", "https://host:8080/a.csv?…"),
        ("https://host/a.csv?s3cr3t::s3cr3t", "https://host/a.csv?…"),
        ("https://host/a.csv#access_token=s3cr3t", "https://host/a.csv#…"),
        ("zip://a.csv::file.zip", "zip://a.csv::file.zip"),
        ("zip://a.csv::https://t:s3cr3t@host/b.zip?sig=s3cr3t", "zip://a.csv::https://…@host/b.zip?…"),
        ("https://[::1]:80/a.csv", "https://[::1]:80/a.csv"),
    ],
)
def test_what_is_told_of_an_address(address: str, told: str) -> None:
    assert shown_address(address) == told
    assert is_address(address)


@pytest.mark.parametrize(
    "path", ["a.csv", "/a/b.csv", "C:/a.csv", "c://a.csv", "a*.csv", "x::y", Path("s3://b")]
)
def test_what_is_no_address(path: Path | str) -> None:
    assert not is_address(path)


def test_without_fsspec_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'isthmus\[remote\]'") as caught:
        read(f"https://u:{SECRET}@host/a.csv?{SECRET}")
    assert SECRET not in str(caught.value)


def test_a_source_that_reads_no_files_gets_what_was_given() -> None:
    with opened(["s3://mira", "mira@social.example"], ()) as given:
        assert given.paths == [Path("s3://mira"), Path("mira@social.example")]


@pytest.mark.extras
def test_one_file_and_where_it_lies_meanwhile(memory: Any) -> None:
    memory.pipe("/shop/events.csv", CSV)
    with fetched(["memory://shop/events.csv", "local.csv"], ("*.csv",)) as given:
        file, local = given.paths
        assert local == Path("local.csv")
        assert (file.name, file.read_bytes()) == ("events.csv", CSV)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700
        assert given.shown(f"{file}:3") == "memory://shop/events.csv:3"
    assert not file.exists()


@pytest.mark.extras
def test_a_glob_and_a_folder(memory: Any) -> None:
    for name in ("a/1.csv", "a/2.csv", "a/deep/3.csv", "a/photo.jpg", "a/.4.csv"):
        memory.pipe(f"/shop/{name}", name.encode())
    assert read("memory://shop/a/?.csv") == {
        "memory:///shop/a/1.csv": b"a/1.csv",
        "memory:///shop/a/2.csv": b"a/2.csv",
    }
    assert set(read("memory://shop/a/")) == {
        f"memory://shop/a/{name}" for name in ("1.csv", "2.csv", "deep/3.csv")
    }
    assert set(read("memory://shop/a/", ("*.jpg",))) == {"memory://shop/a/photo.jpg"}


@pytest.mark.extras
def test_a_member_of_a_zip_and_a_file_by_its_address(tmp_path: Path, memory: Any) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as opened_zip:
        opened_zip.writestr("x/a.csv", CSV)
    chained = f"zip://x/a.csv::{tmp_path}/b.zip"
    assert read(chained) == {chained: CSV}
    (tmp_path / "a.csv").write_bytes(CSV)
    assert read(f"file://{tmp_path}/a.csv") == {f"file://{tmp_path}/a.csv": CSV}
    memory.pipe("/b.zip", (tmp_path / "b.zip").read_bytes())
    assert read("zip://x/*.csv::memory://b.zip") == {"zip://x/a.csv::memory://b.zip": CSV}


@pytest.mark.extras
def test_an_archive_at_an_address(tmp_path: Path, memory: Any) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as opened_zip:
        opened_zip.writestr("x/a.csv", CSV)
    memory.pipe("/b.zip", (tmp_path / "b.zip").read_bytes())
    with opened(["memory://b.zip"], ("*.csv",)) as given:
        (file,) = given.paths[0].rglob("*.csv")
        assert given.shown(str(file)) == "memory://b.zip/x/a.csv"
        with pytest.raises(InputError) as caught, opened(["memory://b.zip"], ("*.csv",)) as again:
            raise InputError("is empty", "Hint.", file=str(next(again.paths[0].rglob("*.csv"))))
        assert (caught.value.message, caught.value.file) == (
            "memory://b.zip/x/a.csv: is empty",
            "memory://b.zip/x/a.csv",
        )
    memory.pipe("/c.zip", (tmp_path / "b.zip").read_bytes()[:-30])
    with (
        pytest.raises(InputError, match=r"^memory://c\.zip: the archive is damaged"),
        opened(["memory://c.zip"], ("*.csv",)),
    ):
        pass


@pytest.mark.extras
def test_a_name_that_leads_out_is_refused(memory: Any) -> None:
    memory.pipe("/x", CSV)
    memory.store["/shop/../../out.csv"] = memory.store.pop("/x")
    with pytest.raises(InputError, match="leads out"):
        read("memory://shop")


@pytest.mark.extras
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("memory://nowhere/a.csv", "no such file"),
        ("memory://nowhere/*.csv", "no such file"),
        (f"nosuchkind://u:{SECRET}@host/a.csv?{SECRET}", "no kind of address"),
        (f"zip://a.csv::memory://nowhere.zip?{SECRET}", "cannot be read|no such file"),
    ],
)
def test_what_cannot_be_had(memory: Any, address: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read(address)
    assert caught.value.file == shown_address(address)
    assert caught.value.hint
    assert SECRET not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.extras
def test_what_a_kind_of_address_needs_is_named(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "s3fs"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match="needs a package") as caught:
        read(f"s3://u:{SECRET}@bucket/a.csv")
    assert "s3fs" in caught.value.hint
    assert SECRET not in str(caught.value)


@pytest.mark.extras
def test_a_disk_that_fills_up(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/a.csv", CSV)
    full = type("Usage", (), {"free": 100_000_001})
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    with pytest.raises(StorageError, match="TMPDIR"):
        read("memory://a.csv")


@pytest.mark.extras
def test_a_web_server_that_wants_a_signature(web: str) -> None:
    address = f"{web}/data/my%20events.csv?signature={SECRET}"
    assert read(address) == {f"{web}/data/my%20events.csv?…": CSV}
    with fetched([address], ("*.csv",)) as given:
        assert given.paths[0].name == "my events.csv"
    assert read(f"{web}/data/big.csv?{SECRET}") == {f"{web}/data/big.csv?…": CSV * 100_000}


@pytest.mark.extras
@pytest.mark.parametrize(
    ("path", "why"),
    [("/data/a.csv?token=wrong-s3cr3", "403"), (f"/nowhere.csv?{SECRET}", "no such file")],
)
def test_a_web_server_that_refuses(web: str, path: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read(web + path)
    assert "s3cr3" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.extras
def test_nobody_at_the_address() -> None:
    pytest.importorskip("aiohttp", reason="needs aiohttp: pip install aiohttp")
    with pytest.raises(InputError, match=r"cannot be read \(Client") as caught:
        read(f"http://u:{SECRET}@127.0.0.1:9/a.csv?{SECRET}")
    assert SECRET not in str(caught.value)
