from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "listenbrainz"


class TestListenBrainz(ExportSuite):
    name = "listenbrainz"
    fixture = FOLDER / "listens.jsonl"
    other_fixtures = (
        FOLDER / "page/listenbrainz-page.json",
        FOLDER / "feedback/feedback.jsonl",
    )

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '{"listened_at": "203.0.113.7", "track_metadata": {"artist_name": "A", "track_name": "B"}}',
            '{"listened_at": 1709414047, "track_metadata": {"artist_name": "A"}}',
            '{"listened_at": 0, "track_metadata": {"artist_name": "A", "track_name": "B"}}',
            "203.0.113.7",
        ]
        return appended(text, bad)


def read(name: str) -> Any:
    return joined(list(load_source("listenbrainz", user_id="mira").read(FOLDER / name)))


def test_listens_and_feedback() -> None:
    events = read("listens.jsonl").events
    assert events.select("kind", "value", "unit").rows() == [
        ("play", 545.0, "seconds"),
        ("play", None, None),
        ("play", None, None),
    ]
    page = read("page/listenbrainz-page.json").events
    assert page["event_id"][0] == events["event_id"][0]
    assert page["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)
    feedback = read("feedback/feedback.jsonl")
    assert feedback.events["kind"].to_list() == ["like", "dislike"]
    assert feedback.left_out == {"feedback that was taken back": 1, "feedback without a title": 1}


def test_a_row_that_is_neither_listen_nor_feedback_is_a_reject(tmp_path: Path) -> None:
    track = '"track_metadata": {"artist_name": "A", "track_name": "B"}'
    (tmp_path / "listens.jsonl").write_text(f'{{{track}}}\n{{"score": "x", {track}}}\n')
    batch = joined(list(load_source("listenbrainz", user_id="mira").read(tmp_path / "listens.jsonl")))
    assert batch.rejects.select("line", "field").rows() == [(1, "listened_at"), (2, "score")]


def test_other_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "listens.json").write_text("[" * 100_000)
    with pytest.raises(InputError):
        list(load_source("listenbrainz", user_id="mira").read(tmp_path / "listens.json"))
