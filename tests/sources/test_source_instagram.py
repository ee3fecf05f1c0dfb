from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "instagram"


class TestInstagram(PlantedSuite):
    name = "instagram"
    fixture = FOLDER / "liked_posts.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '{"title":"203.0.113.7"},',
            '{"title":"a","string_list_data":[{"href":"https://203.0.113.7/p/CxAbCdEfGhI/"}]},',
            '{"title":"a","string_list_data":[{"href":"https://www.instagram.com/p/CxAbCdEfGhI/","timestamp":"soon"}]},',
            '"203.0.113.7",',
        ]
        return text.replace("[", "[" + "\n".join(bad), 1), [2, 3, 4, 5]


def read(name: str) -> Batch:
    return next(load_source("instagram", user_id="mira").read(FOLDER / name))


def test_likes_with_names_in_the_signs_they_were_meant_in() -> None:
    batch = read("liked_posts.json")
    assert batch.events.select("item_id", "kind").rows() == [
        ("CxAbCdEfGhI", "like"),
        ("DyReel_12-3", "like"),
        ("EzTvTvTvTv0", "like"),
    ]
    assert batch.events["occurred_at"][0] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert batch.items["categories"].to_list() == [["post"], ["reel"], ["reel"]]
    assert batch.items["creators"].to_list() == [[], ["night.trains"], ["ceramics_daily"]]


def test_saved_posts_whatever_the_language_of_their_labels() -> None:
    batch = read("saved_posts.json")
    assert batch.events.select("item_id", "kind").rows() == [("SaVeD_000001", "save")]


def test_followed_accounts_in_the_older_and_the_newer_form() -> None:
    batch = read("following.json")
    assert batch.events.select("item_id", "kind").rows() == [
        ("@night.trains", "follow"),
        ("@opera_house", "follow"),
    ]


def test_the_labelled_form(tmp_path: Path) -> None:
    file = tmp_path / "liked_posts.json"
    file.write_text(
        '[{"timestamp":1700000000,"media":[],"label_values":[{"label":"URL","value":"x",'
        '"href":"https://www.instagram.com/reel/DyReel_12-3/"},{"title":"Owner","dict":[{"dict":['
        '{"label":"Username","value":"night.trains"}]}]}]}]'
    )
    batch = next(load_source("instagram", user_id="mira").read(file))
    assert batch.events.select("item_id", "kind").rows() == [("DyReel_12-3", "like")]
    assert batch.items["creators"].to_list() == [["night.trains"]]


@pytest.mark.parametrize("content", ['{"messages":[]}', "{}", "[", '{"likes_media_likes":[', "{" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "posts.json"
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("instagram", user_id="mira").read(file))
