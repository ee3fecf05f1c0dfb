import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.source_suite import SourceSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FILE = Path(__file__).parent / "fixtures" / "steam" / "GetOwnedGames.json"


class TestSteam(SourceSuite):
    name = "steam"
    fixture = FILE

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '{"name":"203.0.113.7","playtime_forever":1},',
            '{"appid":10,"playtime_forever":-5},',
            '{"appid":10,"playtime_forever":1e400},',
            '{"appid":10,"rtime_last_played":"long ago"},',
            '"203.0.113.7",',
        ]
        start = text.index("[")
        first = text.count("\n", 0, start) + 1
        return text[: start + 1] + "\n".join(bad) + text[start + 1 :], list(range(first, first + 5))


def test_play_time_in_seconds_and_what_was_never_played() -> None:
    batch = next(load_source("steam", user_id="mira").read(FILE))
    assert batch.events.select("item_id", "kind", "value", "unit").rows() == [
        ("427520", "play", 547_200.0, "seconds"),
        ("620", "play", 36_900.0, "seconds"),
        ("753640", "purchase", None, None),
        ("2379780", "play", 2_520.0, "seconds"),
    ]
    assert batch.events["occurred_at"].to_list() == [
        datetime(2024, 3, 3, 10, 0, tzinfo=UTC),
        datetime(2014, 1, 1, tzinfo=UTC),
        None,
        None,  # Steam writes 86400 where it does not know
    ]
    assert batch.items["title"].to_list() == ["Factorio", "Portal 2", "Outer Wilds", None]


def test_lines_are_where_the_games_stand() -> None:
    batch = next(load_source("steam", user_id="mira").read(FILE))
    lines = FILE.read_text(encoding="utf-8").split("\n")
    for line, app_id in batch.events.select("line", "item_id").rows():
        assert lines[line - 1].strip() == "{"
        assert app_id in lines[line]


def test_a_later_export_repeats_no_game(tmp_path: Path) -> None:
    later = json.loads(FILE.read_text(encoding="utf-8"))
    later["response"]["games"][0]["playtime_forever"] += 60
    (tmp_path / "GetOwnedGames.json").write_text(json.dumps(later))
    source = load_source("steam", user_id="mira")
    ids = [
        next(source.read(file)).events["event_id"].to_list()
        for file in (FILE, tmp_path / "GetOwnedGames.json")
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    "content", ['{"response":{}}', "[]", '{"response":{"games":{}}}', "{", "[" * 100_000]
)
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "steam.json"
    file.write_text(content)
    with pytest.raises(InputError) as caught:
        next(load_source("steam", user_id="mira").read(file))
    assert caught.value.hint
