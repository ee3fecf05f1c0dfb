import zipfile
from pathlib import Path

import polars as pl
import pytest

from isthmus.errors import InputError, SettingsError
from isthmus.pipeline import Workspace

FIXTURES = Path(__file__).parents[1] / "sources" / "fixtures"
SECRETS = ("203.0.113.7", "48.858370", "4111-1111-1111-1111", "planted private words")


@pytest.fixture
def new(tmp_path, isthmus):
    isthmus("init", tmp_path / "new")
    return tmp_path / "new"


@pytest.fixture
def archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "my data.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        for name in (
            "steam/GetOwnedGames.json",
            "spotify/Streaming_History_Audio_2024_0.json",
            "spotify_account/StreamingHistory_music_0.json",
            "amazon_orders/Retail.OrderHistory.1.csv",
        ):
            opened.write(FIXTURES / name, f"My Data/{name}")
        opened.writestr("My Data/readme.html", "<p>hello</p>")
    return tmp_path / "my data.zip"


def test_a_zip_as_it_came(new, archive, isthmus):
    said = isthmus("import", new, "auto", archive, "--user", "mira", "--yes")
    for source in ("steam", "spotify", "spotify_account", "amazon_orders"):
        assert f"{source}: {archive}/My Data/{source}/" in said.out
    assert "holds" in said.out
    events = Workspace.open(new).log.read().collect()
    assert set(events["platform"]) == {"steam", "spotify", "amazon"}
    again = isthmus("import", new, "auto", archive, "--user", "mira", "--yes", "--json").json
    assert [file["events"] for one in again["found"] for file in one["files"]] == [0, 0, 0, 0]
    assert all(file["file"].startswith(str(archive)) for one in again["found"] for file in one["files"])


def test_nothing_private_is_written_anywhere(new, archive, isthmus):
    isthmus("import", new, "auto", archive, "--user", "mira", "--yes")
    for file in new.rglob("*"):
        if file.suffix == ".parquet":
            assert not found(pl.read_parquet(file).write_ndjson()), file
        elif file.is_file():
            assert not found(file.read_bytes().decode("latin-1")), file


def found(text):
    return [secret for secret in SECRETS if secret in text]


def test_a_named_source_takes_a_zip_too(new, archive, isthmus):
    said = isthmus("import", new, "steam", archive, "--user", "mira")
    assert f"{archive}/My Data/steam/GetOwnedGames.json: 4 events" in said.out
    assert "isthmus-" not in said.out + said.err


def test_errors_and_rejects_name_the_member(new, tmp_path, isthmus):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as opened:
        opened.writestr("a/GetOwnedGames.json", '{"response":{"games":[{"appid":1,"playtime_forever":-1}]}}')
        opened.writestr("b/GetOwnedGames.json", "[]")
    said = isthmus("import", new, "steam", tmp_path / "bad.zip", "--user", "mira", code=InputError.exit_code)
    assert f"{tmp_path}/bad.zip/a/GetOwnedGames.json:1" in said.err
    assert f"{tmp_path}/bad.zip/b/GetOwnedGames.json" in said.err
    assert "isthmus-" not in said.err
    (file,) = (new / "rejects").iterdir()
    assert pl.read_ndjson(file)["file"].to_list() == [f"{tmp_path}/bad.zip/a/GetOwnedGames.json"]


def test_nothing_is_taken_in_unasked(new, archive, isthmus, monkeypatch):
    said = isthmus("import", new, "auto", archive, "--user", "mira", code=SettingsError.exit_code)
    assert "--yes" in said.err
    assert "steam" in said.out
    assert Workspace.open(new).log.read().collect().is_empty()


@pytest.mark.parametrize(("answer", "events"), [("n\n", False), ("y\n", True)])
def test_the_answer_counts(new, isthmus, monkeypatch, answer, events):
    import io

    stdin = io.StringIO(answer)
    stdin.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", stdin)
    isthmus("import", new, "auto", FIXTURES / "steam", "--user", "mira")
    assert Workspace.open(new).log.read().collect().is_empty() is not events


def test_what_nobody_reads_is_said(new, tmp_path, isthmus):
    (tmp_path / "notes.txt").write_text("dear diary")
    said = isthmus("import", new, "auto", tmp_path / "notes.txt", code=InputError.exit_code)
    assert "nothing was recognised" in said.err


def test_one_platform_for_several_sources_is_refused(new, archive, isthmus):
    said = isthmus(
        "import",
        new,
        "auto",
        archive,
        "--user",
        "mira",
        "--platform",
        "x",
        "--yes",
        code=SettingsError.exit_code,
    )
    assert "one by one" in said.err
