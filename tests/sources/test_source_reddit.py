from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "reddit"


class TestReddit(PlantedSuite):
    name = "reddit"
    fixture = FOLDER / "posts.csv"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        link = "https://www.reddit.com/r/a/comments/b/c/"
        bad = [
            f"a.b,{link},2023-01-02 03:04:05 UTC,203.0.113.7,a,0,t,,",
            "ab,https://203.0.113.7/r/a/,2023-01-02 03:04:05 UTC,203.0.113.7,a,0,t,,",
            f"ab,{link},yesterday,203.0.113.7,a,0,t,,",
            f"ab,{link},203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5]


def read(name: str) -> Batch:
    return next(load_source("reddit", user_id="mira").read(FOLDER / name))


def test_own_posts_by_their_titles() -> None:
    batch = read("posts.csv")
    assert set(batch.events["kind"]) == {"share"}
    assert batch.events["occurred_at"][0] == datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert batch.items["title"].to_list() == ["A lamp room, restored", "Vienna to Paris", "My reading list"]
    assert batch.items["categories"].to_list() == [["r/lighthouses"], ["r/nighttrains"], ["u/mira"]]


def test_votes_and_those_taken_back() -> None:
    batch = read("post_votes.csv")
    assert batch.events.select("item_id", "kind").rows() == [("t3_v1", "like"), ("t3_v2", "dislike")]
    assert dict(batch.left_out) == {"votes taken back": 1}
    assert batch.items["title"].to_list()[0] == "the dispossessed at 50"


@pytest.mark.parametrize(
    ("name", "item_id", "kind"),
    [
        ("saved_posts.csv", "t3_s1", "save"),
        ("saved_comments.csv", "t1_c1", "save"),
        ("hidden_posts.csv", "t3_h1", "hide"),
    ],
)
def test_saved_and_hidden(name: str, item_id: str, kind: str) -> None:
    assert read(name).events.select("item_id", "kind").rows() == [(item_id, kind)]


def test_communities() -> None:
    batch = read("subscribed_subreddits.csv")
    assert batch.events["kind"].to_list() == ["follow", "follow"]
    assert batch.items["title"].to_list() == ["Ask Historians", "night Trains"]


def test_messages_are_not_among_the_files_and_other_tables_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "messages.csv"
    file.write_text("id,permalink_,body\n1,x,y\n")
    source = load_source("reddit", user_id="mira")
    with pytest.raises(InputError):
        source.files([tmp_path])
    with pytest.raises(InputError, match="permalink"):
        list(source.read(file))
