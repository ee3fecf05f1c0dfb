from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "x"


class TestX(PlantedSuite):
    name = "x"
    fixture = FOLDER / "tweets.js"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '{"tweet":{"id_str":"1","full_text":"203.0.113.7","created_at":"yesterday"}},',
            '{"tweet":{"id_str":"203.0.113.7","created_at":"Mon May 13 10:00:00 +0000 2024"}},',
            '{"tweet":{"full_text":"203.0.113.7"}},',
            '"203.0.113.7",',
        ]
        return text.replace("[", "[" + "\n".join(bad), 1), [1, 2, 3, 4]


def read(file: Path) -> Batch:
    return next(load_source("x", user_id="mira").read(file))


def test_posts_reposts_and_replies() -> None:
    batch = read(FOLDER / "tweets.js")
    assert batch.events.select("item_id", "kind").rows() == [
        ("1790000000000000001", "share"),
        ("1790000000000000002", "share"),
        ("1790000000000000003", "comment"),
    ]
    assert batch.events["occurred_at"][1] == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert batch.items["title"].to_list()[:2] == [
        "Tosca tonight & I cannot wait #opera",
        "夜行列車の旅 night trains are back",
    ]
    assert batch.items["creators"].to_list()[1] == ["railfan"]
    assert batch.items["tags"].to_list()[0] == ["opera"]
    assert batch.items["language"].to_list() == ["en", "ja", None]


def test_likes_have_no_time_and_may_have_no_words() -> None:
    batch = read(FOLDER / "like.js")
    assert batch.events["kind"].to_list() == ["like", "like"]
    assert batch.events["occurred_at"].null_count() == 2
    assert batch.items["title"].to_list() == ["How lighthouses work: a thread <1/9>", None]
    assert batch.events["line"].to_list() == [2, 9]


def test_older_archives_have_no_wrapper_and_end_with_a_semicolon(tmp_path: Path) -> None:
    file = tmp_path / "tweet.js"
    file.write_text('window.YTD.tweet.part0 = [{"id":"5","created_at":"Mon May 13 10:00:00 +0000 2024"}];\n')
    assert read(file).events["item_id"].to_list() == ["5"]


@pytest.mark.parametrize(
    "content",
    [
        'window.YTD.direct_messages.part0 = [{"dmConversation":{}}]',
        "[]",
        "window.YTD.like.part0 = {}",
        'window.YTD.like.part0 = [{"like":{"tweetId":"1"}}',
        'window.YTD.like.part0 = [{"like":{"tweetId":"1"}}] and more',
    ],
)
def test_other_files_of_the_archive_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "like.js"
    file.write_text(content)
    with pytest.raises(InputError, match=r"like\.js"):
        list(load_source("x", user_id="mira").read(file))
