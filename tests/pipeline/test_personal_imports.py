"""Exports of people, imported for good: all of them counts, and nothing planted reaches the workspace."""

from pathlib import Path

import pytest

from contracts.planted_suite import PLANTED
from isthmus.pipeline import Workspace, import_files
from isthmus.sources import load_source

FIXTURES = Path(__file__).parents[1] / "sources" / "fixtures"
FILES = {
    "x": "tweets.js", "instagram": "liked_posts.json", "activitystreams": "outbox.json",
    "reddit": "posts.csv",
    "youtube": "watch-history.json", "tiktok": "user_data_tiktok.json", "letterboxd": "diary.csv",
    "movielens": "movielens-ratings.csv", "douban": "douban-interests-1.json", "bangumi": "bangumi-1.json",
    "storygraph": "storygraph_export.csv", "kindle": "sessions/Kindle.Devices.ReadingSession.csv",
    "librarything": "librarything_mira.json", "calibre": "catalog.csv",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_was_planted_stays_out_and_the_rest_comes_in(name: str, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    file = FIXTURES / name / FILES[name]
    source = load_source(name, user_id="mira")
    expected = sum(batch.events.height for batch in source.read(file))
    (done,) = import_files(workspace, source, [file])
    assert done.counts["rejects"] == 0, done.first_rejects
    assert done.counts["events"] == expected
    stored = workspace.log.read().collect().write_ndjson() + workspace.catalogue.read().write_ndjson()
    bare = b"".join(one.read_bytes() for one in sorted((tmp_path / "ws").rglob("*")) if one.is_file())
    for secret in PLANTED:
        assert secret in file.read_text(encoding="utf-8")
        assert secret not in stored
        assert secret.encode() not in bare


def test_a_second_import_adds_nothing(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    file = FIXTURES / "youtube" / "watch-history.json"
    source = load_source("youtube", user_id="mira")
    list(import_files(workspace, source, [file]))
    (again,) = import_files(workspace, source, [file])
    assert (again.counts["events"], again.counts["items_added"]) == (0, 0)


def test_searches_and_the_pages_of_takeout_come_in_too(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    source = load_source("youtube", user_id="mira")
    (done,) = import_files(workspace, source, [FIXTURES / "youtube" / "page" / "watch-history.html"])
    assert (done.counts["events"], done.counts["rejects"]) == (3, 0)
    assert workspace.log.read().collect()["kind"].sort().to_list() == ["play", "search", "watch"]
