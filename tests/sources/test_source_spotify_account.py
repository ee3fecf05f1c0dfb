from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "spotify_account"


class TestSpotifyAccount(ExportSuite):
    name = "spotify_account"
    fixture = FOLDER / "StreamingHistory_music_0.json"
    other_fixtures = (
        FOLDER / "StreamingHistory_podcast_0.json",
        FOLDER / "YourLibrary.json",
    )

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = {"endTime": "2024-01-01 00:00", "artistName": "A", "trackName": "203.0.113.7", "msPlayed": 1}
        bad = [{**good, "endTime": "yesterday"}, {**good, "msPlayed": -1}, {**good, "artistName": ""}]
        return inserted(text, [*bad, "203.0.113.7"])


def read(name: str) -> Any:
    return joined(list(load_source("spotify_account", user_id="mira").read(FOLDER / name)))


def test_plays_skips_and_the_library() -> None:
    events = read("StreamingHistory_music_0.json").events
    assert events.select("item_id", "kind", "value").rows() == [
        ("Miles Davis – So What", "play", 545.0),
        ("邓丽君 – 月亮代表我的心", "skip", 4.01),
        ("Miles Davis – So What", "skip", 0.0),
        ("Nina Simone – Feeling Good", "play", 173.0),
    ]
    assert events["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, tzinfo=UTC)
    assert set(events["platform"]) == {"spotify"}
    assert read("StreamingHistory_podcast_0.json").items["categories"].to_list() == [["podcast"]]
    library = read("YourLibrary.json")
    assert library.events.select("item_id", "kind").rows() == [("Nina Simone – Feeling Good", "save")]
    assert library.items["description"].to_list() == ["I Put a Spell on You"]
