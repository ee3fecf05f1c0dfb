import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.source_suite import SourceSuite, joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "spotify"
SO_WHAT = "spotify:track:4vLYewWIvqHfKtJDk8c8tq"


class TestSpotify(SourceSuite):
    name = "spotify"
    fixture = FOLDER / "Streaming_History_Audio_2024_0.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = '{"ts":"2024-01-01T00:00:00Z","ms_played":1,"ip_addr":"203.0.113.7",'
        good += '"spotify_track_uri":"spotify:track:x"'
        bad = [
            good.replace("2024-01-01T00:00:00Z", "yesterday") + "},",
            good.replace('"ms_played":1', '"ms_played":-1.5') + "},",
            good.replace("spotify:track:x", "") + "},",
            '"203.0.113.7",',
            good.replace('"spotify:track:x"', '"\\ud83d"') + "},",
            good.replace('"ts"', '"time"') + "},",
        ]
        return text.replace("[", "[" + "\n".join(bad), 1), [1, 2, 3, 4, 5, 6]


def read_all() -> Any:
    source = load_source("spotify", user_id="mira")
    return joined([batch for file in source.files([FOLDER]) for batch in source.read(file)])


def test_media_times_and_devices() -> None:
    batch = read_all()
    first = batch.events.row(0, named=True)
    assert first["item_id"] == SO_WHAT
    assert (first["kind"], first["value"], first["unit"]) == ("play", 545.0, "seconds")
    assert first["occurred_at"] == datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)
    devices = batch.events["context"].struct.field("device").to_list()
    assert devices == ["android", "desktop", "web", "ios", "ios", "speaker", "speaker", "desktop"]
    items = {row["item_id"]: row for row in batch.items.iter_rows(named=True)}
    assert items[SO_WHAT]["creators"] == ["Miles Davis"]
    assert items[SO_WHAT]["description"] == "Kind of Blue"
    assert [items[uri]["categories"] for uri in sorted(items)] == [
        ["podcast"],
        ["audiobook"],
        ["music"],
        ["music"],
    ]


def test_only_a_short_skipped_play_is_a_skip() -> None:
    kinds = read_all().events["kind"].to_list()
    assert kinds == ["play", "skip", "play", "play", "play", "play", "play", "play"]


def test_the_same_play_in_two_files_has_one_id_and_other_people_have_others() -> None:
    ids = read_all().events["event_id"]
    assert ids[5] == ids[6]
    assert ids.n_unique() == len(ids) - 1
    other = next(load_source("spotify", user_id="jonas").read(FOLDER / "Streaming_History_Audio_2024_0.json"))
    assert not set(other.events["event_id"]) & set(ids)


def test_private_sessions_are_left_out_and_counted() -> None:
    assert dict(read_all().left_out) == {"played in a private session": 1}


def test_a_file_cut_short_is_refused_with_its_line(tmp_path: Path) -> None:
    text = (FOLDER / "Streaming_History_Audio_2024_0.json").read_text(encoding="utf-8")
    file = tmp_path / "endsong_0.json"
    file.write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(InputError, match=r"endsong_0.json:\d+") as caught:
        list(load_source("spotify", user_id="mira").read(file))
    assert caught.value.line is not None
    assert caught.value.line > 1


def test_a_long_history_streams(tmp_path: Path) -> None:
    plays = (
        json.loads((FOLDER / "Streaming_History_Audio_2024_1.json").read_text()) * 6_000
    )  # 9 MB, two blocks
    file = tmp_path / "endsong_0.json"
    file.write_text(json.dumps(plays, indent=0))
    lines = joined(list(load_source("spotify", user_id="mira").read(file))).events["line"]
    assert len(lines) == 12_000
    assert set(lines.diff().drop_nulls()) == {len(plays[0]) + 2}
