from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "activitystreams"


class TestActivityStreams(PlantedSuite):
    name = "activitystreams"
    fixture = FOLDER / "outbox.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        public = '"to":["as:Public"],"object":"https://far.example/203.0.113.7"'
        bad = [
            f'{{"type":"Announce","published":"yesterday",{public}}},',
            '{"type":"Like","note":"203.0.113.7"},',
            '{"type":"Create","to":["as:Public"],"object":{"content":"203.0.113.7"}},',
            '{"note":"203.0.113.7"},',
        ]
        at = text.index("[")
        first = text.count("\n", 0, at) + 1
        return text[: at + 1] + "\n".join(bad) + text[at + 1 :], list(range(first, first + 4))


def read(name: str) -> Batch:
    return next(load_source("activitystreams", user_id="mira").read(FOLDER / name))


def test_only_what_the_public_could_see_is_read() -> None:
    batch = read("outbox.json")
    assert batch.events.select("item_id", "kind").rows() == [
        ("https://social.example/users/mira/statuses/1", "share"),
        ("https://far.example/users/rail/statuses/77", "share"),
        ("https://social.example/users/mira/statuses/4", "comment"),
    ]
    assert batch.events["occurred_at"][0] == datetime(2023, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert dict(batch.left_out) == {
        "not addressed to the public": 1,
        "of other types (undone, deleted, updated)": 1,
    }


def test_words_without_their_markup() -> None:
    items = read("outbox.json").items
    assert items["title"].to_list() == [
        "Reading about #lighthouses & storms",
        None,
        "trains 夜行列車 back again",
    ]
    assert items["tags"].to_list()[0] == ["lighthouses"]
    assert items["language"].to_list()[0] == "en"


def test_likes_and_bookmarks_are_links() -> None:
    likes, bookmarks = read("likes.json"), read("bookmarks.json")
    assert likes.events["kind"].to_list() == ["like", "like"]
    assert likes.items["url"].to_list()[0] == "https://far.example/users/rail/statuses/78"
    assert bookmarks.events["kind"].to_list() == ["save"]


@pytest.mark.parametrize("content", ["{}", "[]", '{"orderedItems":[', '{"type":"Person"}'])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "outbox.json"
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("activitystreams", user_id="mira").read(file))
