from pathlib import Path

import pytest

from isthmus.sources import Batch, load_source

SAMPLES = Path(__file__).parents[2] / "docs" / "guide" / "sample"


def read(file: str, mapping: str) -> Batch:
    source = load_source("table", mapping=SAMPLES / mapping, user_id="mira")
    return next(source.read(SAMPLES / file))


def test_the_history_of_bilibili() -> None:
    batch = read("bilibili-history.json", "bilibili.toml")
    assert batch.events.select("platform", "user_id", "item_id", "kind").rows() == [
        ("bilibili", "mira", "BV1xx411c7m1", "watch"),
        ("bilibili", "mira", "BV1xx411c7m2", "watch"),
    ]
    assert batch.events["occurred_at"].dt.year().to_list() == [2023, 2023]
    assert batch.items.select("title", "creators", "tags").row(0) == (
        "灯塔是怎么工作的",
        ["灯塔科普"],
        ["科普"],
    )


def test_the_posts_of_weibo_without_their_places() -> None:
    batch = read("weibo-posts.csv", "weibo.toml")
    assert batch.events["item_id"].to_list() == ["4700000000000001", "4700000000000002"]
    assert batch.items["title"].to_list() == ["重读《三体》", "灯塔与海"]
    assert batch.items["tags"].to_list()[0] == ["三体", "科幻"]
    everything = batch.events.write_ndjson() + batch.items.write_ndjson()
    for private in ("39.904211", "iPhone"):
        assert private in (SAMPLES / "weibo-posts.csv").read_text(encoding="utf-8")
        assert private not in everything


@pytest.mark.parametrize("mapping", ["bilibili.toml", "weibo.toml"])
def test_a_column_that_is_not_there_is_named(mapping: str, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    source = load_source("table", mapping=SAMPLES / mapping, user_id="mira")
    with pytest.raises(Exception, match="wants the column"):
        list(source.read(file))
